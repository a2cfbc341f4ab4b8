"""Subjects and visits as a Django app."""

from importlib import import_module

from django.apps import AppConfig


class SubjectsConfig(AppConfig):
    """Name and key type of the app; brings its rules and lists along."""

    name = "subjects"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what is due about visits, and the list that brings subjects in."""
        import_module("subjects.obligations")
        import_module("subjects.imports")
