"""Rooms and people taken by closures and absences, before the visits booked with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.utils import timezone

from core.actions import RefusedError
from core.versions import ConflictError
from sites.models import Absence, Claim, ClaimKind, Closure, Person, Room, RoomClosure
from sites.queries import booked

HOLDERS = {Absence: "absence", RoomClosure: "closure"}
Taking = Absence | RoomClosure


@dataclass(frozen=True, slots=True)
class Freed:
    """A room or a person that nothing takes any longer for a time."""

    kind: int
    resource_id: int
    period: DateTimeTZRange

    def restore(self) -> None:
        """Let the visits booked then hold it again, as far as nothing else does by now."""
        aside = hold(booked(self.kind, self.resource_id, self.period).filter(is_live=False))
        first_come = Claim.objects.filter(pk__in=aside).order_by("period", "pk")
        for pk in first_come.values_list("pk", flat=True):
            try:
                with transaction.atomic():
                    Claim.objects.filter(pk=pk).update(is_live=True)
            except IntegrityError:
                continue


def queue(resources: Iterable[tuple[int, int]]) -> None:
    """Wait for whoever claims these resources, by kind and key, at this moment; in one order.

    Two that insert claims side by side would each wait for the other's before one is refused.
    """
    keys = [f"claim:{kind}:{pk}" for kind, pk in sorted(set(resources))]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(%s::text[]) AS key",
            [keys],
        )


def hold(claims: QuerySet[Claim]) -> list[int]:
    """Lock claims by kind, resource and key, the order in which everybody locks several."""
    rows = claims.order_by("kind", "resource_id", "pk").select_for_update()
    return list(rows.values_list("pk", flat=True))


def take(stretch: Taking) -> None:
    """Hold a room or a person for a closure or an absence; claims of bookings are set aside."""
    resource = _resource_of(stretch)
    kind = _kind_of(stretch)
    queue([(kind, resource.pk)])
    aside = hold(booked(kind, resource.pk, stretch.period))
    Claim.objects.filter(pk__in=aside).update(is_live=False)
    try:
        with transaction.atomic():
            Claim.objects.create(
                place_id=resource.place_id, kind=kind, resource_id=resource.pk,
                period=stretch.period, holder=HOLDERS[type(stretch)], holder_id=stretch.pk,
            )  # fmt: skip
    except IntegrityError as error:
        word = "away" if kind == ClaimKind.PERSON else "closed"
        raise ConflictError(
            f"{resource} is {word} in part of that time already, or was booked a moment ago."
            " Look again."
        ) from error


def give_up(stretch: Taking) -> Freed:
    """Hold a room or a person no longer; what is freed can be restored to its bookings."""
    kind, pk = _kind_of(stretch), _resource_of(stretch).pk
    queue([(kind, pk)])
    Claim.objects.filter(holder=HOLDERS[type(stretch)], holder_id=stretch.pk).delete()
    return Freed(kind, pk, stretch.period)


def cut(stretch: Taking | Closure, over: str) -> bool:
    """End a closure or an absence now; one that has not begun is taken back: whether any is left."""
    now = timezone.now()
    period: Any = stretch.period
    if period.upper <= now:
        raise RefusedError(over)
    if period.lower >= now:
        stretch.delete()
        return False
    stretch.period = DateTimeTZRange(period.lower, now, "[)")
    stretch.save(update_fields=["period"])
    return True


def end(stretch: Taking, over: str) -> None:
    """End a closure of a room or an absence now, and give what it took back to its bookings."""
    freed = give_up(stretch)
    if cut(stretch, over):
        take(stretch)
    freed.restore()


def _resource_of(stretch: Taking) -> Room | Person:
    resource: Room | Person = stretch.person if isinstance(stretch, Absence) else stretch.room
    return resource


def _kind_of(stretch: Taking) -> ClaimKind:
    return ClaimKind.PERSON if isinstance(stretch, Absence) else ClaimKind.ROOM
