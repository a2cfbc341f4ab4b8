"""Visits of a place that wait for a time: one dataclass per row, few queries however many."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models import Window as Over

from accounts.models import User
from core.dates import show_days
from sites.models import Place
from subjects.diary import TYPICAL_MINUTES, Window, names_of
from subjects.models import Visit, VisitStatus


@dataclass(frozen=True, slots=True)
class ToBook:
    """A visit that waits for a time."""

    visit_id: int
    subject_id: int
    number: str
    name: str
    url: str
    trial: str
    colour: int
    visit: str
    note: str
    window: Window
    days_left: int
    opens_in: int
    minutes: int
    record: Visit = field(repr=False, compare=False)

    @property
    def level(self) -> str:
        """How pressing it is: x stop, a attention, g fine."""
        if self.days_left <= 1:
            return "x"
        return "a" if self.days_left <= 3 else "g"  # noqa: PLR2004 - days

    @property
    def due(self) -> str:
        """When it has to happen, in words."""
        if self.days_left < 0:
            return f"closed {show_days(-self.days_left)} ago"
        if self.opens_in > 0:
            return "Opens tomorrow" if self.opens_in == 1 else f"Opens in {self.opens_in} days"
        if self.days_left == 0:
            return "last day"
        return f"{show_days(self.days_left)} left"


NEAR = timedelta(days=14)
PREFERRED = {"morning": "Prefers mornings", "afternoon": "Prefers afternoons"}


def to_book(
    place: Place, today: date, user: User, trial: str = "", limit: int = 20
) -> tuple[list[ToBook], int]:
    """Visits to book, those whose window closed in the last two weeks first, and how many."""
    rows = _planned(place, today, user).filter(latest_on__gte=today - NEAR)
    if trial:
        rows = rows.filter(subject__trial__protocol_number=trial)
    return _first(rows, limit, today, user)


def waiting(
    place: Place, today: date, user: User, text: str = "", limit: int = 200
) -> tuple[list[ToBook], int]:
    """Visits that fit into their window now or within two weeks, and how many there are."""
    rows = _planned(place, today, user).filter(latest_on__gte=today)
    if text:
        rows = rows.filter(Q(subject__number__icontains=text) | Q(name__icontains=text))
    return _first(rows, limit, today, user)


TRIAL = ("code", "colour", "protocol_number")
ALONG = ("definition", "subject__trial", "subject__preference")
SHOWN_TO_BOOK = (
    "name", "site", "earliest_on", "target_on", "latest_on", "definition__duration",
    "definition__modality", "definition__nights", "subject__number", *(f"subject__trial__{name}" for name in TRIAL),
    *(f"subject__preference__{name}" for name in ("availability", "part_of_day")),
)  # fmt: skip


@cache
def _waiting() -> QuerySet[Visit]:
    """What is read of every visit that waits for a time, the one that is lost first on top."""
    rows: QuerySet[Visit] = Visit.objects.filter(status=VisitStatus.PLANNED)
    rows = rows.select_related(*ALONG).only(*SHOWN_TO_BOOK).order_by("latest_on", "pk")
    return rows.annotate(total=Over(Count("*")))


def _planned(place: Place, today: date, user: User) -> QuerySet[Visit]:
    rows: Any = _waiting()
    found: QuerySet[Visit] = rows.visible_to(user)
    return found.filter(site__place=place, earliest_on__lte=today + NEAR)


def _first(rows: QuerySet[Visit], limit: int, today: date, user: User) -> tuple[list[ToBook], int]:
    found: list[Any] = list(rows[:limit])
    names = names_of({visit.subject_id for visit in found}, user)
    shown = [_to_book(visit, today, names.get(visit.subject_id, "")) for visit in found]
    return shown, found[0].total if found else 0


def _to_book(visit: Any, today: date, name: str) -> ToBook:
    subject, trial = visit.subject, visit.subject.trial
    preference = getattr(subject, "preference", None)
    note = ""
    if preference is not None:
        note = preference.availability or PREFERRED.get(preference.part_of_day, "")
    return ToBook(
        visit.pk, subject.pk, subject.number, name, subject.get_absolute_url(),
        trial.protocol_number, trial.colour, visit.name, note,
        Window(visit.earliest_on, visit.target_on, visit.latest_on, None, "open"),
        (visit.latest_on - today).days, (visit.earliest_on - today).days,
        visit.definition.duration if visit.definition else TYPICAL_MINUTES, visit,
    )  # fmt: skip
