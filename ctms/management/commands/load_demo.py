"""Load the demo data, once."""

from django.core.management.base import BaseCommand

from ctms.demo import loading


class Command(BaseCommand):
    """Makes the demo's organisation and returns its log-ins."""

    help = "Load the demo data, unless it is there already."

    def handle(self, *_args: object, **_options: object) -> str:
        """Load and say who can log in."""
        return loading.load()
