"""Adverse events as a Django app."""

from importlib import import_module

from django.apps import AppConfig
from django.dispatch import Signal


class SafetyConfig(AppConfig):
    """Name and key type of the app; brings its rules along, and hears of events."""

    name = "safety"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what is due about adverse events, and who hears of new countries."""
        import_module("safety.obligations")
        event_recorded: Signal = import_module("core.audit").event_recorded
        event_recorded.connect(import_module("safety.tasks").when_a_country_joins)
