"""Places and sites as a Django app."""

from django.apps import AppConfig


class SitesConfig(AppConfig):
    """Name and key type of the app."""

    name = "sites"
    default_auto_field = "django.db.models.BigAutoField"
