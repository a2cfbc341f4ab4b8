"""The visits of many new subjects, laid out from schedules that are read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from django.utils import timezone

from subjects import planning
from subjects.actions.plan import named
from subjects.courses import Schedules, in_effect
from subjects.models import Booking, Subject, Visit, VisitStatus
from subjects.models.subject import ENDED
from subjects.models.visit import WITHOUT_VISIT
from trials.models import VisitDefinition

Key = tuple[int | None, int]


@dataclass(frozen=True, slots=True)
class VisitRow:
    """What is known of one visit: the definition behind it, what became of it, its time."""

    name: str
    definition_id: int | None = None
    cycle: int = 1
    status: str = VisitStatus.PLANNED
    performed_on: date | None = None
    planned_on: date | None = None
    start: datetime | None = None
    minutes: int = 60
    room_id: int | None = None
    person_id: int | None = None
    confirmation: str = Booking.Confirmation.UNCONFIRMED
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """A subject as a list names it."""

    site_id: int
    number: str
    screening_number: str
    status: str
    screened_on: date
    consented_on: date | None = None
    enrolled_on: date | None = None
    day_1_on: date | None = None
    ended_on: date | None = None
    status_reason: str = ""
    birth_year: int | None = None
    sex: str = "u"
    identity: Mapping[str, str] = field(default_factory=dict)
    visits: tuple[VisitRow, ...] = ()


class SiteSchedules:
    """The schedule each site works under today, with its visits: three queries in all."""

    def __init__(self, site_ids: Iterable[int]) -> None:
        rows = in_effect(timezone.now()).filter(site__pk__any=list(site_ids))
        self.versions: dict[int, int] = dict(rows.values_list("site_id", "version_id"))
        self.schedules = Schedules(self.versions.values())

    @property
    def definitions(self) -> Mapping[int, VisitDefinition]:
        """The visits of all these schedules, by key."""
        return self.schedules.definitions

    def of(self, site_id: int) -> list[VisitDefinition]:
        """The visits of the schedule at a site; none where no schedule is in effect."""
        return self.schedules.by_version[self.versions.get(site_id, 0)]

    def visits(
        self, subject: Subject, row: SubjectRow, anchors: Mapping[str, date]
    ) -> list[tuple[Visit, VisitRow | None]]:
        """All visits of one new subject, each with what the list says of it."""
        dates = self._dates(subject.site_id, anchors, row)
        known = {(visit.definition_id, visit.cycle): visit for visit in row.visits}
        scheduled = [key for key in known if key[0] is not None]
        if row.status not in ENDED:
            scheduled += [key for key in dates if key not in known]
        unplanned = [visit for visit in row.visits if visit.definition_id is None]
        return [
            *(
                (self._scheduled(subject, key, dates.get(key), known.get(key)), known.get(key))
                for key in scheduled
            ),
            *(
                (_unscheduled(subject, visit, sequence), visit)
                for sequence, visit in enumerate(unplanned, start=1)
            ),
        ]

    def _dates(
        self, site_id: int, anchors: Mapping[str, date], row: SubjectRow
    ) -> dict[Key, planning.Planned]:
        version_id = self.versions.get(site_id, 0)
        facts = [
            planning.Fact(
                visit.definition_id, visit.cycle, performed_on=visit.performed_on,
                status=visit.status,
            )
            for visit in row.visits
            if visit.definition_id is not None
        ]  # fmt: skip
        held = [planning.Anchor(code, on) for code, on in anchors.items()]
        planned = self.schedules.plan(version_id, held, facts)
        return {(cast("int", visit.key), visit.cycle): visit for visit in planned}

    def _scheduled(
        self, subject: Subject, key: Key, dates: planning.Planned | None, row: VisitRow | None
    ) -> Visit:
        definition = self.definitions[cast("int", key[0])]
        planned_on = row.planned_on if row else None
        target = dates.target_on if dates else planned_on
        return _with_outcome(
            row,
            Visit(
                subject=subject, site_id=subject.site_id, status=_status(row), definition=definition,
                lineage=definition.lineage, cycle=key[1], name=named(definition, key[1]),
                code=definition.code, first_target_on=planned_on or target,
                target_on=target, earliest_on=dates.earliest_on if dates else target,
                latest_on=dates.latest_on if dates else target,
                is_provisional=dates.is_provisional if dates else False,
            ),
        )  # fmt: skip


def _unscheduled(subject: Subject, row: VisitRow, sequence: int) -> Visit:
    on = row.performed_on or row.planned_on or (row.start and row.start.date())
    return _with_outcome(
        row,
        Visit(
            subject=subject, site_id=subject.site_id, status=row.status, kind=Visit.Kind.UNSCHEDULED, name=row.name,
            code="UNS", target_on=on, earliest_on=on, latest_on=on, first_target_on=on,
            sequence=sequence,
        ),
    )  # fmt: skip


def _status(row: VisitRow | None) -> str:
    return row.status if row else VisitStatus.PLANNED


def _with_outcome(row: VisitRow | None, visit: Visit) -> Visit:
    """The visit as the list left it: done, booked, missed; planned where the list is silent."""
    if row is None:
        return visit
    is_done = row.status == VisitStatus.COMPLETED
    visit.performed_on = row.performed_on if is_done else None
    visit.frozen_at = timezone.now() if is_done else None
    visit.outcome_reason = row.reason[:200] if row.status in WITHOUT_VISIT else ""
    return visit
