"""Nights at Northgate: one subject is in house since yesterday, the next has its bed reserved."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from accounts.models import User
from core.dates import at, local_day
from ctms.demo.conduct import conduct_visit
from ctms.demo.days import DAY
from sites.models import Bed, Place
from subjects.actions import leaves, stays, visits
from subjects.models import Booking, Stay

OUT, BACK = time(17), time(18, 30)  # of the first day, between two samples
WHY = "Walk with family"
LEAVES_AT = time(10)


def stay_over(place: Place, now: datetime, by: User) -> None:
    """Who was booked to come by now is in house; who is to come has a bed."""
    rows = Booking.objects.filter(
        place=place, is_live=True, visit__status="booked", visit__definition__nights__gt=0
    )
    beds = iter(Bed.objects.filter(place=place).order_by("name"))
    for booking in rows.order_by("period").select_related("visit__subject", "visit__definition"):
        period: Any = booking.period
        if period.lower < now - DAY / 2:
            _live(booking, next(beds), now, by)
        else:
            stays.reserve_bed(booking.visit, bed=next(beds), by=by)


def _live(booking: Booking, bed: Bed, now: datetime, by: User) -> None:
    """The subject came on its day, was out for a walk, and stays until tomorrow at least."""
    place, period = booking.place, booking.period
    start: Any = period.lower
    stay = stays.admit(booking.visit, at=start, bed=bed, by=by)
    visit = visits.start(stay.visit, by=by)
    assert booking.person is not None
    conduct_visit(visit, start, booking.person, by, is_over=False)
    day = local_day(start, place.zone)
    back = at(day, BACK, place.zone)
    leaves.go_on_leave(
        stay, at=at(day, OUT, place.zone), expected_at=back, returned_at=back, why=WHY, by=by
    )
    tomorrow = at(local_day(now, place.zone) + timedelta(days=1), LEAVES_AT, place.zone)
    held = Stay.objects.get(pk=stay.pk)
    if held.planned_until < tomorrow:
        stays.plan_discharge(held, until=tomorrow, by=by)
