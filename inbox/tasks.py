"""What beat runs: obligations by the clock, access by the grants, the seal over the trail."""

from celery import shared_task

from accounts import projection
from core import obligations


@shared_task(acks_late=True)
def refresh_everything() -> None:
    """Recompute everything that is due; what the clock changes becomes due by this."""
    obligations.refresh_everything()


@shared_task(acks_late=True)
def repair_access() -> None:
    """Bring groups in line with grants that began or ended."""
    projection.repair()
