"""The diary of a place or a person as iCalendar (RFC 5545), without a word about subjects."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Max, QuerySet
from icalendar import Calendar, Event

from core.access import SCOPES, ScopeKind, reached
from core.dates import start_of
from core.models import AuditRow
from core.permissions import Permission
from sites.models import Absence, Closure
from subjects.models import Booking, Feed

BACK, AHEAD = timedelta(days=30), timedelta(days=180)
MOST = 2_000
OFTEN = timedelta(minutes=15)
UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def calendar_of(feed: Feed, now: datetime, host: str) -> bytes:
    """What the subscriber of a feed gets; the same bytes as long as nothing changes."""
    calendar = Calendar()
    calendar.add("prodid", "-//CTMS//Diary//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _text(feed.person or feed.place))
    calendar.add("x-wr-timezone", feed.place.time_zone)
    calendar.add("refresh-interval", OFTEN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    for event in (*_bookings(feed, now, host), *_closures(feed, now, host)):
        calendar.add_component(event)
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written


def _bookings(feed: Feed, now: datetime, host: str) -> list[Event]:
    rows = Booking.objects.filter(place=feed.place, is_live=True)
    if feed.person_id:
        rows = rows.filter(person_id=feed.person_id)
    found = list(
        rows.filter(on__range=((now - BACK).date(), (now + AHEAD).date()))
        .order_by("on", "pk")
        .values(
            "pk", "period", "zone", "confirmation", "revision", "room__name", "visit__name",
            "visit__status", "visit__site_id", "visit__site__number",
            "visit__site__trial__protocol_number",
        )[:MOST]
    )  # fmt: skip
    mine = reached(feed.user, Permission.SUBJECT_VIEW, SCOPES[ScopeKind.SITE])
    changed = _changes("subjects_booking", [row["pk"] for row in found])
    return [
        _booking(row, feed, host, changed, seen=mine is None or row["visit__site_id"] in mine)
        for row in found
    ]


def _booking(
    row: dict[str, Any], feed: Feed, host: str, changed: dict[int, datetime], *, seen: bool
) -> Event:
    """A booked visit: trial, site and visit, never who comes; unseen ones are only busy."""
    zone, pk = ZoneInfo(row["zone"]), row["pk"]
    event = _event(f"booking-{pk}@{host}", changed.get(pk, feed.made_at), row["revision"])
    event.add("dtstart", _on_the_clock(row["period"].lower, zone))
    event.add("dtend", _on_the_clock(row["period"].upper, zone))
    trial, number = row["visit__site__trial__protocol_number"], row["visit__site__number"]
    name = f"{trial} {number} \N{MIDDLE DOT} {row['visit__name']}" if seen else "Busy"
    event.add("summary", _text(name))
    room = row["room__name"]
    event.add("location", _text(f"{room}, {feed.place}" if room else feed.place))
    waits = row["visit__status"] == "booked" and row["confirmation"] != "confirmed"
    event.add("status", "TENTATIVE" if waits else "CONFIRMED")
    if seen:
        event.add("categories", [_text(trial)])
    return event


def _closures(feed: Feed, now: datetime, host: str) -> list[Event]:
    """When the place is closed, and for a person's calendar when the person is away."""
    zone = feed.place.zone
    kinds: list[tuple[str, str, QuerySet[Any]]] = [
        ("closure", "", Closure.objects.filter(place=feed.place))
    ]
    if feed.person_id:
        kinds.append(("absence", "Away", Absence.objects.filter(person_id=feed.person_id)))
    events = []
    for kind, words, rows in kinds:
        found = rows.filter(period__endswith__gt=now - BACK, period__startswith__lt=now + AHEAD)
        held = list(found.order_by("pk")[:MOST])
        changed = _changes(f"sites_{kind}", [row.pk for row in held])
        for row in held:
            stamp = changed.get(row.pk, feed.made_at)
            event = _event(f"{kind}-{row.pk}@{host}", stamp, 1)
            _add_times(event, row.period, zone)
            event.add("summary", words or _text(f"Closed: {row.reason}"))
            events.append(event)
    return events


def _on_the_clock(instant: datetime, zone: ZoneInfo) -> datetime:
    """As the clocks of the place show it, but in UTC where they would show two instants alike."""
    local = instant.astimezone(zone)
    comes_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return instant.astimezone(UTC) if comes_twice else local


def _add_times(event: Event, period: Any, zone: ZoneInfo) -> None:
    """Whole days as days, everything else on the clocks of the place."""
    start, end = _on_the_clock(period.lower, zone), _on_the_clock(period.upper, zone)
    whole = start == start_of(start.date(), zone) and end == start_of(end.date(), zone)
    event.add("dtstart", start.date() if whole else start)
    event.add("dtend", end.date() if whole else end)


def _event(uid: str, stamp: datetime, revision: int) -> Event:
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", stamp.replace(microsecond=0))
    event.add("last-modified", stamp.replace(microsecond=0))
    event.add("sequence", revision - 1)
    return event


def _changes(table: str, ids: list[int]) -> dict[int, datetime]:
    """When rows were last written, from the trail."""
    rows = AuditRow.objects.filter(tbl=table, row_id__in=ids).order_by()
    return dict(rows.values_list("row_id").annotate(at=Max("at")))


def _text(value: object) -> str:
    """Words without the control characters that iCalendar does not allow."""
    return UNPRINTABLE.sub(" ", str(value))
