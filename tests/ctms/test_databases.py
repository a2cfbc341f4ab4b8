"""The test databases themselves."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection


@pytest.mark.django_db
def test_each_run_has_a_migrated_clone_with_permissions_and_triggers() -> None:
    assert connection.settings_dict["NAME"].startswith("ctms_test_")
    assert Permission.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'history_insert'")
        assert cursor.fetchone()[0] > 0


def test_a_committed_database_is_seen_by_other_threads(committed_db: str) -> None:
    Group.objects.create(name="seen")
    seen: list[bool] = []

    def look() -> None:
        seen.append(Group.objects.filter(name="seen").exists())
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [True]
    assert connection.settings_dict["NAME"] == committed_db


@pytest.mark.django_db
def test_nothing_of_a_committed_database_stays_behind() -> None:
    assert not Group.objects.filter(name="seen").exists()
