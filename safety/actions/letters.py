"""Safety letters: sent to every active site, acknowledged by coordinator and investigator of each."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from accounts.models import User
from core.access import require
from core.actions import RefusedError, action
from core.permissions import Permission
from core.versions import ConflictError
from safety.models import LetterReceipt, SafetyLetter
from sites.models import Site, SiteStatus
from trials.models import Trial

S = SiteStatus
ACTIVE = (S.INITIATED, S.OPEN, S.ENROLMENT_CLOSED, S.FOLLOW_UP, S.ON_HOLD)


@action(Permission.SAFETY_HANDLE, "send safety letter")
def send_letter(
    trial: Trial, *, title: str, text: str, due_on: date, by: User
) -> SafetyLetter:  # fmt: skip
    """Send a letter to every active site of the trial; each acknowledges it twice."""
    now = timezone.now()
    if due_on < timezone.localdate(now):
        raise RefusedError("Give the sites a day that is still to come.")
    sites = list(Site.objects.filter(trial=trial, status__in=ACTIVE))
    if not sites:
        raise RefusedError(f"No site of {trial} is active, so nobody would get the letter.")
    letter: SafetyLetter = SafetyLetter.objects.create(
        trial=trial, title=title, text=text, due_on=due_on, sent_at=now,
        sent_by_name=by.get_full_name(),
    )  # fmt: skip
    LetterReceipt.objects.bulk_create(
        LetterReceipt(letter=letter, site=site, role=role)
        for site in sites
        for role in LetterReceipt.For.values
    )
    return letter


@action(Permission.ADVERSE_EVENT_LOG, "acknowledge safety letter")
def acknowledge_letter(receipt: LetterReceipt, *, by: User) -> LetterReceipt:
    """Somebody at the site has read the letter; coordinator and investigator are two people."""
    if receipt.role == LetterReceipt.For.INVESTIGATOR:
        require(by, Permission.CAUSALITY_ASSESS, receipt)
    held = LetterReceipt.objects.select_for_update().get(pk=receipt.pk)
    if held.acknowledged_at is not None:
        raise ConflictError(f"{held.acknowledged_by_name} acknowledged it already.")
    others = LetterReceipt.objects.filter(letter_id=held.letter_id, site_id=held.site_id)
    if others.filter(acknowledged_by_id=by.pk).exists():
        raise RefusedError("You acknowledged it already. Somebody else does for the other role.")
    held.acknowledged_at, held.acknowledged_by_id = timezone.now(), by.pk
    held.acknowledged_by_name = by.get_full_name()
    held.save()
    return held  # type: ignore[no-any-return]
