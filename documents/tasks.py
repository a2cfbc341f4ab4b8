"""What beat runs for the file store."""

import structlog
from celery import shared_task

from documents.queries import lost

log = structlog.get_logger(__name__)


@shared_task(acks_late=True)
def verify() -> None:
    """Read every content and compare it with its hash; what is lost is an error in the log."""
    for each in lost():
        log.error("content of a document is lost", document=str(each))
