"""What the worker does for subjects: bringing them under their schedule, and to their new site."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from accounts.bootstrap import system_account
from accounts.models import User
from core.audit import coming_from
from core.models import Event, Source
from sites.actions.imports import put_into_effect_everywhere
from sites.actions.sites import put_into_effect, put_into_effect_at
from subjects.actions.consent_imports import import_consents
from subjects.actions.follow import follow_all
from subjects.actions.reminders import remind_all
from subjects.actions.transfers import carry_out_all

TAKES_EFFECT = {
    put_into_effect.verb, put_into_effect_at.verb, put_into_effect_everywhere.verb,
    import_consents.verb,
}  # fmt: skip


@shared_task(acks_late=True)
def follow_schedules(actor_id: int | None = None) -> None:
    """Bring subjects that are behind under their site's schedule, for whoever put it into effect."""
    person = User.objects.filter(pk=actor_id).first()
    with coming_from(source=Source.TASK, acting_for=person):
        follow_all(by=system_account())


@shared_task(acks_late=True)
def remind() -> None:
    """Remind subjects of their visits by mail, each once however often this runs."""
    with coming_from(source=Source.TASK):
        remind_all(by=system_account())


@shared_task(acks_late=True)
def carry_out_transfers() -> None:
    """Move the subjects whose day to change sites has come."""
    with coming_from(source=Source.TASK):
        carry_out_all(by=system_account())


def when_in_effect(event: Event, **_: Any) -> None:
    """A schedule was put into effect, or signed for: who can follow it does so now, the rest by beat."""
    if event.verb in TAKES_EFFECT and event.parent_id is None:
        follow_schedules.delay(event.actor_id)
