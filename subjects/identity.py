"""Whether the same person was screened before: a keyed hash is compared, never a name."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from accounts.models import User
from core.dates import show_day
from core.encryption import keyed_hash
from subjects.models import Subject, SubjectIdentity
from trials.models import Trial

# Letters that stand for themselves and are typed in plain by many.
WHOLE = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)


def fingerprint_of(identity: Mapping[str, str]) -> str:
    """The keyed hash of name and date of birth, however they are written; empty where either is missing."""
    words, born = _words(identity.get("name", "")), _day(identity.get("born", ""))
    return keyed_hash(f"{words}|{born.isoformat()}") if words and born else ""


def _words(name: str) -> str:
    """The parts of a name without accents, case, marks and order."""
    plain = unicodedata.normalize("NFKD", name).casefold().translate(WHOLE)
    letters = "".join(
        char if char.isalnum() else " " for char in plain if not unicodedata.combining(char)
    )
    return " ".join(sorted(letters.split()))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Check:
    """What the comparison with everybody on this installation says, without saying who."""

    is_possible: bool
    matches: list[str]


def check_of(subject: Subject, user: User) -> Check:
    """Others with the same name and date of birth, told as far as the person may know of them."""
    own = SubjectIdentity.objects.filter(subject=subject).values_list("fingerprint", flat=True)
    if not (fingerprint := own.first()):
        return Check(is_possible=False, matches=[])
    twins = SubjectIdentity.objects.filter(fingerprint=fingerprint)
    found = set(twins.values_list("subject", flat=True)) - _same(subject)
    rows = Subject.objects.filter(pk__in=found).select_related("trial").order_by("pk")
    seen = set(Subject.objects.visible_to(user).filter(pk__in=found).values_list("pk", flat=True))
    trials = set(Trial.objects.visible_to(user).values_list("pk", flat=True))
    return Check(
        is_possible=True,
        matches=[_told(row, row.pk in seen, row.trial_id in trials) for row in rows],
    )


def _told(twin: Subject, is_seen: bool, is_of_trial: bool) -> str:  # noqa: FBT001 - two facts
    if is_seen:
        return (
            f"{twin.number} in {twin.trial}, screened {show_day(twin.screened_on)},"
            f" {twin.get_status_display().lower()}"
        )
    return (
        f"a subject of {twin.trial} at another site"
        if is_of_trial
        else ("a subject of another trial on this installation")
    )


def _same(subject: Subject) -> set[int]:
    """The subject itself, and the numbers under which it was screened before and again."""
    found = {subject.pk}
    before = subject.previous
    while before is not None and before.pk not in found:
        found.add(before.pk)
        before = before.previous
    after = Subject.objects.filter(previous=subject).first()
    while after is not None and after.pk not in found:
        found.add(after.pk)
        after = Subject.objects.filter(previous=after).first()
    return found
