"""The courses of subjects: the schedule each follows, what its visits count from, what was done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.utils import timezone

from core.given import Moment, expression
from sites.models import SiteSchedule
from subjects import planning
from subjects.models import Consent, Subject, SubjectAnchor, SubjectSchedule, Visit
from subjects.models.subject import ACTIVE
from trials.models import (
    AnchorKind,
    ConsentAsked,
    MustReconsent,
    RepeatGroup,
    ScheduleVersion,
    VisitDefinition,
)
from trials.queries.checks import Check, notices

Key = tuple[UUID | None, int]


def here(zone: str, now: Moment) -> Cast:
    """The day it is at a place; ``zone`` is the path to its time zone."""
    local = Func(F(zone), expression(now), function="timezone", output_field=models.DateTimeField())
    return Cast(local, models.DateField())


def in_effect(now: Moment) -> QuerySet[SiteSchedule]:
    """The schedule each site works under on the day it is there."""
    found: QuerySet[SiteSchedule] = SiteSchedule.objects.alias(
        here=here("site__place__time_zone", now)
    ).filter(during__contains=F("here"))
    return found


FOLLOWED = Subquery(
    SubjectSchedule.objects.filter(subject=OuterRef("pk"))
    .order_by("-from_on")
    .values("version_id")[:1]
)


def elsewhere(now: Moment) -> QuerySet[Any]:
    """Subjects still in the trial that follow another schedule than the one at their site."""
    found: QuerySet[Any] = (
        Subject.objects.filter(status__in=ACTIVE)
        .alias(here=here("site__place__time_zone", now))
        .filter(site__schedules__during__contains=F("here"))
        .annotate(
            followed=FOLLOWED,
            effective=F("site__schedules__version"),
            effective_on=F("site__schedules__during__startswith"),
        )
    )
    return found.filter(
        Q(followed=None) | Q(followed__lt=F("effective")) | Q(followed__gt=F("effective"))
    )


def behind(now: Moment) -> QuerySet[Any]:
    """Those of them who can come under it now: nothing is left for them to sign before."""
    return elsewhere(now).filter(Q(followed=None) | ~Exists(unsigned(OuterRef("effective"))))


def waiting(now: Moment) -> QuerySet[Any]:
    """Those of them who stay under the version they follow until they have signed anew."""
    return elsewhere(now).filter(Exists(unsigned(OuterRef("effective"))), followed__isnull=False)


def version_waited_for(subject: Subject) -> ScheduleVersion | None:
    """The version in effect at the site under which a subject comes once it has signed anew."""
    rows = waiting(timezone.now()).filter(pk=subject.pk)
    found: ScheduleVersion | None = ScheduleVersion.objects.filter(
        pk__in=rows.values("effective")
    ).first()
    return found


def unsigned(version: OuterRef | int) -> QuerySet[ConsentAsked]:
    """What a version asks a subject to sign who has signed neither that nor a later version of it."""
    decided = Consent.objects.filter(
        Q(decision=Consent.Decision.GIVEN) | Q(type__is_optional=True),
        _not_before(OuterRef("consent__dated"), OuterRef("consent_id")),
        subject=OuterRef(OuterRef("pk")), type=OuterRef("type_id"), voided_at=None,
    )  # fmt: skip
    # Who signs again are all active subjects, or those of one status, which has the same word.
    asked = Q(consent__must_reconsent=MustReconsent.ACTIVE) | Q(
        consent__must_reconsent=OuterRef("status")
    )
    rows: QuerySet[ConsentAsked] = ConsentAsked.objects.filter(
        asked, ~Exists(decided), version=version
    )
    return rows


def signed(version: OuterRef | int) -> QuerySet[Consent]:
    """What a subject signed of the forms a version asks for, the last one first."""
    rows: QuerySet[Consent] = Consent.objects.filter(
        _not_before(F("type__asked_by__consent__dated"), F("type__asked_by__consent_id")),
        subject=OuterRef("pk"), voided_at=None, type__asked_by__version=version,
    ).order_by("-signed_on", "-pk")  # fmt: skip
    return rows


def _not_before(dated: F, key: F) -> Q:
    """The version that was signed is this one or a later one; of one day, the one added later."""
    return Q(version__dated__gt=dated) | Q(version__dated=dated, version__gte=key)


class Schedules:
    """Schedule versions in the form the planner reads, each read once: two queries in all."""

    def __init__(self, version_ids: Iterable[int]) -> None:
        wanted = set(version_ids)
        visits = VisitDefinition.objects.filter(version__pk__any=wanted, timeline=None)
        self.by_version: dict[int, list[VisitDefinition]] = defaultdict(list)
        for definition in visits.order_by("position").select_related("repeat_group"):
            self.by_version[definition.version_id].append(definition)
        self.definitions = {
            definition.pk: definition for found in self.by_version.values() for definition in found
        }
        self.planned = {
            version_id: [_as_planned(definition) for definition in found]
            for version_id, found in self.by_version.items()
        }
        self.cycles: dict[int, list[planning.RepeatGroup]] = defaultdict(list)
        for group in RepeatGroup.objects.filter(version__pk__any=wanted):
            self.cycles[group.version_id].append(_as_cycle(group))

    def plan(
        self, version_id: int, anchors: Sequence[planning.Anchor], facts: Sequence[planning.Fact],
        since: date | None = None,
    ) -> list[planning.Planned]:  # fmt: skip
        """The dates of the visits that are not done, as the version gives them."""
        definitions = self.planned.get(version_id, [])
        try:
            return planning.plan(definitions, self.cycles[version_id], anchors, facts, since)
        except planning.PlanError as error:
            version = ScheduleVersion.objects.get(pk=version_id)
            raise planning.PlanError(
                f"{version} gives its visits no dates. {error}"
                " A corrected version has to be approved and put into effect."
            ) from error


def _as_planned(visit: VisitDefinition) -> planning.Definition:
    return planning.Definition(
        key=visit.pk,
        name=visit.name,
        position=visit.position,
        anchor_code=visit.anchor,
        after=visit.after_visit_id,
        basis="actual" if visit.basis == VisitDefinition.Basis.ACTUAL else "planned",
        offset=planning.Offset(visit.months, visit.days, visit.minutes),
        early=planning.Offset(visit.early_months, visit.early_days, visit.early_minutes),
        late=planning.Offset(visit.late_months, visit.late_days, visit.late_minutes),
        repeat_group=visit.repeat_group_id,
    )


def _as_cycle(group: RepeatGroup) -> planning.RepeatGroup:
    every = planning.Offset(group.every_months, group.every_days)
    return planning.RepeatGroup(group.pk, every, group.cap)


@dataclass(slots=True)
class Course:
    """One subject's: the version followed and, where another went before it, since when."""

    subject: Subject
    version_id: int | None = None
    since: date | None = None
    anchors: list[planning.Anchor] = field(default_factory=list)
    visits: dict[Key, Visit] = field(default_factory=dict)


