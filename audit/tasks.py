"""What beat runs for the trail."""

from celery import shared_task

from audit import seal as sealing


@shared_task(acks_late=True)
def seal() -> None:
    """Seal what was written to the trail since the last seal."""
    sealing.seal()


@shared_task(acks_late=True)
def check() -> None:
    """Compute every seal again; a break is a security event on the trail."""
    sealing.check()
