"""Files as a Django app."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """Name and key type of the app."""

    name = "documents"
    default_auto_field = "django.db.models.BigAutoField"
