"""One database for each size, beside the one the settings name."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import django
from django.core.cache import cache
from django.db import connection, connections


@dataclass(frozen=True, slots=True)
class Size:
    """How much a database holds."""

    name: str
    sponsors: int
    trials: int
    sites: int
    subjects_per_site: int
    coordinators: int
    monitors: int

    @property
    def places(self) -> int:
        """Institutions, each with five sites of different trials."""
        return self.sites // 5

    @property
    def subjects(self) -> int:
        """Subjects of all sites."""
        return self.sites * self.subjects_per_site


SIZES = {
    "small": Size("small", 2, 5, 250, 40, 5, 5),  # of trials as long as the large ones
    "large": Size("large", 10, 100, 5_000, 40, 100, 90),
}


def start() -> None:
    """Bring up Django on the settings of the benchmarks."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    django.setup()


def name_of(size: Size) -> str:
    """The database of a size."""
    return f"ctms_bench_{size.name}"


def exists(size: Size) -> bool:
    """Whether the data of a size were made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name_of(size)])
        return cursor.fetchone() is not None


def create(size: Size) -> None:
    """An empty database for a size, in place of an older one."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name_of(size)} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name_of(size)}")
    use(size)


def use(size: Size) -> None:
    """Send every connection of this process to the database of a size; forget what was cached."""
    _turn_to(name_of(size))


@contextlib.contextmanager
def cloned(size: Size) -> Iterator[None]:
    """A copy of the database of a size, for what has to be committed; dropped afterwards."""
    copy = f"{name_of(size)}_copy"
    _turn_to("postgres")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {copy} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {copy} TEMPLATE {name_of(size)}")
    try:
        _turn_to(copy)
        yield
    finally:
        _turn_to("postgres")
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {copy} WITH (FORCE)")
        use(size)


def _turn_to(name: str) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = name
    connection.ensure_connection()
    cache.clear()
