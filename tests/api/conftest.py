"""Callers of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import actions as accounts
from accounts.models import User
from accounts.roles import Role
from core.access import Scope
from core.models import Deployment
from tests.world import World, numbers

JSON = "application/json"


class Caller:
    """A program that calls the API with a token."""

    def __init__(self, secret: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers=headers)

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        body = {} if data is None else data
        return self.client.post(f"/api/v1/{path}", body, content_type=JSON, headers=headers)


def service_with(role: str, scope: Scope, owner: User, by: User) -> User:
    """A service account that holds one role on one scope."""
    name = f"service-{next(numbers)}"
    service = accounts.add_service(Deployment.objects.get(), name=name, owner=owner, by=by)
    accounts.give(scope, person=service, role=role, by=by)
    return User.objects.get(pk=service.pk)


def secret_of(service: User, by: User) -> str:
    """A fresh token of the account."""
    made = accounts.issue_token(service, label="EDC", days=30, by=by)
    return str(made.secret)  # type: ignore[attr-defined]


@pytest.fixture
def caller(world: World) -> Callable[..., Caller]:
    """Makes a caller with a role on a scope; without either, the service role in the trial."""

    def make(role: str = Role.SERVICE, scope: Scope | None = None) -> Caller:
        service = service_with(role, scope or world.trial, world.manager, world.admin)
        return Caller(secret_of(service, world.admin))

    return make


@pytest.fixture
def edc(caller: Callable[..., Caller]) -> Caller:
    """A program that may read and write in the trial."""
    return caller()
