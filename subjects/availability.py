"""What is free at a place over some days, and the slots it offers to visits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from core.dates import show_clock, show_weekday, start_of
from sites.models import (
    Claim,
    ClaimKind,
    Delegation,
    Equipment,
    Holiday,
    OpeningHours,
    Person,
    Place,
    Room,
    Task,
)
from subjects import diary, slots
from subjects.beds import Beds
from subjects.models import Booking, Preference, Visit
from trials.models import VisitProcedure

REMOTE = {"phone", "video", "home"}
AT_MOST = timedelta(days=60)
BEYOND_WINDOW = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Offer:
    """A free slot with its room and person by name."""

    start: datetime
    end: datetime
    room_id: int | None
    room: str
    person_id: int | None
    person: str
    reasons: tuple[str, ...]
    bed_id: int | None = None  # of a visit with nights
    bed: str = ""

    @property
    def value(self) -> str:
        """The start as a form field carries it."""
        return self.start.isoformat(timespec="minutes")

    @property
    def label(self) -> str:
        """Day and time in words."""
        return f"{show_weekday(self.start.date())} · {show_clock(self.start)}"


class Fitted:
    """The equipment of a place, by kind: in each room, and what can be brought to any."""

    def __init__(self, place: Place, last: date) -> None:
        rows = Equipment.objects.filter(place=place)
        self.known: set[str] = set()
        self.in_room: dict[int | None, set[str]] = {}
        for room_id, kind, due_on in rows.values_list("room_id", "kind", "calibration_due_on"):
            self.known.add(kind.lower())
            if due_on is None or due_on >= last:
                self.in_room.setdefault(room_id, set()).add(kind.lower())

    def serves(self, room_id: int, kinds: frozenset[str]) -> bool:
        """Whether a room has these kinds; a kind of which the place lists none is not asked for."""
        at_hand = self.in_room.get(room_id, set()) | self.in_room.get(None, set())
        return kinds & self.known <= at_hand


class Availability:
    """What is open and taken at a place over some days, read once for many visits."""

    def __init__(self, place: Place, first: date, last: date, now: datetime) -> None:
        self.place, self.now, self.first, self.last = place, now, first, last
        self.start = start_of(first, place.zone)
        self.end = start_of(last + timedelta(days=1), place.zone)
        self.rooms = _names(Room, place)
        self.people = _names(Person, place)
        self.equipment = Fitted(place, last)
        self.delegated = self._delegated()
        self.busy = self._busy()
        self.week = _week(place)
        held = Holiday.objects.filter(country=place.country, on__range=(first, last))
        self.holidays = dict(held.values_list("on", "name"))
        self.openings = self._openings()
        self.closed = diary.closures(place, first, last)

    def diary(self, subject_id: int = 0, site_id: int | None = None) -> slots.Diary:
        """The diary as the slot finder reads it, for one subject of one site or for the place."""
        return slots.Diary(
            zone=self.place.zone, now=self.now, openings=self.openings,
            closures=[slots.Interval(shut.start, shut.end) for shut in self.closed],
            rooms={pk: self.busy.get((ClaimKind.ROOM, pk), []) for pk in self.rooms},
            people=self._free_people(site_id),
            subject=self.busy.get((ClaimKind.SUBJECT, subject_id), []),
        )  # fmt: skip

    def people_of(self, site_id: int) -> dict[int, str]:
        """Who holds a delegation for visits of a site on some of these days, by name."""
        held = self.delegated.get(site_id, {})
        return {pk: name for pk, name in self.people.items() if pk in held}

    def rooms_for(self, modality: str, kinds: frozenset[str]) -> tuple[int, ...] | None:
        """The rooms that have all the equipment needed, or that it can be brought to."""
        if modality in REMOTE or not self.rooms:
            return None
        return tuple(pk for pk in self.rooms if self.equipment.serves(pk, kinds))

    def free_on(self, day: date, minutes: int) -> int:
        """How many typical visits still fit on a day."""
        only = replace(self.diary(), openings={day: self.openings.get(day, [])})
        return slots.free_count(day, minutes, only)

    def free(self, minutes: int) -> int:
        """How many typical visits still fit on all these days."""
        return sum(self.free_on(day, minutes) for day in self.openings)

    @cached_property
    def beds(self) -> Beds:
        """The beds of the place, read where a visit needs one."""
        return Beds(self.place, self.start)

    def offers(self, visit: Visit, found: Iterable[slots.Slot]) -> list[Offer]:
        """Free slots in words; for a visit with nights those for which there is a bed."""
        offers = [self._offer(slot) for slot in found]
        if not visit.is_overnight:
            return offers
        beds = [(offer, self.beds.free(visit, offer.start, offer.end)) for offer in offers]
        return [replace(one, bed_id=bed[0], bed=bed[1]) for one, bed in beds if bed is not None]

    def _offer(self, slot: slots.Slot) -> Offer:
        zone = self.place.zone
        return Offer(
            slot.start.astimezone(zone), slot.end.astimezone(zone), slot.room_id,
            self.rooms.get(slot.room_id or 0, ""), slot.person_id,
            self.people.get(slot.person_id or 0, ""), slot.reasons,
        )  # fmt: skip

    def _free_people(self, site_id: int | None) -> dict[int, list[slots.Interval]] | None:
        if not self.people:
            return None
        if site_id is None:
            return {pk: self.busy.get((ClaimKind.PERSON, pk), []) for pk in self.people}
        held = self.delegated.get(site_id, {})
        return {
            pk: [*self.busy.get((ClaimKind.PERSON, pk), []), *self._outside(held[pk])]
            for pk in self.people_of(site_id)
        }

    def _outside(self, spans: list[slots.Interval]) -> Iterable[slots.Interval]:
        """The time that lies in none of these spans: not delegated is as good as busy."""
        at = self.start
        for span in sorted(spans, key=lambda span: span.start):
            if span.start > at:
                yield slots.Interval(at, span.start)
            at = max(at, span.end)
        if at < self.end:
            yield slots.Interval(at, self.end)

    def _openings(self) -> dict[date, list[slots.Interval]]:
        """When the place is open, day by day; not at all on a holiday."""

        def instant(day: date, clock: time) -> datetime:
            return datetime.combine(day, clock, self.place.zone).astimezone(UTC)

        count = (self.last - self.first).days + 1
        return {
            day: [
                slots.Interval(instant(day, opens), instant(day, closes))
                for opens, closes in self.week.get(day.weekday(), [])
            ]
            for day in (self.first + timedelta(days=step) for step in range(count))
            if day not in self.holidays
        }

    def _busy(self) -> dict[tuple[int, int], list[slots.Interval]]:
        found: dict[tuple[int, int], list[slots.Interval]] = {}
        rows = Claim.objects.filter(
            place=self.place, is_live=True, period__overlap=(self.start, self.end)
        )
        for kind, resource_id, period in rows.values_list("kind", "resource_id", "period"):
            held = found.setdefault((kind, resource_id), [])
            held.append(slots.Interval(period.lower, period.upper))
        return found

    def _delegated(self) -> dict[int, dict[int, list[slots.Interval]]]:
        """By site and person, when the person holds a delegation for visits."""
        rows = Delegation.objects.filter(
            person__place=self.place, task__in=[Task.VISITS, Task.PHONE],
            during__overlap=(self.first, self.last + timedelta(days=1)),
        ).values_list("site_id", "person_id", "during")  # fmt: skip
        found: dict[int, dict[int, list[slots.Interval]]] = {}
        for site_id, person_id, during in rows:
            start = start_of(max(during.lower or self.first, self.first), self.place.zone)
            end = start_of(during.upper, self.place.zone) if during.upper else self.end
            spans = found.setdefault(site_id, {}).setdefault(person_id, [])
            spans.append(slots.Interval(start, min(end, self.end)))
        return found


def _names(model: type[Room] | type[Person], place: Place) -> dict[int, str]:
    rows = model.objects.filter(place=place, is_active=True).order_by("name")
    return dict(rows.values_list("pk", "name"))


def _week(place: Place) -> dict[int, list[tuple[time, time]]]:
    """When a place is open, by weekday."""
    week: dict[int, list[tuple[time, time]]] = {}
    hours = OpeningHours.objects.filter(place=place).order_by("opens")
    for weekday, opens, closes in hours.values_list("weekday", "opens", "closes"):
        week.setdefault(weekday, []).append((opens, closes))
    return week


def around(visit: Visit, now: datetime) -> Availability:
    """What is free around the window of a visit."""
    place = visit.site.place
    today = now.astimezone(place.zone).date()
    first = max(today, visit.earliest_on or today)
    last = max(first, visit.latest_on or first) + BEYOND_WINDOW
    return Availability(place, first, min(last, first + AT_MOST), now)


def needs(visits: Sequence[Visit], held: Availability) -> dict[int, slots.Need]:
    """What each visit needs of a slot: three queries for any number of visits."""
    subjects = {visit.subject_id for visit in visits}
    asked = Preference.objects.filter(subject_id__in=subjects)
    preferences = {preference.subject_id: preference for preference in asked}
    booked, kinds = _booked(subjects), _kinds(visits)
    return {
        visit.pk: _need(
            visit, held, preferences.get(visit.subject_id),
            frozenset(on for other, on in booked[visit.subject_id] if other != visit.pk),
            frozenset(kinds[visit.definition_id]),
        )
        for visit in visits
    }  # fmt: skip


def _booked(subject_ids: Iterable[int]) -> dict[int, list[tuple[int, date]]]:
    """By subject, the visits that have a time, with their days."""
    found: dict[int, list[tuple[int, date]]] = defaultdict(list)
    live = Booking.objects.filter(visit__subject_id__in=subject_ids, is_live=True)
    for subject_id, visit_id, on in live.values_list("visit__subject_id", "visit_id", "on"):
        found[subject_id].append((visit_id, on))
    return found


def _kinds(visits: Iterable[Visit]) -> dict[int | None, set[str]]:
    """By definition, the kinds of equipment that its procedures need."""
    found: dict[int | None, set[str]] = defaultdict(set)
    definitions = {visit.definition_id for visit in visits} - {None}
    cells = VisitProcedure.objects.filter(visit__in=definitions).exclude(procedure__equipment="")
    for definition_id, kind in cells.values_list("visit_id", "procedure__equipment"):
        found[definition_id].add(kind.lower())
    return found


def _need(
    visit: Visit, held: Availability, preference: Preference | None, others: frozenset[date],
    kinds: frozenset[str],
) -> slots.Need:  # fmt: skip
    part: Any = preference.part_of_day if preference else None
    modality = visit.definition.modality if visit.definition else "clinic"
    return slots.Need(
        minutes=minutes_of(visit),
        rooms=held.rooms_for(modality, kinds),
        people=tuple(held.people_of(visit.site_id)) if held.people else None,
        target_on=visit.target_on,
        earliest_on=visit.earliest_on,
        latest_on=visit.latest_on,
        weekdays=_weekdays(preference),
        part=part if part in {"morning", "afternoon"} else None,
        other_visits_on=others,
    )


def minutes_of(visit: Visit) -> int:
    """How long a visit takes."""
    return visit.definition.duration if visit.definition else diary.TYPICAL_MINUTES


def _weekdays(preference: Preference | None) -> frozenset[int]:
    text = preference.weekdays if preference else ""
    return frozenset(int(part) for part in text.split(",") if part.strip().isdigit())


def best(visits: Sequence[Visit], held: Availability, limit: int = 6) -> Mapping[int, list[Offer]]:
    """The best free slots for each visit, by its key."""
    wanted = needs(visits, held)
    return {
        visit.pk: held.offers(
            visit,
            slots.find(wanted[visit.pk], held.diary(visit.subject_id, visit.site_id), limit),
        )
        for visit in visits
    }


def at_that_time(visit: Visit, start: datetime, now: datetime) -> Offer | None:
    """The first room and delegated person free at a time; None where something is taken."""
    place = visit.site.place
    day = start.astimezone(place.zone).date()
    held = Availability(place, day, day, now)
    diary_then = held.diary(visit.subject_id, visit.site_id)
    slot = slots.nearest(start, needs([visit], held)[visit.pk], diary_then)
    offers = held.offers(visit, [slot]) if slot and slot.start == start else []
    return next(iter(offers), None)
