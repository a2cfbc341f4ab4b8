"""The second factor of a demo log-in."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import second_factor
from accounts.models import User
from ctms.demo import organisation


class Command(BaseCommand):
    """Prints the code that the authenticator app of the demo's person would show now."""

    help = "Print the code for the demo log-in that has a second factor."

    def handle(self, *_args: object, **_options: object) -> None:
        """One code, good for half a minute."""
        if not settings.CTMS_DEMO:
            raise CommandError("Codes are printed for the demo only.")
        self.stdout.write(second_factor.code_now(User.objects.get(username=organisation.CAREFUL)))
