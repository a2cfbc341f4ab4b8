"""Today: the day of a place, what waits for a date, what needs this person and what runs out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.db.models import DateField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat, Upper

from accounts.models import User, WhoseDay
from core.dates import local_day, show_clock, show_day, show_due, show_span
from core.kept import kept
from core.obligations import icon_of, open_for, stretch_of
from sites.models import Delegation, Equipment, Place
from subjects import calendar, diary, unbooked
from subjects.availability import Availability
from subjects.models import Contact, VisitStatus
from subjects.models.visit import OPEN
from subjects.stays import Guest, guests

SHOWN_TO_BOOK = 5
SHOWN_PER_STRETCH = 4
DUTIES = 200
GRACE = timedelta(minutes=15)  # how late a subject may be before the row says so
EXPIRES = timedelta(days=60)
SPOKEN = timedelta(days=14)  # how long a call matters


@dataclass(frozen=True, slots=True)
class Row:
    """A visit of the day: how it stands and the one thing to know about it."""

    block: diary.Block
    chip: tuple[str, str]
    note: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing this person has to do."""

    pk: int
    icon: str
    label: str
    detail: str
    due: str
    level: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Duties that are due in the same stretch of time: the first of them, and how many."""

    name: str
    count: int
    duties: tuple[Duty, ...]

    @property
    def is_late(self) -> bool:
        """Whether these should be done already."""
        return self.name == "Overdue"

    @property
    def is_near(self) -> bool:
        """Whether Today names its duties one by one."""
        return self.name != "Later"


@dataclass(frozen=True, slots=True)
class Expiry:
    """Something that is good until a day."""

    icon: str
    name: str
    due: str
    date: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which visits of the day are shown."""

    is_mine: bool
    trial: str
    room: str


@dataclass(frozen=True, slots=True)
class Day:
    """Everything Today shows; two days that are equal look the same."""

    on: date
    is_today: bool
    is_next: bool  # the place is closed today
    clock: str  # the time now, while the place is open
    before: tuple[Row, ...]
    after: tuple[Row, ...]
    total: int
    done: int
    trials: tuple[str, ...]
    rooms: tuple[str, ...]
    load: tuple[calendar.Load, ...]
    to_book: tuple[calendar.Suggestion, ...]
    waiting: int
    needs: tuple[Stretch, ...]
    expiring: tuple[Expiry, ...]
    guests: tuple[Guest, ...] = ()

    @property
    def shown(self) -> int:
        """How many visits are left by the filters."""
        return len(self.before) + len(self.after)

    @property
    def first_to_arrive(self) -> int:
        """The visit whose subject has to come next."""
        rows = (*self.before, *self.after)
        waiting = (row.block for row in rows if row.block.status == VisitStatus.BOOKED)
        return next((block.visit_id for block in waiting if not block.is_call), 0)

    @property
    def open(self) -> int:
        """How much this person has to do."""
        return sum(stretch.count for stretch in self.needs)

    @property
    def later(self) -> int:
        """How much of it is not named one by one."""
        return sum(stretch.count for stretch in self.needs if not stretch.is_near)

    @property
    def tag(self) -> str:
        """The same for the same content."""
        return f'"{sha256(repr(self).encode()).hexdigest()[:32]}"'


def day_of(place: Place, asked: date | None, user: User, chosen: Chosen, now: datetime) -> Day:
    """The day of a place as this person sees it; where none was asked for, today or the next open."""
    today = now.date()
    held = calendar.outlook(place, now)
    strip = calendar.load(held, today)
    coming = calendar.day_to_show(held, strip, today)
    on = asked or coming
    blocks = diary.blocks(place, on, on, user)
    waiting, total = unbooked.waiting(place, today, user, limit=SHOWN_TO_BOOK)
    said = last_said(_subjects(blocks) | _subjects(waiting), user, place, today)
    to_book = [with_call(item, said) for item in waiting]
    line = now if on == today and _is_open(held, now) else None
    before, after = _parted(_rows(blocks, chosen, now, said), line)
    return Day(
        on=on,
        is_today=on == today,
        is_next=on == coming != today,
        clock=show_clock(line) if line else "",
        before=before,
        after=after,
        total=len(blocks),
        done=[block.status for block in blocks].count(VisitStatus.COMPLETED),
        trials=_names(blocks, "trial"),
        rooms=_names(blocks, "room"),
        load=tuple(strip),
        to_book=tuple(calendar.with_first_slot(to_book, held)),
        waiting=total,
        needs=tuple(_needs(user, today, now)),
        expiring=kept(
            user, ("expiring", place.pk, today), lambda: tuple(_expiring(place, user, today))
        ),
        guests=tuple(guests(place, user, now)) if on in {today, coming} else (),
    )


def _subjects(of: Sequence[diary.Block] | Sequence[unbooked.ToBook]) -> set[int]:
    return {one.subject_id for one in of}


def _rows(
    blocks: list[diary.Block], chosen: Chosen, now: datetime, said: Mapping[int, str]
) -> list[Row]:
    shown = [block for block in blocks if _fits(block, chosen)]
    return [_row(block, now, said.get(block.subject_id, "")) for block in shown]


def _parted(rows: list[Row], line: datetime | None) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """The rows before the line of the time now, where there is one, and those after it."""
    count = sum(line is not None and row.block.start <= line for row in rows)
    return tuple(rows[:count]), tuple(rows[count:])


