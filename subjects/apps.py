"""Subjects and visits as a Django app."""

from importlib import import_module

from django.apps import AppConfig
from django.dispatch import Signal


class SubjectsConfig(AppConfig):
    """Name and key type of the app; brings its rules and lists along."""

    name = "subjects"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what is due about visits, the list that brings subjects in, and who hears of events."""
        import_module("subjects.obligations")
        import_module("subjects.imports")
        event_recorded: Signal = import_module("core.audit").event_recorded
        event_recorded.connect(import_module("subjects.tasks").when_in_effect)
