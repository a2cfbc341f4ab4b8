"""Who signs says again who they are; wrong passwords are events, and a few of them a pause."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from core.access import ScopedModel
from core.actions import RefusedError
from core.audit import note
from core.models import Event, Signature
from core.versions import lock

if TYPE_CHECKING:
    from accounts.models import User

# The verbs by which the trail remembers wrong passwords, and from which a pause is computed.
REFUSED, PAUSED, RESUMED = "refuse signature", "pause signing", "end pause of signing"


class SigningFailedError(RefusedError):
    """User name or password given for a signature were not right."""


class SigningPausedError(SigningFailedError):
    """Too many wrong passwords: nobody signs under this name for a while."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a person gives to sign: both parts of the log-in, and the hash of what they were shown."""

    username: str
    password: str = field(repr=False)
    shown_hash: str


def prove(record: ScopedModel, proof: Proof, by: User) -> None:
    """Check user name and password anew; what is refused stays on the trail."""
    with transaction.atomic():
        # One try after the other, also from several windows.
        refusal = _refusal(record, proof, lock(by))
    if refusal is not None:
        raise refusal


def _refusal(record: ScopedModel, proof: Proof, person: User) -> SigningFailedError | None:
    """What stands against this signature, written down; nothing where the person is genuine."""
    if (until := paused_until(person)) is not None:
        note(REFUSED, target=record, by=person, reason="Signing is paused")
        return SigningPausedError(pause_in_words(until, person))
    wrong = _wrong(person, proof)
    if not wrong:
        return None
    note(REFUSED, target=record, by=person, reason=wrong)
    left = settings.AXES_FAILURE_LIMIT - _tries(person)
    if left > 0:
        tries = "1 try" if left == 1 else f"{left} tries"
        return SigningFailedError(f"{wrong}, {tries} left. Nothing was signed.")
    pause = note(PAUSED, target=person, by=person, reason="Too many wrong passwords")
    return SigningPausedError(pause_in_words(_end_of(pause), person))


def paused_until(person: User) -> datetime | None:
    """When the pause of a person's signing ends; None where there is none."""
    last = _last_step(person)
    if last is None or last.verb == RESUMED or _end_of(last) <= timezone.now():
        return None
    return _end_of(last)


def _end_of(pause: Event) -> datetime:
    ends: datetime = pause.at + settings.AXES_COOLOFF_TIME
    return ends


def pause_in_words(until: datetime, person: User) -> str:
    """Until when nobody signs under this name, and the way out."""
    local = timezone.localtime(until, person.zone)
    return (
        f"Signing under your name is paused until {local:%H:%M %Z}, after too many wrong passwords."
        " Wait, or ask an administrator to end the pause."
    )


def _wrong(person: User, proof: Proof) -> str:
    """Which part of the log-in is not this person's; empty where both are."""
    names = {person.username.casefold(), person.email.casefold()}
    if proof.username.strip().casefold() not in names:
        return "That is not your user name"
    is_right = person.is_active and person.check_password(proof.password)
    return "" if is_right else "Wrong password"


def _last_step(person: User) -> Event | None:
    """When signing was last paused, or its pause ended."""
    about = Event.objects.filter(target_type=person._meta.label_lower, target_id=person.pk)
    found: Event | None = about.filter(verb__in=(PAUSED, RESUMED)).order_by("-pk").first()
    return found


def _tries(person: User) -> int:
    """Wrong passwords in a row within the length of a pause."""
    signed = Signature.objects.filter(signer_id=person.pk).aggregate(last=Max("event_id"))["last"]
    last = _last_step(person)
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    wrong = Event.objects.filter(actor_id=person.pk, verb=REFUSED, at__gte=since)
    return int(wrong.filter(pk__gt=max(signed or 0, last.pk if last else 0)).count())
