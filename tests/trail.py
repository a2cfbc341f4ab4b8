"""What a refusal leaves behind: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.models import AuditRow, Event


@contextmanager
def nothing_written() -> Iterator[None]:
    """Inside the block no audited row changes and no action is recorded."""
    before = AuditRow.objects.count(), Event.objects.count()
    yield
    assert (AuditRow.objects.count(), Event.objects.count()) == before
