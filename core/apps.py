"""The kernel as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class CoreConfig(AppConfig):
    """Lays permissions, triggers and views of the past down after every migrate."""

    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to the beginning and the end of migrate."""
        from core import audit, groups, past  # noqa: PLC0415 - models exist only now

        post_migrate.connect(groups.lay_down, sender=self)
        post_migrate.connect(audit.attach, sender=self)
        pre_migrate.connect(past.lay_aside, sender=self)
        post_migrate.connect(past.lay_out, sender=self)
