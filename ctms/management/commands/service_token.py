"""A token for a program that calls the API."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from django.core.management.base import BaseCommand, CommandError

from accounts import actions as accounts
from accounts.models import User
from accounts.roles import Role
from core.access import Scope
from core.actions import RefusedError
from sites.models import Place, Site
from trials.models import Sponsor, Trial

FIND: dict[str, Callable[[str], Scope | None]] = {
    "deployment": lambda _: accounts.deployment(),
    "sponsor": lambda name: Sponsor.objects.filter(name=name).first(),
    "trial": lambda code: Trial.objects.filter(code=code).first(),
    "place": lambda slug: Place.objects.filter(slug=slug).first(),
    "site": lambda text: Site.objects.filter(
        trial__code=text.partition("/")[0], number=text.partition("/")[2]
    ).first(),
}


class Command(BaseCommand):
    """Makes the service account where there is none, gives it a role, and prints a token once."""

    help = "Issue a token: service_token edc --on trial:tmr-204 --owner priya --by ada"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Who it is for, who answers for it, and who issues it."""
        parser.add_argument("name", help="user name of the service account")
        parser.add_argument("--by", required=True, help="user name of the administrator")
        parser.add_argument("--owner", help="user name of the person who answers for a new account")
        parser.add_argument("--on", help="where a role is given: trial:CODE, site:CODE/NUMBER, place:SLUG, sponsor:NAME or deployment")  # fmt: skip
        parser.add_argument("--role", default=Role.SERVICE.value, choices=Role.values)
        parser.add_argument("--label", default="API", help="what the token is for")
        parser.add_argument("--days", type=int, default=90, help="how long it lasts")

    def handle(
        self, *_args: object, name: str, by: str, owner: str | None, on: str | None, role: str,
        label: str, days: int, **_options: object,
    ) -> None:  # fmt: skip
        """Account, role and token, each by its action."""
        person = _person(by)
        try:
            service = _service(name, owner, person)
            if on is not None:
                accounts.give(_scope(on), person=service, role=role, by=person)
            made = accounts.issue_token(service, label=label, days=days, by=person)
        except RefusedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(made.secret)  # type: ignore[attr-defined]


def _person(username: str) -> User:
    found: User | None = User.objects.filter(username=username).first()
    if found is None:
        raise CommandError(f"There is no account {username}.")
    return found


def _service(name: str, owner: str | None, by: User) -> User:
    found: User | None = User.objects.filter(username=name).first()
    if found is not None:
        return found
    if owner is None:
        raise CommandError(f"There is no account {name}. Add it with --owner.")
    return accounts.add_service(accounts.deployment(), name=name, owner=_person(owner), by=by)


def _scope(text: str) -> Scope:
    kind, _, code = text.partition(":")
    found = FIND[kind](code) if kind in FIND else None
    if found is None:
        raise CommandError(f"There is no {text}. Kinds: {', '.join(FIND)}.")
    return found