def _names(blocks: list[diary.Block], of: str) -> tuple[str, ...]:
    return tuple(sorted({getattr(block, of) for block in blocks} - {""}))


def _fits(block: diary.Block, chosen: Chosen) -> bool:
    is_asked_for = chosen.trial in {"", block.trial} and chosen.room in {"", block.room}
    return is_asked_for and (block.is_mine or not chosen.is_mine)


def _is_open(held: Availability, now: datetime) -> bool:
    return any(hours.start <= now <= hours.end for hours in held.openings.get(now.date(), ()))


def _row(block: diary.Block, now: datetime, said: str) -> Row:
    chip = _chip(block, now)
    notes = [block.note]
    if block.is_unconfirmed:
        call = said or "not called yet"
        named = chip is block.chip
        notes.insert(0, _sentence(call) if named else f"Not confirmed: {call}")
    is_over = block.end < now and block.status not in OPEN
    return Row(block, chip, " · ".join(note for note in notes if note), is_over)


def _chip(block: diary.Block, now: datetime) -> tuple[str, str]:
    """The state of a visit; what is wrong with a booked one stands before that it is booked."""
    if block.status != VisitStatus.BOOKED or block.clash:
        return block.chip
    if block.window.is_out:
        return "crit", "Out of window"
    if block.start + GRACE < now:
        return "warn", "Not arrived"
    return ("warn", "Last day of window") if block.window.is_last_day else block.chip


def with_call(item: unbooked.ToBook, said: Mapping[int, str]) -> unbooked.ToBook:
    """The visit with what the last call said before what the subject prefers."""
    call = said.get(item.subject_id, "")
    notes = [_sentence(call), item.note]
    return replace(item, note=" · ".join(note for note in notes if note))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def last_said(subject_ids: Iterable[int], user: User, place: Place, today: date) -> dict[int, str]:
    """What came of the last call to each of these subjects, as in "left voicemail 10 Jun"."""
    rows = (
        Contact.objects.visible_to(user)
        .filter(subject__pk__any=list(subject_ids))
        .order_by("subject_id", "-at", "-pk")
        .distinct("subject_id")
        .values_list("subject_id", "result", "at")
    )
    results = dict(Contact.Result.choices)
    found = ((pk, results[result], local_day(at, place.zone)) for pk, result, at in rows)
    return {
        pk: f"{result[0].lower()}{result[1:]} {show_span(on, on)}"
        for pk, result, on in found
        if today - on <= SPOKEN
    }


SAID = ("pk", "rule", "label", "detail", "due_on", "due_at")


def _needs(user: User, today: date, now: datetime) -> list[Stretch]:
    rows = open_for(user).order_by("due_on", "pk").values_list(*SAID)[:DUTIES]
    stretches: dict[str, list[Duty]] = {}
    for pk, rule, label, detail, day, instant in rows:
        due_on = day or local_day(instant or now, user.zone)
        level = "late" if due_on < today else "soon" if due_on == today else ""
        duty = Duty(pk, icon_of(rule), label, detail, show_due(due_on, today), level)
        stretches.setdefault(stretch_of(due_on, today), []).append(duty)
    return [
        Stretch(name, len(duties), tuple(duties[:SHOWN_PER_STRETCH]))
        for name, duties in stretches.items()
    ]


def _expiring(place: Place, user: User, today: date) -> list[Expiry]:
    """Calibrations and delegations at the place that end within two months, soonest first."""
    devices = Equipment.objects.visible_to(user).filter(place=place, is_active=True)
    ending = Delegation.objects.visible_to(user).filter(
        ~Exists(_renewed()), person__place=place, during__endswith__gt=today
    )
    named = (
        devices.annotate(
            icon=Value("shield"), what=Concat(Value("Calibration, "), "name"),
            until=F("calibration_due_on"),
        ),
        ending.annotate(
            icon=Value("users"),
            what=Concat(
                Value("Delegation of "), "person__name", Value(", "), "site__trial__protocol_number"
            ),
            until=Func(Upper("during"), template="%(expressions)s - 1", output_field=DateField()),
        ),
    )  # fmt: skip
    soon = [
        rows.filter(until__lte=today + EXPIRES).order_by().values_list("icon", "what", "until")
        for rows in named
    ]
    found = soon[0].union(soon[1]).order_by("until", "what")
    return [_expiry(icon, name, on, today) for icon, name, on in found]


def _renewed() -> QuerySet[Delegation]:
    """The same task of the same person in the same trial, for longer."""
    rows: QuerySet[Delegation] = Delegation.objects.filter(
        Q(during__endswith=None) | Q(during__endswith__gt=OuterRef("during__endswith")),
        person=OuterRef("person"), site=OuterRef("site"), task=OuterRef("task"),
    )  # fmt: skip
    return rows


def _expiry(icon: str, name: str, on: date, today: date) -> Expiry:
    due, shown = show_due(on, today), show_day(on)
    return Expiry(icon, name, due, "" if due == shown else shown, on < today)


def chosen(query: Mapping[str, str], user: User) -> Chosen:
    """What the person chose to see of the day, by address and by habit."""
    return Chosen(user.whose_day == WhoseDay.MINE, query.get("trial", ""), query.get("room", ""))
