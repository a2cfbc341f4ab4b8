"""State machines as tables: one place says which status may follow which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.db.models import F, Value
from django.db.models.functions import Cast
from django.utils import timezone

from core.access import ScopedModel
from core.actions import RefusedError
from core.audit import cause
from core.models import Event, StatusChange
from core.versions import ConflictError

if TYPE_CHECKING:
    from accounts.models import User


TAKE_BACK = "take back status"


@dataclass(frozen=True, slots=True)
class ToldStep:
    """A step of a record, whether it stands, and whether it took the one before it back."""

    step: StatusChange
    stands: bool
    takes_back: bool


class IllegalMoveError(ConflictError):
    """The record is not in a status from which this step is possible."""


class Flow:
    """Which status may follow which; every move is a dated row of history."""

    def __init__(self, moves: Mapping[str, Iterable[str]], reasons: Iterable[str] = ()) -> None:
        self.moves = {start: frozenset(ends) for start, ends in moves.items()}
        self.reasons = frozenset(reasons)

    def after(self, status: str) -> frozenset[str]:
        """The statuses that may follow this one."""
        return self.moves.get(status, frozenset())

    def steps_to(self, obj: ScopedModel, *statuses: str) -> dict[str, StatusChange]:
        """The steps by which the record last came to each of these statuses."""
        steps = StatusChange.objects.filter(flow=obj._meta.label_lower, object_id=obj.pk)
        return {
            step.to_status: step for step in steps.filter(to_status__in=statuses).order_by("pk")
        }

    def told(self, obj: ScopedModel) -> list[ToldStep]:
        """Every step of the record, oldest first: what stands, what was taken back, and by what."""
        rows = StatusChange.objects.filter(flow=obj._meta.label_lower, object_id=obj.pk)
        steps = list(rows.order_by("pk"))
        back = set(
            Event.objects.filter(
                pk__in=[step.event_id for step in steps if step.event_id], verb=TAKE_BACK
            ).values_list("pk", flat=True)
        )
        standing: list[StatusChange] = []
        for step in steps:
            if step.event_id in back:
                standing.pop()
            else:
                standing.append(step)
        kept = {step.pk for step in standing}
        return [ToldStep(step, step.pk in kept, step.event_id in back) for step in steps]

    def last(self, obj: ScopedModel) -> StatusChange | None:
        """The step by which the record came to where it is, leaving out what was taken back."""
        return next((told.step for told in reversed(self.told(obj)) if told.stands), None)

    def take_back(
        self,
        obj: ScopedModel,
        step: StatusChange,
        *,
        by: User,
        on: date,
        reason: str,
        **fields: Any,
    ) -> None:
        """Return the record to where it was before its last step; history keeps both."""
        if not reason.strip():
            raise RefusedError("Give the reason.")
        fields["status"] = step.from_status
        type(obj)._default_manager.filter(pk=obj.pk).update(**fields)
        _history(obj, step.to_status, step.from_status, on, reason, by)
        obj.refresh_from_db()

    def begin(self, obj: ScopedModel, *, on: date | None = None, by: User) -> None:
        """Write the first row of history of a record that was just made."""
        _history(obj, "", obj.status, on, "", by)  # type: ignore[attr-defined]

    def move(
        self,
        obj: ScopedModel,
        to: str,
        *,
        by: User,
        on: date | None = None,
        reason: str = "",
        **fields: Any,
    ) -> None:
        """Take the record one step further, with the fields that belong to the step."""
        model = type(obj)
        held = model._default_manager.select_for_update(of=("self",)).get(pk=obj.pk)
        start = held.status
        if to not in self.after(start):
            raise IllegalMoveError(_refusal(held, to, self.after(start)))
        if to in self.reasons and not reason.strip():
            raise RefusedError(f"Give a reason to set {held} to {_label(model, to)}.")
        fields["status"] = to
        model._default_manager.filter(pk=obj.pk).update(**fields)
        for name, value in fields.items():
            setattr(obj, name, value)
        _history(obj, start, to, on, reason, by)

    def move_all(
        self,
        rows: models.QuerySet[Any],
        to: str,
        *,
        by: User,
        on: date | None = None,
        reason: str = "",
        **fields: Any,
    ) -> int:
        """Take all of these records that may go there one step further, in three statements at most."""
        starts = [start for start, ends in self.moves.items() if to in ends]
        movable = rows.filter(status__in=starts).order_by()
        pks = list(movable.select_for_update(of=("self",)).values_list("pk", flat=True))
        if not pks:
            return 0
        chosen = rows.model._default_manager.filter(pk__any=pks)
        day = on or timezone.localdate()
        moved = _write_all(chosen, F("status"), Value(to), day, reason, by)
        chosen.update(status=to, **fields)
        return moved


def _history(obj: ScopedModel, start: str, to: str, on: date | None, reason: str, by: User) -> None:
    _change(obj, start, to, on or timezone.localdate(), reason, by).save()


def _change(obj: ScopedModel, start: str, to: str, on: date, reason: str, by: User) -> StatusChange:
    ids = obj.scope_ids()
    current = cause.get()
    return StatusChange(
        flow=obj._meta.label_lower,
        object_id=obj.pk,
        from_status=start,
        to_status=to,
        on=on,
        reason=reason,
        actor_name=by.get_full_name(),
        event_id=current.event_id if current else None,
        trial_id=ids.trial_id,
        site_id=ids.site_id,
        place_id=ids.place_id,
        subject_id=ids.subject_id,
    )


def steps_all(steps: Iterable[tuple[ScopedModel, str, str, date]], *, by: User) -> None:
    """Steps that imported records took on days gone by, in one statement."""
    StatusChange.objects.bulk_create(
        _change(obj, start, to, on, "", by) for obj, start, to, on in steps
    )


def begin_all(rows: models.QuerySet[Any], *, on: str | date, by: User) -> int:
    """First history rows of imported records, in one statement; ``on`` is a column or a day."""
    return _write_all(rows, Value(""), F("status"), F(on) if isinstance(on, str) else on, "", by)


def past_all(rows: models.QuerySet[Any], start: str, to: str, *, on: str, by: User) -> int:
    """A step imported records took on the day in a column; without ``to``, to where they are now."""
    return _write_all(rows, Value(start), Value(to) if to else F("status"), F(on), "", by)


def _write_all(
    rows: models.QuerySet[Any], start: Any, to: Any, on: Any, reason: str, by: User
) -> int:
    """The set-based twin of one history row."""
    current = cause.get()
    day = on if isinstance(on, F) else Cast(Value(on), models.DateField())
    sql, params = (
        rows.order_by()
        .values_list("pk", start, to, day, *rows.model.scope_columns())
        .query.sql_with_params()
    )
    event_id = current.event_id if current else None
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO core_statuschange (flow, object_id, from_status, to_status, "on", at,'
            " reason, actor_name, event_id, trial_id, site_id, place_id, subject_id)"
            " SELECT %s, s.id, s.start, s.finish, s.day, now(), %s, %s, %s,"
            " s.trial_id::bigint, s.site_id::bigint, s.place_id::bigint, s.subject_id::bigint"
            f" FROM ({sql}) AS s"
            " (id, start, finish, day, trial_id, site_id, place_id, subject_id)",
            [rows.model._meta.label_lower, reason, by.get_full_name(), event_id, *params],
        )
        return int(cursor.rowcount)


def _label(model: type[models.Model], status: str) -> str:
    choices = dict(model._meta.get_field("status").flatchoices)  # type: ignore[union-attr]
    return str(choices.get(status, status)).lower()


def _refusal(held: ScopedModel, to: str, allowed: frozenset[str]) -> str:
    model = type(held)
    now = _label(model, held.status)  # type: ignore[attr-defined]
    ways = ", ".join(sorted(_label(model, status) for status in allowed)) or "nothing: it is final"
    return f"{held} is {now} and cannot become {_label(model, to)}. Possible now: {ways}."
