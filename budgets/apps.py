"""Money as a Django app."""

from importlib import import_module

from django.apps import AppConfig


class BudgetsConfig(AppConfig):
    """Name and key type of the app; brings its rules along."""

    name = "budgets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what is due about payments."""
        import_module("budgets.obligations")
