"""What is loaded before the first page, and what is left to the worker."""

from __future__ import annotations

from django.core.cache import cache
from django.utils import timezone

from accounts.models import User
from core.models import Event
from ctms.demo import organisation
from ctms.demo.notice import LOADED_ON, LOADING
from ctms.demo.organisation import sign_ins
from ctms.tasks import load_studies


def load() -> str:
    """Make what is missing, and leave the studies to the worker; the log-ins in words."""
    if not User.objects.filter(username="priya").exists():
        organisation.load()
    began = Event.objects.order_by("pk").values_list("at", flat=True).first() or timezone.now()
    cache.set(LOADED_ON, timezone.localdate(began), None)
    cache.delete(LOADING)
    load_studies.delay()
    return sign_ins()
