"""The records as they were, read off their field history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import Grant
from core.audit import audited_models, under_event
from core.past import rewound
from sites.models import Room
from subjects.actions import bookings, subjects
from subjects.models import Preference, Subject, SubjectAnchor, Visit
from tests.api.conftest import Caller
from tests.world import World, at, screen, visit, weekday_from

pytestmark = pytest.mark.django_db


def every_row() -> dict[str, list[dict[str, object]]]:
    """Every audited table, without what the trail does not keep."""
    found = {}
    for model in audited_models():
        masked = getattr(model, "masked", ())
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if field.name != "revision" and field.name not in masked
        ]
        found[model._meta.db_table] = list(model._default_manager.order_by("pk").values(*names))
    return found


def test_every_table_reads_as_it_was(world: World) -> None:
    subject = screen(world)
    subjects.prefer(subject, values={"availability": "late"}, by=world.coordinator)
    subjects.identify(subject, values={"name": "Zoë", "phone": "1"}, by=world.coordinator)
    held = visit(subject, "W2")
    wanted = bookings.Wanted(at(weekday_from(held.target_on), 9), 60, world.room, None)
    booking = bookings.book(held, wanted=wanted, by=world.coordinator)
    before, instant = every_row(), timezone.now()
    subjects.enrol(subject, on=timezone.localdate(), by=world.coordinator)
    later = bookings.Wanted(at(weekday_from(held.target_on), 13), 30, None, world.person)
    bookings.move(booking, wanted=later, by=world.coordinator)
    subjects.identify(subject, values={"name": "Zoë Hart"}, by=world.coordinator)
    subjects.identify(subject, values={"name": "Z."}, by=world.coordinator)
    screen(world)
    with under_event("tidy"):
        Preference.objects.all().delete()
        Room.objects.create(place=world.place, name="New")
    after = every_row()
    assert after != before
    with rewound(instant):
        assert every_row() == before
    assert every_row() == after


def test_lists_and_records_take_an_instant(world: World, edc: Caller) -> None:
    subject = screen(world)
    held = visit(subject, "W2")
    instant = quote(timezone.now().isoformat())
    subjects.enrol(subject, on=timezone.localdate(), by=world.coordinator)
    screen(world)
    wanted = bookings.Wanted(at(weekday_from(held.target_on), 9), 60, world.room, None)
    bookings.book(held, wanted=wanted, by=world.coordinator)
    past = edc.get(f"subjects/?as_of={instant}&fields=number,status").json()["results"]
    assert past == [{"number": subject.number, "status": "screening"}]
    assert edc.get(f"subjects/{subject.pk}/?as_of={instant}").json()["enrolled_on"] is None
    assert edc.get(f"visits/{held.pk}/?as_of={instant}").json()["starts_at"] is None
    assert edc.get(f"visits/?as_of={instant}&status=booked").json()["results"] == []
    assert len(edc.get("visits/?status=booked").json()["results"]) == 1
    beginning = quote((timezone.now() - timedelta(days=1)).isoformat())
    assert edc.get(f"subjects/{subject.pk}/?as_of={beginning}").status_code == 404


def test_a_role_that_has_ended_does_not_come_back_with_the_past(
    world: World, caller: Callable[..., Caller]
) -> None:
    subject, edc = screen(world), caller()
    instant = quote(timezone.now().isoformat())
    assert edc.get(f"subjects/{subject.pk}/?as_of={instant}").status_code == 200
    grant = Grant.objects.get(user__is_service=True)
    accounts.end_grant(grant, reason="over", by=world.admin)
    for path in (f"subjects/{subject.pk}/?as_of={instant}", f"subjects/{subject.pk}/"):
        cache.clear()
        assert edc.get(path).status_code == 404
    assert edc.get(f"subjects/?as_of={instant}").json()["results"] == []
    assert edc.get("subjects/").json()["results"] == []


def test_the_present_is_back_after_the_block_and_after_a_failure(world: World) -> None:
    subject = screen(world)
    long_ago = timezone.now() - timedelta(days=1)
    with rewound(long_ago):
        assert not Subject.objects.exists()
    assert Subject.objects.get() == subject
    with pytest.raises(ZeroDivisionError), rewound(long_ago):
        Visit.objects.count() / Subject.objects.count()
    assert Subject.objects.get() == subject


def test_the_past_cannot_be_written(world: World) -> None:
    subject = screen(world)
    with pytest.raises(Exception, match="view"), rewound(timezone.now()):
        SubjectAnchor.objects.filter(subject=subject).update(code="named")
    assert SubjectAnchor.objects.filter(subject=subject, code="screening").exists()


def test_one_record_is_found_by_its_key_and_not_by_reading_the_table(world: World) -> None:
    screen(world)
    with rewound(timezone.now()), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT * FROM subjects_visit WHERE id = 1")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan
    assert "row_id = 1" in plan


def test_the_trail_page_shows_the_record_as_it_was(world: World, client: Client) -> None:
    subject = screen(world)
    instant = timezone.now().strftime("%Y-%m-%dT%H:%M:%S.%f")
    subjects.enrol(subject, on=timezone.localdate(), by=world.coordinator)
    client.force_login(world.cra)
    path = reverse("audit:record", args=["subjects.subject", subject.pk])
    then = client.get(path, {"at": instant}).content.decode()
    assert "As it was at" in then
    facts = then[then.index('id="then"') : then.index('aria-label="Events"')]
    assert "<dd>In screening</dd>" in facts
    assert "<dd>Enrolled</dd>" not in facts
    assert "<dd>TMR-204</dd>" in facts
    assert "not there at that time" in client.get(path, {"at": "2001-01-01T00:00"}).content.decode()
    wrong = client.get(path, {"at": "yesterday"})
    assert wrong.status_code == 422
    assert "Enter a valid date/time" in wrong.content.decode()
