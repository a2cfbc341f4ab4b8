"""What investigator and sponsor think of an event, each for themselves."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.permissions import Permission
from core.signing import Meaning, Proof, signed
from core.versions import lock
from safety.actions.clocks import keep_clocks
from safety.actions.voided import refuse_voided
from safety.models import AdverseEvent, ReferenceSafetyInformation


@action(Permission.CAUSALITY_ASSESS, "assess causality")
def assess_causality(
    event: AdverseEvent, *, is_related: bool, by: User, causality: str = ""
) -> AdverseEvent:
    """The investigator's view; a possible relation counts before it is signed."""
    held = lock(event)
    refuse_voided(held)
    held.is_related, held.causality, held.told_at = is_related, causality, timezone.now()
    held.save()
    keep_clocks(held)
    return held


CAUSALITY = Meaning("causality", "I assessed causality as a qualified physician.")


def causality_content(event: AdverseEvent) -> dict[str, Any]:
    """What a signature on the causality of an event covers."""
    return {
        "event": event.number, "term": event.term, "is_related": event.is_related,
        "causality": event.causality,
    }  # fmt: skip


@signed(Permission.CAUSALITY_ASSESS, "sign causality", meaning=CAUSALITY, content=causality_content)
def sign_causality(event: AdverseEvent, *, proof: Proof, by: User) -> AdverseEvent:
    """Sign the investigator's view of what caused the event."""
    refuse_voided(event)
    if event.is_related is None:
        raise RefusedError("Say first whether the event is related to the study drug.")
    return event


@action(Permission.SAFETY_ASSESS, "assess for the sponsor")
def assess_for_sponsor(
    event: AdverseEvent, *, is_related: bool, is_expected: bool, by: User, causality: str = ""
) -> AdverseEvent:
    """The sponsor's view beside the investigator's, which stays; expected by the version at onset."""
    held = lock(event)
    refuse_voided(held)
    held.sponsor_is_related, held.sponsor_causality = is_related, causality
    held.is_expected, held.reference = is_expected, in_force_at_onset(held)
    held.save()
    keep_clocks(held)
    return held


def in_force_at_onset(event: AdverseEvent) -> ReferenceSafetyInformation:
    """The reference safety information that was in force when the event began."""
    held = ReferenceSafetyInformation.objects.filter(trial_id=event.subject.trial_id)
    found = held.filter(from_on__lte=event.onset_from).order_by("-from_on").first()
    if found is None:
        raise RefusedError(
            f"No reference safety information was in force at the onset, {event.onset}."
            " Record the version that was, in the set-up of the trial under Safety."
        )
    changed = held.filter(from_on__gt=event.onset_from, from_on__lte=event.onset_to).first()
    if changed is not None:
        raise RefusedError(
            f"{changed} came into force within the possible days of the onset, {event.onset}."
            " Ask the site for the day."
        )
    return found  # type: ignore[no-any-return]
