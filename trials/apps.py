"""Trials and their protocols as a Django app."""

from django.apps import AppConfig


class TrialsConfig(AppConfig):
    """Name and key type of the app."""

    name = "trials"
    default_auto_field = "django.db.models.BigAutoField"
