"""Who is in the house, the beds of a place by day, and the page of one stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Func, Q, QuerySet

from accounts.models import User
from core.access import SCOPES, ScopeKind, can, reached
from core.dates import local_day, show_clock, show_span
from core.links import address
from core.permissions import Permission
from sites.models import Bed, Place
from subjects import diary
from subjects.beds import stay_of
from subjects.conduct import Conduct, Step, clock_words, conduct_of
from subjects.models import Leave, Occupancy, Stay, StayStatus, Visit
from subjects.models.stay import IN_HOUSE, STANDING
from subjects.presence import Presence, nights_planned, presence_of, presences, say

S = StayStatus
DAYS = 14
DAY = timedelta(days=1)
CHIPS = {
    S.RESERVED: "", S.ADMITTED: "ok", S.ON_LEAVE: "warn", S.DISCHARGED: "", S.RELEASED: "",
}  # fmt: skip
NEXT_SAMPLE = Func(
    F("visit_id"), function="subjects_next_sample", output_field=models.DateTimeField()
)


@dataclass(frozen=True, slots=True)
class Guest:
    """A subject that is in the house or is to come today."""

    number: str
    name: str
    url: str
    trial: str
    visit: str
    bed: str
    unit: str
    chip: tuple[str, str]
    since: str
    until: str
    nights: str
    next: str
    is_late: bool  # should have left, or a sample is past its time


def guests(place: Place, user: User, now: datetime) -> list[Guest]:
    """Who is in the house at a place and who is expected today, as far as the user may see them."""
    tomorrow = now.astimezone(place.zone).date() + DAY
    rows: QuerySet[Stay] = Stay.objects.visible_to(user).filter(
        Q(status__in=IN_HOUSE) | Q(status=S.RESERVED, planned_from__lt=_midnight(tomorrow, place)),
        place=place,
    )  # fmt: skip
    stays = list(
        rows.select_related("visit__subject__trial").annotate(sample=NEXT_SAMPLE).order_by("pk")
    )
    if not stays:
        return []
    beds = _beds_of(stays)
    names = diary.names_of({stay.visit.subject_id for stay in stays}, user)
    held = presences(stays)
    found = [_guest(stay, beds[stay.pk], held.get(stay.pk), place, now) for stay in stays]
    named = [
        replace(guest, name=names.get(stay.visit.subject_id, ""))
        for stay, guest in zip(stays, found, strict=True)
    ]
    return sorted(named, key=lambda guest: (guest.unit, guest.bed))


def _midnight(day: date, place: Place) -> datetime:
    return datetime.combine(day, datetime.min.time(), place.zone)


def _beds_of(stays: Iterable[Stay]) -> dict[int, Bed]:
    """The bed each stay has now."""
    rows = Occupancy.objects.filter(stay__in=stays).select_related("bed").order_by("period")
    return {row.stay_id: row.bed for row in rows}


def _guest(stay: Any, bed: Bed, held: Presence | None, place: Place, now: datetime) -> Guest:
    zone = place.zone
    is_over = stay.status in IN_HOUSE and stay.planned_until < now
    sample, is_missed = _sample(stay, zone, now)
    return Guest(
        number=stay.visit.subject.number, name="", url=stay.get_absolute_url(),
        trial=stay.visit.subject.trial.protocol_number, visit=stay.visit.name, bed=bed.name,
        unit=bed.unit, chip=(CHIPS[stay.status], stay.get_status_display()),
        since=say(stay.admitted_at or stay.planned_from, zone), until=say(stay.planned_until, zone),
        nights=f"{held.nights(zone, now) if held else 0} of {nights_planned(stay, zone)}", next=sample,
        is_late=is_over or is_missed,
    )  # fmt: skip


def _sample(stay: Any, zone: ZoneInfo, now: datetime) -> tuple[str, bool]:
    """When the next sample is due, and whether its time has gone by."""
    if stay.status not in IN_HOUSE or stay.sample is None:
        return "", False
    minutes = round((stay.sample - now).total_seconds() / 60)
    return f"{say(stay.sample, zone)}, {_ahead(minutes)}", minutes < 0


def _ahead(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    length = f"{hours} h {rest} min" if hours else f"{rest} min"
    return f"{length} late" if minutes < 0 else f"in {length}"


@dataclass(frozen=True, slots=True)
class Segment:
    """Some nights of a bed side by side: free, or held by one stay."""

    span: int
    state: str = "free"
    text: str = ""
    name: str = ""
    url: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class BedRow:
    """A bed with its nights from left to right."""

    name: str
    unit: str
    note: str
    segments: list[Segment]


def board(place: Place, first: date, user: User, now: datetime) -> dict[str, Any]:
    """The beds of a place over two weeks, each day with the night after it."""
    days = [first + step * DAY for step in range(DAYS)]
    span = (_midnight(first, place), _midnight(days[-1] + DAY, place))
    rows = (
        Occupancy.objects.filter(
            bed__place=place, period__overlap=span, stay__status__in=(*STANDING, S.DISCHARGED)
        )
        .select_related("stay", "bed", "visit__subject__trial", "visit__site")
        .order_by("period")
    )
    mine = reached(user, Permission.SUBJECT_VIEW, SCOPES[ScopeKind.SITE])
    held = [(row, mine is None or row.visit.site_id in mine) for row in rows]
    names = diary.names_of({row.visit.subject_id for row, seen in held if seen}, user)
    by_bed: Mapping[int, list[tuple[Segment, date, date]]] = defaultdict(list)
    for row, seen in held:
        shown = _shown(row, names, place) if seen else Segment(0, "busy", "Busy")
        by_bed[row.bed_id].append((shown, *_days_of(row, place, now)))
    beds = Bed.objects.filter(Q(is_active=True) | Q(pk__in=by_bed), place=place)
    return {
        "days": days, "title": show_span(days[0], days[-1]), "today": now.astimezone(place.zone).date(),
        "beds": [
            BedRow(bed.name, bed.unit, bed.note, _segments(by_bed[bed.pk], days))
            for bed in beds.order_by("unit", "name", "pk")
        ],
        "previous": first - DAYS * DAY, "next": first + DAYS * DAY,
    }  # fmt: skip


def _shown(row: Occupancy, names: Mapping[int, str], place: Place) -> Segment:
    subject = row.visit.subject
    period: Any = row.period
    states = {S.RESERVED: "reserved", S.DISCHARGED: "past"}
    lower, upper = (say(at, place.zone) for at in (period.lower, period.upper))
    return Segment(
        0, states.get(StayStatus(row.stay.status), "taken"), subject.number,
        names.get(subject.pk, ""), address("subjects:stay", row.visit_id),
        f"{row.stay.get_status_display()}, {row.visit.name} {subject.trial.protocol_number},"
        f" {lower} to {upper}",
    )  # fmt: skip


def _days_of(row: Occupancy, place: Place, now: datetime) -> tuple[date, date]:
    """The first and the last day with a night in the bed; the day itself of a stay without one."""
    period: Any = row.period
    end = max(period.upper, now) if row.stay.status in IN_HOUSE else period.upper
    first, last = local_day(period.lower, place.zone), local_day(end, place.zone)
    return first, max(first, last - DAY)


def _segments(held: list[tuple[Segment, date, date]], days: list[date]) -> list[Segment]:
    """The nights of a bed, those of one stay put together."""
    by_day: dict[date, Segment] = {}
    for one, first, last in held:
        by_day |= {day: one for day in days if first <= day <= last}
    found = []
    for held_by, run in groupby(days, by_day.get):
        nights = list(run)
        if held_by is None:
            found += [Segment(1) for _ in nights]
        else:
            found.append(replace(held_by, span=len(nights)))
    return found


@dataclass(frozen=True, slots=True)
class Tick:
    """One thing to do by the clock of a stay."""

    name: str
    when: str
    left: str
    state: str
    url: str
    conflict: str = ""


def clock_of(
    visit: Visit, conduct: Conduct, held: Presence | None, leave: Leave | None, now: datetime
) -> list[Tick]:
    """What is done by the clock of a visit, in order of time; what falls into a leave is said so."""
    timed = sorted((step for step in conduct.steps if step.allowed is not None), key=_target)
    following = next((step for step in timed if not step.is_answered), None)
    return [_tick(step, visit, (held, leave), now, is_next=step is following) for step in timed]


def _tick(
    step: Step, visit: Visit, where: tuple[Presence | None, Leave | None], now: datetime, *,
    is_next: bool,
) -> Tick:  # fmt: skip
    zone, allowed = visit.site.place.zone, step.allowed
    assert allowed is not None
    url = f"{visit.conduct_url}#procedure-{step.slug}"
    when = say(allowed.target, zone)
    if step.is_answered:
        return Tick(step.name, when, step.off or "done", "done", url)
    left, state = clock_words(allowed, now, zone), "next" if is_next else ""
    return Tick(step.name, when, left, state, url, _conflict(allowed.target, *where, zone))


def _target(step: Any) -> datetime:
    target: datetime = step.allowed.target
    return target


def _conflict(target: datetime, held: Presence | None, leave: Leave | None, zone: ZoneInfo) -> str:
    """Why the subject is not there when something is due, in words."""
    if held is None:
        return ""
    if leave is not None:
        if leave.left_at <= target < leave.expected_at:
            return f"On leave until {say(leave.expected_at, zone)}"
        return ""
    why = held.why_not(target, zone)
    return why[:1].upper() + why[1:]


def page_of(visit: Visit, user: User, now: datetime) -> dict[str, Any]:
    """What the page of a stay shows."""
    place, stay = visit.site.place, stay_of(visit)
    context: dict[str, Any] = {
        "visit": visit, "place": place, "now": now, "stay": stay,
        "may_conduct": can(user, Permission.VISIT_CONDUCT, visit),
        "may_book": can(user, Permission.VISIT_BOOK, visit),
        "identity": diary.names_of([visit.subject_id], user).get(visit.subject_id, ""),
    }  # fmt: skip
    if stay is None:
        return context
    held = presence_of(stay)
    leaves = list(Leave.objects.filter(stay=stay).order_by("left_at"))
    away = next(filter(_is_away, leaves), None)
    beds = Occupancy.objects.filter(stay=stay).select_related("bed").order_by("period")
    zone, labels = place.zone, dict(StayStatus.choices)
    return context | {
        "chip": (CHIPS[StayStatus(stay.status)], stay.get_status_display()),
        "facts": _facts(stay, held, zone, now), "away": away,
        "is_over": stay.is_in_house and stay.planned_until < now,
        "beds": [(row.bed, _from_to(row.period.lower, row.period.upper, zone)) for row in beds],
        "leaves": [(one, _from_to(one.left_at, one.returned_at, zone)) for one in leaves],
        "clock": clock_of(visit, conduct_of(visit), held, away, now),
        "back_by": say(away.expected_at, zone) if away else "",
        "history": [
            (told, labels[told.step.to_status]) for told in reversed(Stay.flow.told(stay))
        ],
    }  # fmt: skip


def _is_away(leave: Leave) -> bool:
    return leave.returned_at is None and leave.voided_at is None


def _from_to(start: datetime, end: datetime | None, zone: ZoneInfo) -> str:
    return f"{say(start, zone)} {f'to {say(end, zone)}' if end else 'until now'}"


def _facts(
    stay: Stay, held: Presence | None, zone: ZoneInfo, now: datetime
) -> list[tuple[str, str]]:
    """The times of a stay in words."""
    planned = f"{say(stay.planned_from, zone)} to {say(stay.planned_until, zone)}"
    found = [("Planned", planned)]
    if stay.admitted_at:
        found.append(("Admitted", say(stay.admitted_at, zone)))
    if stay.discharged_at:
        found.append(("Discharged", say(stay.discharged_at, zone)))
        ended = str(stay.get_ending_display())
        found.append(("Ended", f"{ended}: {stay.ending_reason}" if stay.ending_reason else ended))
    if held is not None:
        nights = f"{held.nights(zone, now)} of {nights_planned(stay, zone)}"
        found.append(("Nights", f"{nights}, leave left out" if held.leaves else nights))
    return found


def in_house_text(subject_id: int, user: User) -> str:
    """Where a subject stays now, in a few words; empty where it stays nowhere."""
    rows = Occupancy.objects.visible_to(user).filter(
        visit__subject=subject_id, stay__status__in=IN_HOUSE
    )
    last = rows.select_related("bed", "stay__place").order_by("period").last()
    if last is None:
        return ""
    stay = last.stay
    assert stay.admitted_at is not None
    since = stay.admitted_at.astimezone(stay.place.zone)
    return f"{stay.get_status_display()} since {show_clock(since)} {since:%a}, {last.bed}"