class Courses:
    """The courses of some subjects, with the schedules they follow: six queries in all.

    They can be asked for under another version than the one followed, to see what it would do.
    """

    def __init__(self, subjects: Iterable[Subject], under: int | None = None) -> None:
        self.courses = {subject.pk: Course(subject) for subject in subjects}
        ids = list(self.courses)
        for row in SubjectSchedule.objects.filter(subject__pk__any=ids).order_by("from_on"):
            course = self.courses[row.subject_id]
            course.since = row.from_on if course.version_id else None
            course.version_id = row.version_id
        for row in SubjectAnchor.objects.filter(subject__pk__any=ids):
            self.courses[row.subject_id].anchors.append(
                planning.Anchor(row.code, row.on, row.is_provisional)
            )
        visits = Visit.objects.filter(subject__pk__any=ids, kind=Visit.Kind.SCHEDULED)
        for visit in visits.order_by("pk"):
            self.courses[visit.subject_id].visits[visit.lineage, visit.cycle] = visit
        self._follow(under)

    def _follow(self, under: int | None) -> None:
        """Read the schedules that are followed, or the one that is asked for instead."""
        if under is not None:
            for course in self:
                course.version_id, course.since = under, None
        followed = {course.version_id for course in self if course.version_id}
        self.schedules = Schedules(followed)

    def __iter__(self) -> Iterator[Course]:
        return iter(self.courses.values())

    @property
    def today(self) -> date | None:
        """The day it is at the place of these subjects."""
        zones = (course.subject.site.place.zone for course in self)
        return next((timezone.localdate(timezone=zone) for zone in zones), None)

    def plan(
        self, course: Course, anchors: Sequence[planning.Anchor] | None = None
    ) -> dict[Key, planning.Planned]:
        """The dates of what is not done, by lineage and cycle; nothing without a schedule."""
        if course.version_id is None:
            return {}
        keys = self._keys(course)
        facts = [
            planning.Fact(
                key=keys[lineage], cycle=cycle, performed_on=visit.performed_on,
                is_frozen=visit.frozen_at is not None, status=visit.status,
                first_target_on=visit.first_target_on,
            )
            for (lineage, cycle), visit in course.visits.items()
            if lineage in keys and visit.status != Visit.Status.NOT_APPLICABLE
        ]  # fmt: skip
        held = course.anchors if anchors is None else anchors
        planned = self.schedules.plan(course.version_id, held, facts, course.since)
        return {(self.definition(visit.key).lineage, visit.cycle): visit for visit in planned}

    def definition(self, key: Hashable) -> VisitDefinition:
        """The visit of a schedule behind what was planned."""
        return self.schedules.definitions[key]  # type: ignore[index]

    def _keys(self, course: Course) -> dict[UUID | None, int]:
        assert course.version_id is not None
        return {
            definition.lineage: definition.pk
            for definition in self.schedules.by_version[course.version_id]
        }


@notices
def without_dates(visits: Sequence[VisitDefinition]) -> Iterator[Check]:
    """What keeps the visits of a version from getting dates for a subject screened today."""
    groups = {visit.repeat_group for visit in visits if visit.repeat_group is not None}
    today = timezone.localdate()
    known = [planning.Anchor(code, today) for code in (AnchorKind.CONSENT, AnchorKind.SCREENING)]
    try:
        planning.plan(
            [_as_planned(visit) for visit in visits], [_as_cycle(group) for group in groups],
            known, [],
        )  # fmt: skip
    except planning.PlanError as error:
        yield Check("x", str(error))
