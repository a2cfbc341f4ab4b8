"""The story of a subject as lanes under one axis of days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.utils.safestring import SafeString

from core.dates import show_day
from core.timelines import Mark, Point, Timeline
from quality.models import Issue, IssueStatus
from safety.models import AdverseEvent
from subjects.consents import consents_of
from subjects.models import Contact, DeviationDraft, Subject
from workspace.queries import VisitRow

ZOOMS = {"30": (10, 20), "90": (30, 60)}  # days before and after today
EDGE = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of the story."""

    name: str
    count: str
    picture: SafeString


@dataclass(frozen=True, slots=True)
class Moment:
    """A mark of the story in words, for the table that says the same."""

    lane: str
    on: date
    day: str
    text: str


@dataclass(frozen=True, slots=True)
class Story:
    """The axis and the lanes of a subject, and the same as a table."""

    axis: SafeString
    lanes: list[Lane]
    moments: list[Moment]
    zoom: str
    is_now: bool  # whether today lies on it


def story_of(
    subject: Subject, visits: Sequence[VisitRow], today: date, day_1: date | None, zoom: str,
    events: Sequence[AdverseEvent] = (), issues: Sequence[Issue] = (),
) -> Story | None:  # fmt: skip
    """Visits, adverse events, deviations and contacts over time; nothing while no visit has a date."""
    marks = [_mark(row) for row in visits if row.window.target]
    if not marks:
        return None
    first, last = _span(marks, today, zoom)
    timeline = Timeline(first, last, today, day_1, subject.ended_on)
    done = sum(mark.is_done for mark in marks)
    beside = {
        "Adverse events": _events(events),
        "Consents": _consents(subject),
        "Deviations": _deviations(subject, issues),
        "Contacts": _contacts(subject),
    }
    lanes = [
        Lane("Visits", f"{done} of {len(marks)}", timeline.visits(marks)),
        *(
            Lane(name, str(len(points)), timeline.points(points, name))
            for name, points in beside.items()
            if points
        ),
    ]
    moments = [
        Moment(lane, on, timeline.study_day(on), text)
        for lane, on, text in _told(marks, beside)
        if first <= on <= last
    ]
    asked = zoom if zoom in ZOOMS else ""
    return Story(timeline.axis(), lanes, moments, asked, timeline.today is not None)


def _told(
    marks: Iterable[Mark], beside: Mapping[str, Iterable[Point]]
) -> list[tuple[str, date, str]]:
    """Everything on the lanes in words, in order of time."""
    told = [("Visits", mark.on or mark.target, mark.title) for mark in marks]
    told += [(name, point.on, point.title) for name, points in beside.items() for point in points]
    return sorted(told, key=lambda each: each[1])


def _span(marks: Sequence[Mark], today: date, zoom: str) -> tuple[date, date]:
    if zoom in ZOOMS:
        before, after = ZOOMS[zoom]
        return today - timedelta(days=before), today + timedelta(days=after)
    first = min(min(mark.earliest, mark.on or mark.earliest) for mark in marks)
    last = max(max(mark.latest, mark.on or mark.latest) for mark in marks)
    return first - EDGE, last + EDGE


def _mark(row: VisitRow) -> Mark:
    window = row.window
    assert window.target is not None
    when = f", {row.chip[1].lower()} {row.on}" if row.on else ""
    return Mark(
        row.code or row.name, f"{row.name}: {window.days}{when}",
        window.earliest or window.target, window.target, window.latest or window.target,
        window.booked, window.state == "done",
    )  # fmt: skip


def _consents(subject: Subject) -> list[Point]:
    return [
        Point(one.on, f"{one.text}, {show_day(one.on)}", label=one.version)
        for one in consents_of(subject)
        if one.chip[1] != "Voided"
    ]


def _events(events: Iterable[AdverseEvent]) -> list[Point]:
    """Events on the first day they may have begun, named by what they are."""
    return [
        Point(
            event.onset_from, f"{event}: {event.term}, {event.onset}",
            label=f"SAE {event.term}" if event.is_serious else event.term,
        )
        for event in events
    ]  # fmt: skip


def _deviations(subject: Subject, issues: Sequence[Issue]) -> list[Point]:
    """What was reported on the day it happened, and what is drafted only."""
    drafts = DeviationDraft.objects.filter(visit__subject=subject).exclude(
        Q(state=DeviationDraft.State.WITHDRAWN) | Q(issue__in=issues)
    )
    reported = [
        Point(
            issue.happened_on, f"{issue}: {issue.title}, {show_day(issue.happened_on)}",
            is_deviation=True, label=issue.title,
        )
        for issue in issues if issue.status != IssueStatus.VOIDED
    ]  # fmt: skip
    rows = drafts.values_list(
        "visit__performed_on", "visit__latest_on", "description", "visit__bookings__on"
    ).distinct()
    return reported + [
        Point(day, text, is_deviation=True, label=text)
        for performed, latest, text, booked in rows
        if (day := performed or booked or latest)
    ]


def _contacts(subject: Subject) -> list[Point]:
    rows = Contact.objects.filter(subject=subject).order_by("at")
    zone = subject.site.place.zone
    return [
        Point(
            day := contact.at.astimezone(zone).date(),
            f"{contact.get_channel_display()} {show_day(day)}: {contact.get_result_display()}",
        )
        for contact in rows
    ]
