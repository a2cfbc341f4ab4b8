"""The role as which the product runs, tried over a real connection of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections, transaction
from django.utils import timezone

from audit import seal
from core import obligations, runtime_role
from core.models import AuditRow, Event
from core.past import rewound
from subjects.actions import bookings, subjects
from subjects.models import Subject
from tests.sealing import next_seal
from tests.world import at, build, screen, visit, weekday_from

ROLE = f"ctms_app_{os.getpid()}"


@pytest.fixture
def as_runtime(committed_db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything inside the test runs as the role."""
    monkeypatch.setenv("RUNTIME_PASSWORD", 'it\'s "odd" %s')
    call_command("runtime_role", ROLE)
    call_command("runtime_role", ROLE)
    owner = connection.settings_dict["USER"], connection.settings_dict["PASSWORD"]
    _become(ROLE, 'it\'s "odd" %s')
    try:
        yield
    finally:
        _become(*owner)
        with connection.cursor() as cursor:
            cursor.execute(f"DROP OWNED BY {ROLE}")
            cursor.execute(f"DROP ROLE {ROLE}")


def _become(user: str, password: str) -> None:
    connections.close_all()
    connection.settings_dict.update(USER=user, PASSWORD=password)


def test_the_product_runs_as_the_role(as_runtime: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (ROLE,)
    world = build()
    subject = screen(world)
    instant = timezone.now()
    subjects.enrol(subject, on=timezone.localdate(), by=world.coordinator)
    held = visit(subject, "W2")
    wanted = bookings.Wanted(at(weekday_from(held.target_on), 9), 60, world.room, None)
    bookings.book(held, wanted=wanted, reason="only then", by=world.coordinator)
    obligations.refresh_everything()
    assert next_seal().rows > 0
    assert seal.verify().is_intact
    with rewound(instant):
        assert Subject.objects.get().status == "screening"
    assert Event.objects.filter(verb="book").exists()
    assert AuditRow.objects.filter(tbl="subjects_booking").exists()


FORBIDDEN = [
    "UPDATE core_auditrow SET tbl = 'x'", "DELETE FROM core_event", "TRUNCATE core_auditrow",
    "UPDATE core_statuschange SET reason = 'x'", "DELETE FROM core_signature",
    "UPDATE core_seal SET rows = 0", "TRUNCATE subjects_subject CASCADE",
    "ALTER TABLE core_auditrow DISABLE TRIGGER ALL", "DROP TABLE core_draft",
    "ALTER TABLE subjects_visit DROP CONSTRAINT visit_once", "CREATE TABLE public.mine (id int)",
    "CREATE SCHEMA mine", "DROP SCHEMA as_of CASCADE", "SET session_replication_role = replica",
    "DELETE FROM django_migrations", "CREATE ROLE mine", f"ALTER ROLE {ROLE} SUPERUSER",
    (
        "CREATE OR REPLACE FUNCTION core_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RETURN NEW; END'"
    ),
]  # fmt: skip


def test_the_role_cannot_bend_the_rules(as_runtime: None) -> None:
    for statement in FORBIDDEN:
        with (
            pytest.raises(ProgrammingError, match=r"denied|must be|owner"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_the_owner_is_no_runtime_role(committed_db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_PASSWORD", "x")
    with pytest.raises(CommandError, match="superuser"):
        call_command("runtime_role", connection.settings_dict["USER"])


def test_an_owner_who_is_no_superuser_makes_the_role_and_changes_its_password(
    committed_db: str,
) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}_owner CREATEROLE")
        cursor.execute(f"SET LOCAL ROLE {ROLE}_owner")
        for password in ("first", "second"):
            runtime_role.make(ROLE, password)
        cursor.execute(
            "SELECT rolcanlogin, rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles"
            " WHERE rolname = %s",
            [ROLE],
        )
        assert cursor.fetchone() == (True, False)
        with pytest.raises(ValueError, match="may make roles"):
            runtime_role.make(f"{ROLE}_owner", "its own")
        transaction.set_rollback(True)
