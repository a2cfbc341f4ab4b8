"""What the worker does for safety: clocks follow the countries of a trial."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from accounts.bootstrap import system_account
from accounts.models import User
from core.audit import coming_from
from core.models import Event, Source
from safety.actions.clocks import recount, serious_of
from sites.actions.imports import import_sites
from trials.actions.trials import add_country
from trials.models import Trial

BRINGS_COUNTRIES = {add_country.verb, import_sites.verb}


@shared_task(acks_late=True)
def recount_clocks(trial_id: int, actor_id: int | None = None) -> None:
    """Run the clocks of the events of a trial by the rules of the countries it has now."""
    trial = Trial.objects.get(pk=trial_id)
    if not serious_of(trial).exists():
        return
    person = User.objects.filter(pk=actor_id).first()
    with coming_from(source=Source.TASK, acting_for=person):
        recount(trial, by=system_account())


def when_a_country_joins(event: Event, **_: Any) -> None:
    """A trial has a country more, or a list of sites may have brought some."""
    if event.verb in BRINGS_COUNTRIES and event.trial_id is not None:
        recount_clocks.delay(event.trial_id, event.actor_id)
