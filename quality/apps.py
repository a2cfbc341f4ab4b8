"""Deviations as a Django app."""

from importlib import import_module

from django.apps import AppConfig


class QualityConfig(AppConfig):
    """Name and key type of the app; brings its rules along."""

    name = "quality"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what is due about deviations."""
        import_module("quality.obligations")
