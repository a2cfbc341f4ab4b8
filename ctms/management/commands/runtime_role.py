"""The database role as which the product runs."""

from __future__ import annotations

import argparse

from django.core.management.base import BaseCommand, CommandError

from core import runtime_role
from ctms import environment


class Command(BaseCommand):
    """Makes or repairs the role; run it as the owner of the tables, after every migrate."""

    help = (
        "Grant a role what the product needs at run time; RUNTIME_PASSWORD is in the environment."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The name of the role."""
        parser.add_argument("role")

    def handle(self, *_args: object, role: str, **_options: object) -> None:
        """Grant, or say why not."""
        try:
            runtime_role.grant(role, environment.text("RUNTIME_PASSWORD"))
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{role} can run the product and cannot change its tables or its trail.")
