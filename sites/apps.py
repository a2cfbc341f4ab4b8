"""Places and sites as a Django app."""

from importlib import import_module

from django.apps import AppConfig


class SitesConfig(AppConfig):
    """Name and key type of the app."""

    name = "sites"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the list that brings sites in."""
        import_module("sites.imports")
