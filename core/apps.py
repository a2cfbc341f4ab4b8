"""The kernel as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    """Lays permissions and triggers down after every migrate."""

    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to the end of migrate; the only place that does."""
        from core import access, audit  # noqa: PLC0415 - models exist only now

        post_migrate.connect(access.lay_down, sender=self)
        post_migrate.connect(audit.attach, sender=self)
