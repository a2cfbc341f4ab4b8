"""Telling those who must know of a serious adverse event."""

from __future__ import annotations

from accounts.models import User
from core import notices
from safety.models import AdverseEvent
from sites.queries import FOR_SAFETY, recipients_at

SAE = notices.kind("safety.sae", "Serious adverse event", icon="alert")


def tell_of(event: AdverseEvent, what: str, by: User) -> None:
    """Tell investigators, monitors and the trial manager; no names, and nothing of allocation."""
    words = notices.Words(
        f"{event}: {what}", f"{event.term}, {event.subject.trial}", event.get_absolute_url()
    )
    notices.tell(event, SAE, words, recipients_at(event.subject.site, FOR_SAFETY, but=by))
