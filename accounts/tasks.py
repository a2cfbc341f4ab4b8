"""What beat runs for accounts: what is no longer needed goes."""

from datetime import timedelta

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from core import drafts, idempotency


@shared_task(acks_late=True)
def clear_away() -> None:
    """Drop ended sessions, drafts nobody came back to, and answers to posts of yesterday."""
    call_command("clearsessions")
    drafts.clear_away(timezone.now() - timedelta(days=30))
    idempotency.clear_away(timezone.now() - timedelta(days=1))
