"""Databases of the tests: migrated once into a template, then cloned in a moment."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.utils import CursorWrapper

CHECKOUT = Path(__file__).resolve().parent.parent
# Everything that decides what migrate leaves behind: tables, triggers, permissions.
SHAPING = ("requirements.lock", "ctms/settings.py", "core/**/*.py", "accounts/**/*.py",
           "*/apps.py", "*/migrations/*.py", "*/models.py", "*/models/*.py", "*/sql/*")  # fmt: skip
HOME = settings.DATABASES["default"]["NAME"]
TEMPLATES, CLONES = "ctms_tmpl_", "ctms_test_"
KEPT_TEMPLATES = 3
LOCK = 7_304_511

_numbers = itertools.count(1)


def use(name: str) -> None:
    """Send every connection of this process to the named database from now on."""
    connections.close_all()
    connection.settings_dict["NAME"] = name


@contextlib.contextmanager
def cloned() -> Iterator[str]:
    """A fresh migrated database, used inside the block; the next run drops it."""
    before = connection.settings_dict["NAME"]
    name = f"{CLONES}{os.getpid()}_{next(_numbers)}"
    with _administration() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {_template(cursor)}")
    use(name)
    try:
        yield name
    finally:
        use(before)


def clear_away() -> None:
    """Drop old templates and what earlier runs left behind.

    Before a run, not after each test: ext4 makes files ten times slower while many were just deleted.
    """
    with _administration() as cursor:
        clones = [(name, int(name.split("_")[2])) for name in _names(cursor, CLONES)]
        dead = [name for name, made_by in clones if not _is_alive(made_by)]
        for name in (*dead, *_names(cursor, TEMPLATES)[KEPT_TEMPLATES:]):
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def _administration() -> Iterator[CursorWrapper]:
    """A connection of its own that makes and drops databases; one process at a time has it."""
    administrator = connection.copy()
    administrator.settings_dict["NAME"] = HOME
    with contextlib.closing(administrator), administrator.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield cursor


def _names(cursor: CursorWrapper, beginning: str) -> list[str]:
    """Databases whose name begins so, newest first."""
    cursor.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid DESC",
        [beginning],
    )
    return [name for (name,) in cursor.fetchall()]


def _template(cursor: CursorWrapper) -> str:
    """The migrated database to clone; made when nothing fits the code as it stands."""
    name = f"{TEMPLATES}{_fingerprint()}"
    if name not in _names(cursor, TEMPLATES):
        draft = f"draft_{name}"
        cursor.execute(f"DROP DATABASE IF EXISTS {draft} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {draft}")
        use(draft)
        call_command("migrate", verbosity=0)
        use(HOME)
        cursor.execute(f"ALTER DATABASE {draft} RENAME TO {name}")
    return name


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SHAPING for path in CHECKOUT.glob(pattern)}):
        digest.update(f"{path.relative_to(CHECKOUT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _is_alive(process: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        with contextlib.suppress(PermissionError):
            os.kill(process, 0)
        return True
    return False
