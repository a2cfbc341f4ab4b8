"""Visits of a list held against schedules, rooms, staff and what is taken."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import chain

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from core.dates import ClockError, first_at
from core.imports.checks import Line
from core.imports.columns import plain
from sites.models import Claim, ClaimKind, Person, Room, Site
from subjects.actions.lay_out import SiteSchedules, VisitRow
from subjects.diary import TYPICAL_MINUTES
from subjects.models import VisitStatus
from subjects.models.subject import ENDED
from trials.models import VisitDefinition

V = VisitStatus
Span = tuple[datetime, datetime, Line]
_CYCLE = re.compile(r"(.+?)[,\s]+cycle (\d{1,3})", re.IGNORECASE)
NAMED = 12


class VisitCheck:
    """What visits are held against at some sites."""

    def __init__(self, sites: Sequence[Site]) -> None:
        self.schedules = SiteSchedules([site.pk for site in sites])
        places = [site.place_id for site in sites]
        self.rooms = _by_name(Room, places)
        self.staff = _by_name(Person, places)
        self.names: dict[int, dict[str, VisitDefinition]] = {}
        self.seen: dict[tuple[object, ...], int] = {}
        self.taken: dict[tuple[int, int | str], list[Span]] = defaultdict(list)

    def read(self, line: Line, site: Site, status: str, today: date) -> VisitRow | None:
        """The visit a row tells of; None where something is wrong with it."""
        definition, cycle = self._definition(line, site)
        outcome = self._outcome(line, today)
        if status in ENDED and outcome in {V.PLANNED, V.BOOKED}:
            line.wrong("Visit status", "The subject has left. Say what became of the visit.")
        start = self._start(line, site, outcome)
        room_id = self._one(line, "room", self.rooms, site)
        person_id = self._one(line, "person", self.staff, site)
        if line.faults:
            return None
        minutes = line["minutes"] or getattr(definition, "duration", TYPICAL_MINUTES)
        if start is not None:
            self._note_taken(line, start, minutes, room_id, person_id)
        return VisitRow(
            name=line["visit"], definition_id=getattr(definition, "pk", None), cycle=cycle,
            status=outcome, performed_on=line["performed_on"], planned_on=line["planned_on"],
            start=start, minutes=minutes, room_id=room_id, person_id=person_id,
            reason=line["reason"] or "",
        )  # fmt: skip

    def _definition(self, line: Line, site: Site) -> tuple[VisitDefinition | None, int]:
        """The visit of the schedule that is meant; none for an unscheduled one."""
        name, cycle = line["visit"], 1
        if plain(name).startswith("unscheduled"):
            return None, 1
        if match := _CYCLE.fullmatch(name):
            name, cycle = match[1], int(match[2])
        found = self._named(site).get(plain(name))
        if found is None:
            line.wrong("Visit", _unknown(site, self.schedules.of(site.pk)))
        elif cycle > (found.repeat_group.cap if found.repeat_group else 1):
            line.wrong("Visit", f"{found.name} has no cycle {cycle}. Correct the cycle.")
        else:
            self._once(line, found, cycle)
        return found, cycle

    def _once(self, line: Line, found: VisitDefinition, cycle: int) -> None:
        earlier = self.seen.setdefault((line["site"], line["number"], found.pk, cycle), line.number)
        if earlier != line.number:
            line.wrong("Visit", f"It stands on line {earlier:,} already. Keep one of the two.")

    def _named(self, site: Site) -> dict[str, VisitDefinition]:
        """The visits at a site by code and, where only one has it, by name."""
        version = self.schedules.versions.get(site.pk, 0)
        if version not in self.names:
            visits = self.schedules.of(site.pk)
            often = Counter(plain(visit.name) for visit in visits)
            by_name = {plain(v.name): v for v in visits if often[plain(v.name)] == 1}
            self.names[version] = by_name | {plain(visit.code): visit for visit in visits}
        return self.names[version]

    def _outcome(self, line: Line, today: date) -> str:
        """What became of the visit, as said or as its dates show."""
        on = line["performed_on"]
        shown = V.COMPLETED if on else V.BOOKED if line["start"] else V.PLANNED
        outcome: str = line["outcome"] or shown
        is_done, has_day = outcome == V.COMPLETED, on is not None
        misfits = [
            (is_done and not has_day, "Visit date", "The visit was done. Give its day."),
            (has_day and not is_done, "Visit status",
             "A visit with a visit date is completed. Correct one."),
            (has_day and on > today, "Visit date", "That day has not come yet. Correct the day."),
            (outcome == V.BOOKED and line["start"] is None, "Booked for",
             "The visit is booked. Give day and time."),
        ]  # fmt: skip
        line.wrong_where(misfits)
        return outcome

    def _start(self, line: Line, site: Site, outcome: str) -> datetime | None:
        local: datetime | None = line["start"]
        if local is None or outcome not in {V.BOOKED, V.COMPLETED}:
            return None
        try:
            return first_at(local.date(), local.time(), site.place.zone)
        except ClockError as error:
            line.wrong("Booked for", str(error))
            return None

    def _one(
        self, line: Line, name: str, known: dict[tuple[int, str], int], site: Site
    ) -> int | None:
        """The room or member of staff of this name at the place."""
        if not line[name]:
            return None
        found = known.get((site.place_id, plain(line[name])))
        if found is None:
            column = "Room" if name == "room" else "Staff"
            line.wrong(column, f"{site.place} has none of this name. Correct it, or add it there.")
        return found

    def _note_taken(
        self, line: Line, start: datetime, minutes: int, room_id: int | None, person_id: int | None
    ) -> None:
        end = start + timedelta(minutes=minutes)
        self.taken[ClaimKind.SUBJECT, line["number"]].append((start, end, line))
        for kind, pk in ((ClaimKind.ROOM, room_id), (ClaimKind.PERSON, person_id)):
            if pk is not None:
                self.taken[kind, pk].append((start, end, line))

    def refuse_clashes(self) -> None:
        """Note bookings whose room or person is taken, by this list or by what is booked: one query."""
        if spans := list(chain.from_iterable(self.taken.values())):
            self._refuse_held(spans)
        for (kind, _), found in self.taken.items():
            until = min(start for start, _, _ in found)
            for start, end, line in sorted(found, key=lambda span: span[0]):
                if start < until:
                    _clash(line, kind)
                else:
                    until = end

    def _refuse_held(self, spans: list[Span]) -> None:
        whole = DateTimeTZRange(min(s[0] for s in spans), max(s[1] for s in spans), "[)")
        held = Claim.objects.filter(
            resource_id__any=[pk for kind, pk in self.taken if kind != ClaimKind.SUBJECT],
            is_live=True,
            period__overlap=whole,
        ).values_list("kind", "resource_id", "period")
        for kind, pk, period in held:
            for start, end, line in self.taken.get((kind, pk), ()):
                if start < period.upper and period.lower < end:
                    _clash(line, kind)


def _clash(line: Line, kind: int) -> None:
    other = "is taken at that time. Choose another, or leave it empty."
    said: dict[int, tuple[str, str]] = {
        ClaimKind.ROOM: ("Room", f"The room {other}"),
        ClaimKind.PERSON: ("Staff", f"The person {other}"),
        ClaimKind.SUBJECT: ("Booked for", "The subject has another visit then. Correct one."),
    }
    line.wrong(*said[kind])


def _by_name(model: type[Room] | type[Person], places: Sequence[int]) -> dict[tuple[int, str], int]:
    rows = model.objects.filter(place__pk__any=places, is_active=True)
    return {
        (place_id, plain(name)): pk
        for place_id, name, pk in rows.values_list("place_id", "name", "pk")
    }


def _unknown(site: Site, visits: Sequence[VisitDefinition]) -> str:
    if not visits:
        return f"No schedule is in effect at {site}. Put one into effect first."
    more = f" and {len(visits) - NAMED} more" if len(visits) > NAMED else ""
    names = ", ".join(
        f"{visit.code} ({visit.name})" if visit.code != visit.name else visit.code
        for visit in visits[:NAMED]
    )
    return (
        f"The schedule at {site} has no such visit, or several of this name. It has: {names}{more}."
        " Or write Unscheduled."
    )
