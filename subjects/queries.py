"""Reads over subjects, visits and the diary of a place."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from django.db.models import F, Q
from django.urls import reverse

from accounts.models import User
from core.access import can
from core.dates import local_day, show_day
from core.permissions import Permission
from sites.models import Place, SiteSchedule
from sites.queries import SHOWN, Booked, describes
from subjects import planning
from subjects.models import Booking, Feed, Subject, SubjectAnchor, Visit
from trials.models import RepeatGroup, ScheduleVersion, VisitDefinition


def version_for(subject: Subject, on: date) -> ScheduleVersion | None:
    """The schedule version the subject follows on a day: its own, else its site's."""
    own = subject.schedules.filter(from_on__lte=on).order_by("-from_on").first()
    if own is not None:
        found: ScheduleVersion = own.version
        return found
    site = SiteSchedule.objects.filter(site_id=subject.site_id, during__contains=on).first()
    return site.version if site else None


def definitions_of(version: ScheduleVersion) -> list[VisitDefinition]:
    """The visits of the main timeline, in order."""
    return list(version.visits.filter(timeline=None).order_by("position"))


def as_planned(definitions: Iterable[VisitDefinition]) -> list[planning.Definition]:
    """Visit definitions in the form the planner reads."""
    return [
        planning.Definition(
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
        for visit in definitions
    ]


def repeat_groups_of(version_ids: Iterable[int]) -> dict[int, list[planning.RepeatGroup]]:
    """The cycles of schedule versions."""
    found: dict[int, list[planning.RepeatGroup]] = {}
    for group in RepeatGroup.objects.filter(version__pk__any=list(version_ids)):
        every = planning.Offset(group.every_months, group.every_days)
        found.setdefault(group.version_id, []).append(
            planning.RepeatGroup(group.pk, every, group.cap)
        )
    return found


def anchors_of(subject: Subject) -> list[planning.Anchor]:
    """The dates the subject's visits count from."""
    rows = SubjectAnchor.objects.filter(subject=subject).values_list("code", "on", "is_provisional")
    return [planning.Anchor(code, on, provisional) for code, on, provisional in rows]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the schedule says about one subject, beside what is in the table."""

    definitions: dict[Hashable, VisitDefinition]
    planned: list[planning.Planned]


def plan_for(
    subject: Subject, version: ScheduleVersion, anchors: list[planning.Anchor] | None = None
) -> Plan:
    """The subject's visits as the version, the anchors and what was done give them."""
    definitions = definitions_of(version)
    by_lineage = {visit.lineage: visit for visit in definitions}
    rows = Visit.objects.filter(subject=subject, kind=Visit.Kind.SCHEDULED)
    facts = [
        planning.Fact(
            key=by_lineage[visit.lineage].pk,
            cycle=visit.cycle,
            sequence=visit.sequence,
            performed_on=visit.performed_on,
            is_frozen=visit.frozen_at is not None,
            status=visit.status,
            first_target_on=visit.first_target_on,
        )
        for visit in rows
        if visit.lineage in by_lineage
    ]
    planned = planning.plan(
        as_planned(definitions),
        repeat_groups_of([version.pk]).get(version.pk, []),
        anchors if anchors is not None else anchors_of(subject),
        facts,
    )
    return Plan({visit.pk: visit for visit in definitions}, planned)


def match_number(text: str) -> Q:
    """Subjects whose number begins as typed, with or without the dash."""
    typed = text.strip()
    return Q(number__istartswith=typed) | Q(screening_number__istartswith=typed)


@describes("booking")
def booked_visits(booking_ids: Iterable[int], user: User) -> dict[int, Booked]:
    """The visits behind bookings, where the user may see them, with where to move them."""
    rows = Booking.objects.visible_to(user).filter(pk__any=list(booking_ids))
    found = rows.values_list(
        "pk", "visit_id", "visit__name", "visit__site_id", "visit__subject__number"
    )
    return {
        pk: Booked(f"{number} {name}", reverse("subjects:slots", args=[visit_id]), site_id)
        for pk, visit_id, name, site_id, number in found
    }


def secret_hash(secret: str) -> str:
    """What is kept of the secret part of a calendar address."""
    return sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A calendar address in the list of a place."""

    pk: int
    name: str
    user: str
    made: str
    used: str
    is_live: bool


def feeds_at(place: Place, user: User) -> list[FeedRow]:
    """The addresses of this person, or of everybody for those who look after the staff."""
    rows = Feed.objects.visible_to(user).filter(place=place)
    if not can(user, Permission.STAFF_EDIT, place):
        rows = rows.filter(user=user)
    return [
        FeedRow(
            row.pk, str(row.person or row.place), row.user.get_full_name(),
            show_day(local_day(row.made_at, place.zone)),
            show_day(local_day(row.used_at, place.zone)) if row.used_at else "",
            row.revoked_at is None,
        )
        for row in rows.select_related("user", "person", "place").order_by(
            F("revoked_at").desc(nulls_first=True), "-pk"
        )[:SHOWN]
    ]  # fmt: skip
