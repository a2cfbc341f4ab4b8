"""The page of a visit that is being done: its procedures in words, what is missing, what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString

from accounts.models import User
from core import charts
from core.access import can
from core.dates import local_day, show_clock, show_day
from core.models import StatusChange
from core.permissions import Permission
from core.web import whole
from sites.models import Equipment, Person
from subjects import availability, calendar, diary
from subjects.beds import stay_of
from subjects.conduct import Conduct, Need, Step, clock_words, conduct_of
from subjects.conduct_forms import WHY
from subjects.consents import needs
from subjects.models import Booking, Outcome, Preference, Visit, VisitStatus

OFFERS = 3
OUTCOMES = [(one.value, one.label) for one in Outcome if one != Outcome.OPEN]
STATES = {
    Outcome.DONE: "is-done", Outcome.NOT_APPLICABLE: "is-done", Outcome.PARTLY: "is-lacking",
    Outcome.NOT_DONE: "is-lacking",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed of a step and refused, by the name of its field."""

    slug: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A step as it is shown."""

    step: Step
    meta: str
    is_now: bool
    deviates: bool
    is_editable: bool
    clock: str = ""  # when it was done
    by: str = ""
    countdown: str = ""
    bar: SafeString | str = ""
    target: str = ""  # its clock
    bounds: tuple[str, str] = ("", "")
    typed_clock: str = ""  # as its field shows it
    typed_day: str = ""
    performer: int | None = None  # whom its fields choose, and with which device
    device: int | None = None
    note: str = ""
    why_not: str = ""
    is_pending: bool = False

    @property
    def waits(self) -> str:
        """What it waits for."""
        return f"After step {self.step.waits_for}"

    @property
    def said(self) -> str:
        """The answer in a few words."""
        label = self.step.record.get_outcome_display().lower() if self.step.record else "open"
        return " ".join(part for part in (label, self.clock, self.by) if part)

    @property
    def state(self) -> str:
        """The class of its state."""
        if self.step.waits_for and not self.step.is_answered:
            return "is-waiting"
        return "is-now" if self.is_now else STATES.get(Outcome(self.step.outcome), "")

    @property
    def has_values(self) -> bool:
        """Whether its values stand open to be typed."""
        return bool(self.step.values) and not self.step.is_answered

    @property
    def has_fields(self) -> bool:
        """Whether time and person stand open: of the step that comes now, of values and samples."""
        is_open = not self.step.is_answered
        return is_open and (self.is_now or self.has_values or bool(self.bar))


def rows_of(
    conduct: Conduct, zone: ZoneInfo, now: datetime, typed: Typed, *, may: bool
) -> list[Row]:
    """The steps of a visit as they are shown; what was typed and refused stays in its row."""
    rows = [_row(step, conduct, zone, now, may=may) for step in conduct.steps]
    return [_as_typed(row, typed) if row.step.slug == typed.slug else row for row in rows]


def _as_typed(row: Row, typed: Typed) -> Row:
    said = typed.fields
    values = tuple(
        replace(one, typed=said.get(one.field, ""), typed_reason=said.get(f"kept-{one.field}", ""))
        for one in row.step.values
    )
    return replace(
        row, step=replace(row.step, values=values), note=said.get("note", ""),
        why_not=said.get("why_not", ""), typed_clock=said.get("clock", ""),
        typed_day=said.get("on", ""), performer=whole(said.get("performer", "")),
        device=whole(said.get("equipment", "")), is_pending="is_pending" in said,
    )  # fmt: skip


def _row(step: Step, conduct: Conduct, zone: ZoneInfo, now: datetime, *, may: bool) -> Row:
    row = Row(
        step=step, meta=meta_of(step, conduct), is_now=step is conduct.now,
        deviates=step.is_lacking or step.is_mistimed,
        is_editable=may and (step.is_answered or not step.waits_for),
    )  # fmt: skip
    return _with_bar(_with_record(row, zone, now), zone, now)


def _with_record(row: Row, zone: ZoneInfo, now: datetime) -> Row:
    """The row with who answered the step when, and with what was said."""
    record = row.step.record
    if record is None:
        return row
    row = replace(
        row, note=record.note, why_not=record.why_not, is_pending=record.is_pending,
        by=record.performer.name if record.performer else "",
        performer=record.performer_id, device=record.equipment_id,
    )  # fmt: skip
    if record.done_at is None:
        return row
    at = record.done_at.astimezone(zone)
    day = "" if at.date() == local_day(now, zone) else f"{show_day(at.date())}, "
    return replace(
        row,
        clock=f"{day}{show_clock(at)}",
        typed_clock=f"{at:%H:%M}",
        typed_day=show_day(at.date()),
    )


def _with_bar(row: Row, zone: ZoneInfo, now: datetime) -> Row:
    """The row of a timed sample with its bar and, until it is answered, its countdown."""
    step, allowed = row.step, row.step.allowed
    if allowed is None:
        return row
    first, target, last = (
        show_clock(one.astimezone(zone))
        for one in (allowed.earliest, allowed.target, allowed.latest)
    )
    done_at = step.record.done_at if step.record else None
    picture = charts.time_bar(
        allowed.earliest, allowed.target, allowed.latest, (done_at, now),
        f"Allowed from {first} to {last}",
    )  # fmt: skip
    day = show_day(local_day(allowed.target, zone))
    return replace(
        row, bar=picture, target=target, bounds=(first, last), typed_day=row.typed_day or day,
        countdown="" if step.is_answered else clock_words(allowed, now, zone),
    )  # fmt: skip


def meta_of(step: Step, conduct: Conduct) -> str:
    """What there is to say of a step below its name."""
    if step.is_answered and step.record is not None:
        awaited = "result awaited" if step.record.is_pending else ""
        return _listed(_outcome(step), *_values(step), step.record.note, awaited)
    if step.waits_for:
        return f"Opens when {conduct.steps[step.waits_for - 1].name} is recorded"
    return _listed(_open_values(step), _asked(step))


def _listed(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _asked(step: Step) -> str:
    """How the protocol asks for a step, where it does not just do so."""
    if step.need == Need.CONDITIONAL:
        return step.condition or "If applicable"
    return "" if step.need else "Not in the protocol"


def _outcome(step: Step) -> str:
    record = step.record
    if record is None or record.outcome == Outcome.DONE:
        return step.off
    label = str(record.get_outcome_display())
    return f"{label}: {record.get_why_not_display().lower()}" if record.why_not else label


def _values(step: Step) -> list[str]:
    return [
        f"{value.measure.name if len(step.values) > 1 else ''} {value.shown} {value.measure.unit}".strip()
        for value in step.values if value.held
    ]  # fmt: skip


def _open_values(step: Step) -> str:
    if not step.values or step.record is None:
        return ""
    whole = len(step.panel.measures) if step.panel else 0
    parts = [f"{len(step.untyped)} of {whole} values open"] if step.untyped else []
    parts += [f"{len(step.unsettled)} out of range"] if step.unsettled else []
    return ", ".join(parts)


def missing_text(step: Step) -> str:
    """What a step still needs, in one sentence."""
    if step.others:
        return "There are two answers: say which holds"
    if step.waits_for:
        return f"After step {step.waits_for}"
    return _values_needed(step) or "Not answered yet"


def _values_needed(step: Step) -> str:
    """Which values are to be typed, and which to be repeated or kept."""
    typed = [value.measure.name.lower() for value in step.untyped] if step.record else []
    off = [f"{value.measure.name.lower()} {value.shown}" for value in step.unsettled]
    return _listed(
        f"Enter {', '.join(typed)}" if typed else "",
        f"repeat or keep {', '.join(off)}" if off else "",
    )


def page_of(visit: Visit, user: User, now: datetime, typed: Typed) -> dict[str, Any]:
    """What the page of a visit that is being done shows."""
    place = visit.site.place
    zone, today = place.zone, local_day(now, place.zone)
    conduct = conduct_of(visit, with_last=True)
    booking = visit.bookings.filter(is_live=True).select_related("room", "person").first()
    people = list(Person.objects.filter(place=place, is_active=True).order_by("name"))
    may = can(user, Permission.VISIT_CONDUCT, visit)
    may_conduct = may and visit.status in {VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED}
    devices = Equipment.objects.filter(place=place, is_active=True).order_by("name")
    return {
        "visit": visit, "place": place, "conduct": conduct, "today": today, "now": now,
        "chip": diary.CHIPS[visit.status], "booking": booking,
        "rows": rows_of(conduct, zone, now, typed, may=may_conduct),
        "missing": [(step, missing_text(step)) for step in conduct.missing],
        "window": calendar.window_of(visit, booking.on if booking else None),
        "day": day_of(visit, booking, today), "started": _started(visit, zone),
        "consents": needs(visit.subject, today, now),
        "people": people, "mine": mine_of(people, user, booking), "devices": devices,
        "may_conduct": may_conduct,
        "may_start": may and visit.status in {VisitStatus.ARRIVED, VisitStatus.BOOKED},
        "preference": Preference.objects.filter(subject=visit.subject_id).first(),
        "whys": WHY, "outcomes": OUTCOMES,
        "drafts": visit.deviation_drafts.exclude(state="withdrawn"),
        "stay": stay_of(visit) if visit.is_overnight else None,
        **_next(visit, user, now),
    }  # fmt: skip


def worksheet_of(visit: Visit, now: datetime) -> dict[str, Any]:
    """What stands on the sheet of a visit: its procedures with room to write."""
    place = visit.site.place
    conduct, booking = conduct_of(visit), visit.bookings.filter(is_live=True).first()
    return {
        "visit": visit, "place": place, "now": now,
        "day": day_of(visit, booking, local_day(now, place.zone)),
        "window": calendar.window_of(visit, booking.on if booking else None),
        "rows": rows_of(conduct, place.zone, now, Typed(), may=False),
    }  # fmt: skip


def day_of(visit: Visit, booking: Booking | None, today: date) -> date:
    """The day on which the procedures of a visit are done, unless said otherwise."""
    if visit.is_overnight and visit.status == VisitStatus.IN_PROGRESS:
        return today
    return visit.performed_on or (booking.on if booking else today)


def mine_of(people: list[Person], user: User, booking: Booking | None) -> Person | None:
    """Who does the procedures, unless said otherwise: whoever is at the page, else whom it is booked with."""
    own = next((person for person in people if person.user_id == user.pk), None)
    return own or (booking.person if booking else None)


def _started(visit: Visit, zone: ZoneInfo) -> str:
    steps = StatusChange.objects.filter(flow="subjects.visit", object_id=visit.pk)
    at = (
        steps.filter(to_status=VisitStatus.IN_PROGRESS).order_by("-pk").values_list("at", flat=True)
    )
    begun = at.first()
    return "" if begun is None else show_clock(begun.astimezone(zone))


def _next(visit: Visit, user: User, now: datetime) -> dict[str, Any]:
    """The visit of the subject that waits for a time, with the first slots that fit."""
    if not can(user, Permission.VISIT_BOOK, visit):
        return {}
    waiting = Visit.objects.filter(
        subject=visit.subject_id, status=VisitStatus.PLANNED, target_on__isnull=False,
        is_provisional=False,
    ).exclude(pk=visit.pk)  # fmt: skip
    if visit.target_on is not None:
        waiting = waiting.filter(target_on__gte=visit.target_on)
    found = waiting.select_related("site__place", "subject", "definition")
    following = found.order_by("target_on", "pk").first()
    if following is None:
        return {}
    held = availability.around(following, now)
    return {
        "following": following,
        "offers": availability.best([following], held, limit=OFFERS)[following.pk],
        "minutes": availability.minutes_of(following),
        "following_window": calendar.window_of(following, None),
    }
