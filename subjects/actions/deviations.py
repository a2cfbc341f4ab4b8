"""Deviations seen coming: drafted with a reason, told, acknowledged, and withdrawn by themselves."""

from __future__ import annotations

from datetime import date

from core.dates import show_weekday
from subjects.models import Booking, DeviationDraft, Visit
from subjects.planning import deviation_text, timing

Kind, State = DeviationDraft.Kind, DeviationDraft.State


def is_outside(visit: Visit, on: date) -> bool:
    """Whether a day lies outside the window of a visit."""
    if visit.earliest_on is None or visit.latest_on is None:
        return False
    return not visit.earliest_on <= on <= visit.latest_on


def outside_text(visit: Visit, on: date) -> str:
    """How far a day is outside the window, and what the window is."""
    assert visit.earliest_on is not None and visit.latest_on is not None  # noqa: PT018
    window = visit.earliest_on, visit.latest_on, visit.target_on or visit.earliest_on
    found = timing(on, *window, today=on, has_outcome=True)
    return f"{visit.name} on {show_weekday(on)} is {deviation_text(found, *window)}."


def draft(visit: Visit, on: date, reason: str, *, tell: bool = True) -> None:
    """Keep a deviation that is seen coming, with the reason given for it."""
    DeviationDraft.objects.update_or_create(
        visit=visit, kind=Kind.OUT_OF_WINDOW, state=State.PLANNED,
        defaults={
            "reason": reason[:200], "description": outside_text(visit, on)[:300],
            "is_announced": tell,
        },
    )  # fmt: skip


def redraft(subject_ids: list[int]) -> None:
    """Withdraw drafts of visits that are booked inside their window again, and retell the others."""
    planned = DeviationDraft.objects.filter(
        visit__subject__pk__any=subject_ids, kind=Kind.OUT_OF_WINDOW, state=State.PLANNED
    )
    held = list(planned.select_related("visit"))
    if not held:
        return
    booked = Booking.objects.filter(visit__in=[one.visit_id for one in held], is_live=True)
    days = dict(booked.values_list("visit_id", "on"))
    for one in held:
        on = days.get(one.visit_id)
        if on is None or not is_outside(one.visit, on):
            one.state = State.WITHDRAWN
        else:
            one.description = outside_text(one.visit, on)[:300]
    DeviationDraft.objects.bulk_update(held, ["state", "description"])
