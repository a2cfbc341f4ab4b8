"""The first account of an installation."""

from __future__ import annotations

import argparse
from getpass import getpass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from accounts.bootstrap import first_administrator
from accounts.models import Grant
from accounts.roles import Role
from ctms import environment


class Command(BaseCommand):
    """Makes the administrator who invites everybody else; once, and only where there is none."""

    help = (
        'Add the first administrator: administrator ada "Ada Kowalczyk" ada@example.org; the'
        " password is asked for, or ADMIN_PASSWORD in the environment."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Who it is."""
        parser.add_argument("username")
        parser.add_argument("name", help="first and last name")
        parser.add_argument("email")

    def handle(
        self, *_args: object, username: str, name: str, email: str, **_options: object
    ) -> None:
        """Make the account, or say why not."""
        held = Grant.objects.live().filter(role=Role.ADMINISTRATOR).first()
        if held is not None:
            raise CommandError(f"{held.user} is administrator and can invite others.")
        password = environment.text("ADMIN_PASSWORD", "") or getpass("Password: ")
        try:
            validate_email(email)
            validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        person = first_administrator(username, name, email, password)
        self.stdout.write(f"{person} can log in as {username} and invite others.")
