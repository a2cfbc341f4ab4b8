"""What the worker does for the demo."""

from celery import shared_task

from ctms.demo import studies


@shared_task(acks_late=True)
def load_studies() -> None:
    """Load the studies behind the first page."""
    studies.load()
