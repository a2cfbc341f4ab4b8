"""What ties a draft to the version before: which visits go on, and what is signed anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import uuid4

from accounts.models import User
from core.actions import RefusedError, action
from core.permissions import Permission
from trials.actions.schedules import hold
from trials.models import (
    ConsentAsked,
    ConsentVersion,
    MatchedBy,
    MustReconsent,
    ScheduleVersion,
    VisitDefinition,
    VisitMatch,
)


def keep_matches(
    found: Iterable[tuple[VisitDefinition, VisitDefinition | None, str]], *, by: User
) -> None:
    """Note from which visits those of a new draft go on, and how that was found."""
    VisitMatch.objects.bulk_create(
        VisitMatch(visit=visit, before=before, how=how, by_name=by.get_full_name())
        for visit, before, how in found
        if how
    )


def ask_as(before: ScheduleVersion | None, version: ScheduleVersion) -> None:
    """A version asks for the consents that the one before it asks for, until somebody changes that."""
    rows = ConsentAsked.objects.filter(version=before) if before else ()
    ConsentAsked.objects.bulk_create(
        ConsentAsked(version=version, consent_id=row.consent_id, type_id=row.type_id)
        for row in rows
    )


@action(Permission.PROTOCOL_EDIT, "match visits")
def match(
    version: ScheduleVersion, *, matches: Mapping[int, VisitDefinition | None], by: User,
    revision: int | None = None,
) -> ScheduleVersion:  # fmt: skip
    """Say of visits of a draft from which visits before they go on, or that they are new."""
    held = hold(version, revision)
    visits = VisitDefinition.objects.filter(version=held).in_bulk(list(matches))
    if visits.keys() != matches.keys():
        raise RefusedError(f"A visit is not in {held} any more. Reload to see its visits.")
    chosen = [before.pk for before in matches.values() if before]
    if len(chosen) != len(set(chosen)):
        raise RefusedError("Two visits cannot go on from the same one. Choose another visit.")
    _give_lineages(held, [(visits[pk], before) for pk, before in matches.items()])
    VisitMatch.objects.filter(visit__in=visits).delete()
    keep_matches([(visits[pk], before, MatchedBy.PERSON) for pk, before in matches.items()], by=by)
    return held


def _give_lineages(
    version: ScheduleVersion, pairs: Collection[tuple[VisitDefinition, VisitDefinition | None]]
) -> None:
    """First all new ones, so that two visits can change places; no other visit has one of them."""
    for visit, _ in pairs:
        visit.lineage = uuid4()
    VisitDefinition.objects.bulk_update([visit for visit, _ in pairs], ["lineage"])
    wanted = [before.lineage for _, before in pairs if before]
    if (other := version.visits.filter(lineage__in=wanted).first()) is not None:
        raise RefusedError(f"{other.code} goes on from that visit already. Say of both.")
    for visit, before in pairs:
        visit.lineage = before.lineage if before else visit.lineage
    VisitDefinition.objects.bulk_update([visit for visit, _ in pairs], ["lineage"])


@action(Permission.PROTOCOL_EDIT, "ask for consents before schedule")
def ask_consents(
    version: ScheduleVersion, *, consents: Collection[ConsentVersion], by: User,
    revision: int | None = None,
) -> ScheduleVersion:  # fmt: skip
    """Say which versions of consent forms subjects sign before they come under a draft."""
    held = hold(version, revision)
    for consent in consents:
        if consent.must_reconsent == MustReconsent.NOBODY:
            raise RefusedError(
                f"{consent} asks nobody to sign again. Say on its page who signs it again."
            )
    if len({consent.type_id for consent in consents}) != len(consents):
        raise RefusedError("Two versions of one form are chosen. Choose one of them.")
    held.asked.exclude(consent__in=consents).delete()
    there = set(held.asked.values_list("consent_id", flat=True))
    ConsentAsked.objects.bulk_create(
        ConsentAsked(version=held, consent=consent, type_id=consent.type_id)
        for consent in consents
        if consent.pk not in there
    )
    return held
