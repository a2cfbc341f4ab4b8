"""A dump of the database, restored elsewhere, is the whole of it: rows, rules and trail."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.db import connection

from audit import seal
from core.models import AuditRow
from ctms.embedded import Postgres
from subjects.models import SubjectIdentity
from tests import databases
from tests.world import build, screen


@pytest.fixture
def programs() -> Path:
    """The programs of the PostgreSQL that the tests use."""
    server = next((each for each in settings.EMBEDDED_SERVERS if isinstance(each, Postgres)), None)
    if server is None or not (server.programs() / "pg_dump").exists():
        pytest.skip("The tests run on a server of their own without pg_dump here.")
    return server.programs()


def test_what_is_restored_is_what_was_saved(
    committed_db: str, programs: Path, tmp_path: Path
) -> None:
    world = build()
    subject = screen(world)
    identity = SubjectIdentity.objects.filter(subject=subject)
    names, rows = list(identity.values_list("name", flat=True)), AuditRow.objects.count()
    assert rows > 0
    host, user = connection.settings_dict["HOST"], connection.settings_dict["USER"]
    dump = tmp_path / "ctms.dump"
    where = [f"--host={host}", f"--username={user}"]
    subprocess.run(
        [programs / "pg_dump", *where, "--format=custom", f"--file={dump}", committed_db],
        check=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {committed_db}_restored")
    try:
        subprocess.run(
            [programs / "pg_restore", *where, f"--dbname={committed_db}_restored", "--clean",
             "--if-exists", "--exit-on-error", dump], check=True,
        )  # fmt: skip
        _compare(f"{committed_db}_restored", names, rows)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {committed_db}_restored WITH (FORCE)")


def _compare(name: str, names: list[str], rows: int) -> None:
    before = connection.settings_dict["NAME"]
    databases.use(name)
    try:
        assert list(SubjectIdentity.objects.values_list("name", flat=True)) == names
        assert AuditRow.objects.count() == rows
        assert seal.verify().is_intact
        with pytest.raises(psycopg2.Error, match="append-only"), connection.cursor() as cursor:
            cursor.connection.cursor().execute("DELETE FROM core_auditrow")
    finally:
        databases.use(before)
