"""Accounts as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    """Keeps the permissions of role groups equal to the roles in code."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to the end of migrate."""
        from accounts import projection  # noqa: PLC0415 - models exist only now

        post_migrate.connect(projection.after_migrate, sender=self)
