"""Composite pages as a Django app."""

from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    """Name and key type of the app."""

    name = "workspace"
    default_auto_field = "django.db.models.BigAutoField"
