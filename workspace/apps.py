"""Composite pages as a Django app."""

from importlib import import_module

from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    """Name and key type of the app; brings views to begin with along."""

    name = "workspace"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the views that people can begin with."""
        import_module("workspace.starters")
