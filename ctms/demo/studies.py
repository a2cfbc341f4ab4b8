"""What the demo loads behind the first page."""

from __future__ import annotations

from django.core.cache import cache

from accounts.models import User
from core.audit import coming_from
from core.models import Source
from ctms.demo import operations
from ctms.demo.notice import LOADING
from ctms.demo.organisation import PASSWORD
from trials.models import Sponsor

LOCK_SECONDS = 600


def load() -> None:
    """Load what is not there yet; a second worker at the same time leaves it to the first."""
    if not cache.add(LOADING, "yes", LOCK_SECONDS):
        return
    try:
        with coming_from(source=Source.PAGE):
            sponsor = Sponsor.objects.get(name="Halden Therapeutics")
            operations.load(sponsor, User.objects.get(username="omar"), PASSWORD)
    finally:
        cache.delete(LOADING)
