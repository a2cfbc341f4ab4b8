"""Fixtures for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker

from ctms.memory import settle
from tests import databases, kept_world
from tests.world import World

settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


# What takes a minute is begun first, so that nobody waits for it at the end; what waits until
# nobody else is writing comes last.
LONG, LAST = {"test_walk.py", "test_accessible.py"}, {"test_seal.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal the long tests to every worker, each of which takes its part of the list from the front."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if item.path.name in LONG]
    last = [item for item in items if item.path.name in LAST]
    rest = [item for item in items if item.path.name not in LONG | LAST]
    share = -(-len(rest) // workers)
    hands = [long[at::workers] + rest[at * share : (at + 1) * share] for at in range(workers)]
    items[:] = [item for hand in hands for item in hand] + last


def pytest_collection_finish() -> None:
    """The memory of a run is that of a worker."""
    settle()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Give this run a clone of the migrated template, triggers and permissions included."""
    with django_db_blocker.unblock():
        databases.clear_away()
        with databases.cloned(), django_db_blocker.block():
            yield


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database of the test's own, where commits are real and threads see each other."""
    with django_db_blocker.unblock(), databases.cloned() as name:
        yield name


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Cached rights of one test's people never meet another's."""
    yield
    cache.clear()


@pytest.fixture
def afternoon() -> Iterator[None]:
    """Today at two, for what looks back some hours and would meet yesterday in a run after midnight."""
    with time_machine.travel(timezone.now().replace(hour=14, minute=0), tick=False):
        yield


@pytest.fixture
def world(db: None) -> World:
    """A small world made by actions."""
    return kept_world.world()
