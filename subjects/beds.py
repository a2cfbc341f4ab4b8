"""Beds of a place: which are free when, and what holds the others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import User
from core.dates import show_clock, show_weekday
from core.links import address
from sites.models import Bed, Claim, ClaimKind, Place
from sites.queries import Booked, describes
from subjects.models import Occupancy, Stay, StayStatus, Visit
from subjects.models.stay import IN_HOUSE, STANDING

NAMED = 5  # free beds that a refusal calls by name


class Beds:
    """The beds of a place from an instant on, read once for many visits."""

    def __init__(self, place: Place, start: datetime) -> None:
        rows = Bed.objects.filter(place=place, is_active=True).order_by("unit", "name", "pk")
        self.names = dict(rows.values_list("pk", "name"))
        held = Occupancy.objects.filter(
            bed__place=place, stay__status__in=STANDING, period__endswith__gt=start
        )
        self.held: dict[int, list[tuple[Any, int]]] = {}
        for bed_id, period, visit_id in held.values_list("bed_id", "period", "visit_id"):
            self.held.setdefault(bed_id, []).append((period, visit_id))

    def free(self, visit: Visit, start: datetime, end: datetime) -> tuple[int | None, str] | None:
        """A bed for a visit that begins then, its own first; nothing where all are taken."""
        if not (visit.is_overnight and self.names):
            return None, ""
        period: Any = nights_from(visit, start, end)
        fitting = [pk for pk in self.names if self._is_free(pk, period, visit)]
        own = [pk for pk in fitting if any(by == visit.pk for _, by in self.held.get(pk, ()))]
        first = next(iter(own or fitting), None)
        return None if first is None else (first, self.names[first])

    def _is_free(self, pk: int, period: Any, visit: Visit) -> bool:
        return not any(
            held.lower < period.upper and period.lower < held.upper and by != visit.pk
            for held, by in self.held.get(pk, ())
        )


def nights_from(visit: Visit, start: datetime, end: datetime) -> DateTimeTZRange:
    """How long a visit that begins then needs its bed: its nights, to the same time of the last day."""
    count = visit.definition.nights if visit.definition else 0
    if not count:
        return DateTimeTZRange(start, end, "[)")
    zone = visit.site.place.zone
    local = start.astimezone(zone)
    until = datetime.combine(local.date() + timedelta(days=count), local.time(), zone)
    until = until.astimezone(UTC)
    return DateTimeTZRange(start, until, "[)")


def free_beds(place: Place, period: DateTimeTZRange, but: Visit | None = None) -> QuerySet[Bed]:
    """The beds in use that nobody holds at any time of a period, a visit of one's own left out."""
    taken = Claim.objects.filter(
        kind=ClaimKind.BED, resource_id=OuterRef("pk"), is_live=True, period__overlap=period
    )
    if but is not None:
        own = Occupancy.objects.filter(visit=but).values("pk")
        taken = taken.exclude(holder="stay", holder_id__in=own)
    rows: QuerySet[Bed] = Bed.objects.filter(~Exists(taken), place=place, is_active=True)
    if period.lower <= timezone.now():  # who should have left by then may still be there
        late = still_in_bed().filter(bed=OuterRef("pk"), period__endswith__lte=period.lower)
        rows = rows.filter(~Exists(late))
    return rows.order_by("unit", "name", "pk")


def still_in_bed() -> QuerySet[Occupancy]:
    """The beds of everybody in house, also of who should have left by now."""
    later = Occupancy.objects.filter(stay=OuterRef("stay"), period__fully_gt=OuterRef("period"))
    rows: QuerySet[Occupancy] = Occupancy.objects.filter(~Exists(later), stay__status__in=IN_HOUSE)
    return rows.order_by("period")


def stay_of(visit: Visit) -> Stay | None:
    """The stay of a visit, unless its bed was released."""
    rows = Stay.objects.filter(visit=visit).exclude(status=StayStatus.RELEASED)
    found: Stay | None = rows.select_related("place", "visit__subject").first()
    return found


def last_bed(stay: Stay) -> Occupancy | None:
    """The bed that a stay has now, or had last."""
    rows = Occupancy.objects.filter(stay=stay).select_related("bed")
    found: Occupancy | None = rows.order_by("period").last()
    return found


def staying_in(visit: Visit) -> tuple[Stay | None, Bed | None]:
    """The stay of a visit with nights and its bed; nothing where it has none."""
    stay = stay_of(visit) if visit.is_overnight else None
    occupancy = last_bed(stay) if stay else None
    return stay, occupancy.bed if occupancy else None


@describes("stay")
def staying(occupancy_ids: Iterable[int], user: User) -> dict[int, Booked]:
    """Who holds beds, by subject number, where the user may see them."""
    rows = Occupancy.objects.visible_to(user).filter(pk__any=list(occupancy_ids))
    found = rows.values_list(
        "pk", "visit_id", "visit__name", "visit__site_id", "visit__subject__number"
    )
    return {
        pk: Booked(f"{number} {name}", address("subjects:stay", visit_id), site_id)
        for pk, visit_id, name, site_id, number in found
    }


def taken_text(bed: Bed, period: DateTimeTZRange, visit: Visit, by: User) -> str:
    """Who or what holds a bed, or the subject, and which beds are free instead."""
    own = Occupancy.objects.filter(visit=visit).values("pk")
    clash = (
        Claim.objects.filter(is_live=True, period__overlap=period, kind=ClaimKind.BED)
        .filter(resource_id=bed.pk)
        .exclude(holder="stay", holder_id__in=own)
        .order_by("period")
        .first()
    )
    place = visit.site.place
    if clash is None:
        return (
            f"{visit.subject} has another bed in part of that time."
            " End or move that stay first, or choose another time."
        )
    who = staying([clash.holder_id], by).get(clash.holder_id)
    held: Any = clash.period
    until = " to ".join(_when(at.astimezone(place.zone)) for at in (held.lower, held.upper))
    return f"{bed} is held by {who.label if who else 'somebody else'}, {until}. {ways_out(place, period, visit)}"


def ways_out(place: Place, period: DateTimeTZRange, visit: Visit) -> str:
    """The free beds of a period in a sentence."""
    names = [str(bed) for bed in free_beds(place, period, visit)[: NAMED + 1]]
    if not names:
        return "No other bed is free then: choose another time, or move whoever is to stay there."
    more = " and more" if len(names) > NAMED else ""
    return f"Free then: {', '.join(names[:NAMED])}{more}."


def _when(local: datetime) -> str:
    return f"{show_weekday(local.date())} {show_clock(local)}"
