"""The inbox as a Django app."""

from django.apps import AppConfig


class InboxConfig(AppConfig):
    """Name and key type of the app."""

    name = "inbox"
    default_auto_field = "django.db.models.BigAutoField"
