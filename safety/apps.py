"""Adverse events as a Django app."""

from importlib import import_module

from django.apps import AppConfig


class SafetyConfig(AppConfig):
    """Name and key type of the app; brings its rules along."""

    name = "safety"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what is due about adverse events."""
        import_module("safety.obligations")
