"""Accounts as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    """Keeps the permissions of role groups equal to the roles in code."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to the end of migrate, to what happens to second factors, and to pauses."""
        from allauth.mfa.signals import (  # noqa: PLC0415 - models exist only now
            authenticator_added,
            authenticator_removed,
            authenticator_reset,
        )

        from accounts import lockout, projection, second_factor  # noqa: PLC0415
        from core.audit import event_recorded  # noqa: PLC0415

        post_migrate.connect(projection.after_migrate, sender=self)
        second_factor.check_roles()
        authenticator_added.connect(second_factor.on_added)
        authenticator_reset.connect(second_factor.on_added)
        authenticator_removed.connect(second_factor.on_removed)
        event_recorded.connect(lockout.on_event)
