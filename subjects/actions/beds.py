"""Holding beds for stays: reserved with a booking, kept while in house, freed at the end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from accounts.models import User
from core.actions import RefusedError
from core.versions import ConflictError
from sites.actions.claims import queue
from sites.models import Bed, Claim, ClaimKind
from subjects.beds import (
    last_bed,
    nights_from,
    stay_of,
    staying,
    still_in_bed,
    taken_text,
    ways_out,
)
from subjects.models import Occupancy, Stay, StayStatus, Visit

S = StayStatus


class BedTakenError(ConflictError):
    """The bed is held by somebody else for part of the time."""

    code = "taken"


class BedNeededError(RefusedError):
    """A visit with nights is booked with a bed."""

    code = "bed_needed"

    def __init__(self, visit: Visit, text: str) -> None:
        self.url, self.step = visit.book_url, "Choose a bed"
        super().__init__(text)


def wants(visit: Visit, bed: Bed | None) -> list[tuple[int, int]]:
    """What a booking with a bed holds besides its room and person, to wait for in one order."""
    return [(ClaimKind.BED, bed.pk), (ClaimKind.IN_BED, visit.subject_id)] if bed else []


def bed_for(visit: Visit, start: datetime, end: datetime, asked: Bed | None) -> Bed | None:
    """The bed a visit is booked with: the one asked for or the one it has; none where there are none."""
    place = visit.site.place
    if not visit.is_overnight:
        if asked is not None:
            raise RefusedError(f"The protocol has nobody stay overnight at {visit.name}.")
        return None
    reserved = _reserved(visit)
    bed = asked or reserved
    if bed is not None:
        refuse_bed(bed, visit)
    elif place.beds.filter(is_active=True).exists():
        period = nights_from(visit, start, end)
        raise BedNeededError(visit, f"{visit.name} needs a bed. {ways_out(place, period, visit)}")
    return bed


def _reserved(visit: Visit) -> Bed | None:
    """The bed that is reserved for a visit; who was admitted is in house and cannot be moved."""
    held = stay_of(visit)
    if held is not None and held.status != S.RESERVED:
        raise ConflictError(f"{visit.subject} is in house for {visit.name}; it cannot move.")
    occupancy = last_bed(held) if held else None
    return occupancy.bed if occupancy else None


def refuse_bed(bed: Bed, visit: Visit) -> None:
    """A bed is of the place of the visit, and in use."""
    place = visit.site.place
    if bed.place_id != place.pk:
        raise RefusedError(f"{bed} is not at {place}. Choose a bed of this place.")
    if not Bed.objects.filter(pk=bed.pk, is_active=True).exists():
        raise RefusedError(f"{bed} is out of use. Choose another bed.")


def refuse_shared(bed: Bed, visit: Visit, period: DateTimeTZRange, by: User, **when: Any) -> None:
    """Nobody gets a bed that somebody has who is in the house, though the plan says it is free."""
    other = still_in_bed().filter(bed=bed, **when).exclude(visit=visit).first()
    if other is None:
        return
    who = staying([other.pk], by).get(other.pk)
    raise BedTakenError(
        f"{who.label if who else 'Somebody else'} is still in {bed}. Record the discharge or a move"
        f" to another bed first. {ways_out(visit.site.place, period, visit)}"
    )


def reserve(visit: Visit, bed: Bed, period: DateTimeTZRange, by: User) -> Stay:
    """Hold a bed for a visit; what was reserved for it before is changed."""
    stay = stay_of(visit)
    if stay is None:
        stay = Stay(visit=visit, place=visit.site.place)
    stay.planned_from, stay.planned_until = period.lower, period.upper
    is_new = stay.pk is None
    stay.save()
    if is_new:
        Stay.flow.begin(stay, by=by)
    occupancy = last_bed(stay) or Occupancy(visit=visit, stay=stay)
    occupy(occupancy, bed, period, by)
    return stay


def occupy(occupancy: Occupancy, bed: Bed, period: DateTimeTZRange, by: User) -> None:
    """Let one stretch of a stay have a bed for a period; refused where somebody else has it then."""
    visit = occupancy.visit
    before = [(ClaimKind.BED, occupancy.bed_id)] if occupancy.pk else []
    queue([*before, *wants(visit, bed)])
    occupancy.bed, occupancy.period = bed, period
    try:
        with transaction.atomic():
            occupancy.save()
            free(occupancy)
            Claim.objects.bulk_create(
                Claim(
                    place_id=bed.place_id, kind=kind, resource_id=resource_id, period=period,
                    holder="stay", holder_id=occupancy.pk,
                )
                for kind, resource_id in wants(visit, bed)
            )  # fmt: skip
    except IntegrityError as error:
        raise BedTakenError(taken_text(bed, period, visit, by)) from error


def free(occupancy: Occupancy) -> None:
    """Hold the bed of a stretch no longer."""
    Claim.objects.filter(holder="stay", holder_id=occupancy.pk).delete()


def release_beds(visit_ids: list[int], *, by: User) -> None:
    """Give back the beds reserved for visits that lose their time; who is in house stays there."""
    reserved = Stay.objects.filter(visit__pk__any=visit_ids, status=S.RESERVED)
    keys = list(reserved.values_list("pk", flat=True))
    if Stay.flow.move_all(reserved, S.RELEASED, by=by):
        gone = Occupancy.objects.filter(stay__pk__any=keys).values("pk")
        held = Claim.objects.filter(holder="stay", holder_id__in=gone)
        rows = held.order_by("kind", "resource_id", "pk").select_for_update()
        Claim.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).delete()
