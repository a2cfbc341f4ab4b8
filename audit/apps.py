"""Reading the trail as a Django app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Name and key type of the app."""

    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"
