"""Subjects and visits as a Django app."""

from django.apps import AppConfig


class SubjectsConfig(AppConfig):
    """Name and key type of the app."""

    name = "subjects"
    default_auto_field = "django.db.models.BigAutoField"
