"""Criteria that a new version of the protocol changes are asked anew of subjects in screening."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Case, F, IntegerField, Value, When

from subjects.models import CriterionAnswer, Eligibility, Waiver
from subjects.models.subject import IN_SCREENING
from trials.models import Criterion


def ask_anew(versions: Mapping[int, int]) -> None:
    """Put subjects in screening under the criteria of the version that each of them follows now.

    What is worded as before keeps its answer and its waiver; what is new or changed is pending, and
    a decision that was signed is out of date. Who is enrolled was decided on and stays so.
    """
    held = Eligibility.objects.filter(
        subject__pk__any=list(versions), subject__status__in=IN_SCREENING
    ).values_list("pk", "subject_id", "version_id")
    moves: dict[tuple[int, int], list[int]] = defaultdict(list)
    for pk, subject_id, before in held:
        if before != versions[subject_id]:
            moves[before, versions[subject_id]].append(pk)
    for (before, after), found in sorted(moves.items()):
        _move(before, after, found)


def _move(before: int, after: int, found: list[int]) -> None:
    old, new = _worded(before), _worded(after)
    if not new or old.keys() == new.keys():
        return
    rows = Eligibility.objects.filter(pk__any=sorted(found))
    rows.update(version=after, is_current=False, revision=F("revision") + 1)
    same = {pk: new[words] for words, pk in old.items() if words in new}
    if not same:
        return
    to = Case(
        *(When(criterion=pk, then=Value(now)) for pk, now in same.items()),
        output_field=IntegerField(),
    )
    for model in (CriterionAnswer, Waiver):
        kept = model.objects.filter(eligibility__pk__any=sorted(found), criterion__in=same)
        kept.update(criterion=to)


def _worded(version: int) -> dict[tuple[str, str], int]:
    """The criteria of a version by what they say, whatever their number."""
    rows: Iterable[tuple[str, str, int]] = Criterion.objects.filter(version=version).values_list(
        "category", "text", "pk"
    )
    return {(category, text): pk for category, text, pk in rows}
