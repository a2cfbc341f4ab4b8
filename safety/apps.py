"""Adverse events as a Django app."""

from django.apps import AppConfig


class SafetyConfig(AppConfig):
    """Name and key type of the app."""

    name = "safety"
    default_auto_field = "django.db.models.BigAutoField"
