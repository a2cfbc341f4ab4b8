"""What is loaded before the first page, and what is left to the worker."""

from __future__ import annotations

from django.core.cache import cache
from django.utils import timezone

from accounts.models import User
from core.audit import coming_from
from core.models import Event, Source
from ctms.demo import northgate, organisation
from ctms.demo.notice import LOADED_ON, LOADING
from ctms.tasks import load_studies


def load() -> str:
    """Make what is missing, and leave the studies to the worker; the log-ins in words."""
    if not User.objects.filter(username="priya").exists():
        now = timezone.now()
        with coming_from(source=Source.PAGE):
            northgate.fill(organisation.found(timezone.localdate(now)), now)
    began = Event.objects.order_by("pk").values_list("at", flat=True).first() or timezone.now()
    cache.set(LOADED_ON, timezone.localdate(began), None)
    cache.delete(LOADING)
    load_studies.delay()
    return organisation.sign_ins()
