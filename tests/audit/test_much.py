"""An event that changed much: a page tells some of it, the record its own, the file everything."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from audit import queries
from audit.queries import events_of, everything, page_of
from audit.reading import Entry
from core.audit import note
from core.models import AuditRow, Event
from sites.actions import places
from subjects.models import Visit
from tests.world import World, screen

pytestmark = pytest.mark.django_db
EACH = 2


@pytest.fixture
def last(world: World, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """The visit that an event wrote after as much as a page tells of it."""
    monkeypatch.setattr(queries, "EACH", EACH)
    subject = screen(world)
    key = AuditRow.objects.filter(tbl="subjects_visit").latest("pk").row_id
    found = Visit.objects.get(pk=key)
    assert found.subject == subject
    return found


@pytest.fixture
def much(last: Visit) -> Event:
    """The event that wrote it."""
    row = AuditRow.objects.get(tbl="subjects_visit", row_id=last.pk)
    assert AuditRow.objects.filter(event_id=row.event_id, pk__lt=row.pk).count() > EACH
    return Event.objects.get(pk=row.event_id)


def told(entries: list[Entry]) -> list[tuple[str, str, str]]:
    return [(each.record, each.field, each.new) for entry in entries for each in entry.changes]


def test_a_page_tells_some_and_says_that_there_is_more(world: World, much: Event) -> None:
    (entry,) = page_of(Event.objects.filter(pk=much.pk), world.coordinator).entries
    assert entry.has_more
    assert len(entry.changes) == EACH
    (sponsor,) = page_of(Event.objects.filter(target_type="trials.sponsor"), world.admin).entries
    assert told([sponsor])
    assert not sponsor.has_more


def test_a_record_tells_all_of_its_own_however_late_it_was_written(
    world: World, last: Visit, much: Event
) -> None:
    (entry,) = page_of(events_of(last), world.coordinator, record=last).entries
    assert entry.id == much.pk
    assert ("Visit", "name", last.name) in told([entry])
    assert ("Visit", "name", last.name) not in told(
        page_of(events_of(last), world.coordinator).entries
    )


def test_the_file_holds_everything_once_also_in_small_batches(
    world: World, much: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = Event.objects.filter(pk__lte=much.pk)
    whole = list(everything(events, world.coordinator))
    monkeypatch.setattr(queries, "BATCH", 3)
    monkeypatch.setattr(queries, "CHUNK", 2)
    parts = list(everything(events, world.coordinator))
    assert len(parts) > len(whole)
    assert told(parts) == told(whole)
    every = list(events.order_by("-pk").values_list("pk", flat=True))
    assert list(dict.fromkeys(entry.id for entry in parts)) == every


def test_a_page_reads_no_more_rows_than_it_tells(world: World, much: Event) -> None:
    with CaptureQueriesContext(connection) as asked:
        page_of(Event.objects.filter(pk=much.pk), world.coordinator)
    (rows,) = (each["sql"] for each in asked if 'FROM "core_auditrow" WHERE' in each["sql"][:400])
    assert rows.count(",", rows.index(" IN (")) == EACH


def asked_of(events: QuerySet[Event], world: World) -> list[str]:
    """What the file of these events asks of the database, table by table."""
    with CaptureQueriesContext(connection) as asked:
        list(everything(events, world.coordinator))
    return [each["sql"].partition(' FROM "')[2].partition('"')[0] for each in asked]


def test_the_file_reads_names_and_signatures_of_a_page_once(world: World, much: Event) -> None:
    """Once more only where events that changed nothing come after the last that did."""
    tables = asked_of(Event.objects.filter(pk=much.pk), world)
    assert tables.count("core_signature") == tables.count("trials_trial") == 1
    quiet = note("look", target=world.trial, by=world.admin)
    places.change_place(world.place, values={"name": "Another name"}, by=world.coordinator)
    newest = Event.objects.latest("pk")
    assert newest.pk > quiet.pk
    told = {
        events: asked_of(Event.objects.filter(pk__in=events), world)
        for events in ((quiet.pk,), (newest.pk,), (newest.pk, quiet.pk))
    }
    assert [tables.count("core_signature") for tables in told.values()] == [1, 1, 2]
