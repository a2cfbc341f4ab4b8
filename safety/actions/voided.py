"""What was entered in error stays as it is."""

from __future__ import annotations

from core.versions import ConflictError
from safety.models import AdverseEvent


def refuse_voided(event: AdverseEvent) -> None:
    """Refuse to change what is voided; a right one is logged beside it."""
    if event.voided_at is not None:
        raise ConflictError(f"{event} is voided: {event.void_reason}. Log it anew where it is so.")
