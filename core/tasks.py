"""What the worker does for the kernel: taking lists over."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from core.imports import uploads
from core.models import Upload

STILL = timedelta(minutes=2)


@shared_task(acks_late=True)
def carry_on(upload_id: int) -> None:
    """Take over what is left of an upload."""
    uploads.run(upload_id)


@shared_task(acks_late=True)
def carry_on_all() -> None:
    """Resume what a worker left in the middle, and forget what nobody came back for."""
    uploads.forget_old()
    still = Upload.objects.filter(
        begun_at__isnull=False, ended_at=None, moved_at__lt=timezone.now() - STILL
    )
    for pk in still.values_list("pk", flat=True):
        uploads.run(pk)
