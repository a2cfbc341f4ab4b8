"""CAPA: a cause, actions with owner and day, a check whether they helped, a signature at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.dates import show_day
from core.permissions import Permission
from core.signing import Meaning, Proof, signed
from core.versions import ConflictError, lock
from quality.models import Capa, CapaAction, CapaStatus, EffectivenessCheck, Issue, IssueStatus
from quality.queries import content_of, owners_at, parts_of
from sites.models import Site

S = CapaStatus
CLOSURE = Meaning(
    "closure",
    "I have reviewed the root cause, the actions and the check of effectiveness; the CAPA is closed.",
)


@action(Permission.DEVIATION_REPORT, "open CAPA")
def open_capa(
    site: Site, *, values: Mapping[str, Any], by: User, issues: Iterable[Issue] = ()
) -> Capa:  # fmt: skip
    """Begin to deal with a cause behind issues of a site."""
    held = lock(site)
    if not held.number:
        raise RefusedError("A site has its number before a CAPA is opened. Give the number first.")
    made = Capa(site=held, **values)
    taken = Capa.objects.filter(site__trial=held.trial_id, number__contains=f"-{held.number}-")
    made.number = f"CAPA-{held.number}-{taken.count() + 1:02d}"
    if made.check_on <= _today(made):
        raise RefusedError("Effectiveness is checked on a day to come. Choose a later day.")
    made.save()
    Capa.flow.begin(made, on=_today(made), by=by)
    for issue in issues:
        _link(issue, made)
    return made


@action(Permission.DEVIATION_REPORT, "change CAPA")
def change_capa(
    capa: Capa, *, values: Mapping[str, Any], by: User, revision: int | None = None
) -> Capa:
    """Correct or complete a CAPA that is under way."""
    held = _under_way(capa, revision)
    for name, value in values.items():
        setattr(held, name, value)
    held.save()
    return held


@action(Permission.DEVIATION_REPORT, "link issue to CAPA")
def link(issue: Issue, *, capa: Capa, by: User) -> Issue:
    """The issue has the cause that a CAPA deals with."""
    return _link(issue, _under_way(capa))


def _link(issue: Issue, capa: Capa) -> Issue:
    held = lock(issue)
    if held.site_id != capa.site_id:
        raise RefusedError(f"{held} is of another site than {capa}. Open a CAPA of its site.")
    if not held.is_open:
        raise ConflictError(f"{held} is {held.get_status_display().lower()}. Reopen it first.")
    held.capa = capa
    held.save()
    return held


@action(Permission.DEVIATION_REPORT, "add action to CAPA")
def add_action(capa: Capa, *, values: Mapping[str, Any], owner: User, by: User) -> CapaAction:
    """Somebody is to do something by a day; a CAPA that waits for its check goes on."""
    held = _under_way(capa)
    role = owners_at(held.site).get(owner)
    if role is None:
        raise RefusedError(f"{owner} has no role at site {held.site} that acts on a CAPA.")
    made = CapaAction(capa=held, owner=owner, owner_role=role, **values)
    if made.due_on < _today(held):
        raise RefusedError("That day is over. Choose the day by which it is to be done.")
    made.save()
    if held.status != S.OPEN:
        Capa.flow.move(held, S.OPEN, by=by, on=_today(held), reason="Another action")
    return made


@action(Permission.DEVIATION_REPORT, "finish action of CAPA")
def finish_action(step: CapaAction, *, on: date, evidence: str, by: User) -> CapaAction:
    """It is done, and this shows it; after the last one effectiveness is to be checked."""
    held = _open_step(step)
    capa = _under_way(held.capa)
    if on > _today(capa):
        raise RefusedError("It was done on a day that has not come yet. Check the day.")
    if not evidence.strip():
        raise RefusedError("Say what shows that it is done.")
    held.done_on, held.evidence = on, evidence.strip()
    held.save()
    _go_on(capa, by)
    return held


@action(Permission.DEVIATION_REPORT, "drop action of CAPA")
def drop_action(step: CapaAction, *, reason: str, by: User) -> CapaAction:
    """It is not done after all; it stays to be read with the reason."""
    held = _open_step(step)
    if not reason.strip():
        raise RefusedError("Give the reason.")
    held.dropped = reason.strip()[:200]
    held.save()
    _go_on(_under_way(held.capa), by)
    return held


@action(Permission.DEVIATION_ASSESS, "check effectiveness of CAPA")
def check(
    capa: Capa, *, is_effective: bool, on: date, finding: str, by: User,
    next_check_on: date | None = None,
) -> Capa:  # fmt: skip
    """It helped, or it did not: then the CAPA and its closed issues are open again."""
    held = _under_way(capa)
    if held.status != S.CHECK:
        raise ConflictError(f"{held} is not ready for its check: {held.get_status_display()}.")
    if on > _today(held):
        raise RefusedError("It was checked on a day that has not come yet. Check the day.")
    if not finding.strip():
        raise RefusedError("Say what was found.")
    EffectivenessCheck.objects.create(
        capa=held, on=on, is_effective=is_effective, finding=finding.strip(),
        by_name=by.get_full_name(),
    )  # fmt: skip
    if is_effective:
        Capa.flow.move(held, S.EFFECTIVE, by=by, on=on)
    else:
        _fail(held, next_check_on, by)
    return held


def _fail(capa: Capa, next_check_on: date | None, by: User) -> None:
    """Begin again: a later check, and what was closed upon it is open."""
    if next_check_on is None or next_check_on <= _today(capa):
        raise RefusedError("It did not help. Choose a later day for the next check.")
    today, why = _today(capa), f"{capa} was not effective"
    Capa.flow.move(capa, S.OPEN, by=by, on=today, reason=why, check_on=next_check_on)
    closed = Issue.objects.filter(capa=capa, status=IssueStatus.CLOSED)
    Issue.flow.move_all(closed, IssueStatus.ASSESSED, by=by, on=today, reason=why)


@signed(
    Permission.DEVIATION_ASSESS, "close CAPA", meaning=CLOSURE, content=content_of, parts=parts_of
)
def close_capa(capa: Capa, *, proof: Proof, by: User) -> Capa:
    """Sign that cause, actions and effect were reviewed, and that nothing is left to do."""
    held = lock(capa)
    if held.status != S.EFFECTIVE:
        raise RefusedError(f"{held} is not found effective yet: {held.get_status_display()}.")
    Capa.flow.move(held, S.CLOSED, by=by, on=_today(held))
    return held


@action(Permission.DEVIATION_ASSESS, "void CAPA")
def void_capa(capa: Capa, *, reason: str, by: User) -> Capa:
    """It was opened in error; it stays to be read, and its issues are without it."""
    held = lock(capa)
    Capa.flow.move(held, S.VOIDED, by=by, on=_today(held), reason=reason)
    Issue.objects.filter(capa=held).update(capa=None)
    return held


def _go_on(capa: Capa, by: User) -> None:
    """Once nothing is left to do and something was done, effectiveness is to be checked."""
    steps = list(capa.actions.all())
    is_done = any(step.done_on for step in steps) and not any(step.is_open for step in steps)
    if is_done and capa.status == S.OPEN:
        Capa.flow.move(capa, S.CHECK, by=by, on=_today(capa))


def _today(capa: Capa) -> date:
    return timezone.localdate(timezone=capa.site.place.zone)


def _under_way(capa: Capa, revision: int | None = None) -> Capa:
    held = lock(capa, revision)
    if not held.is_under_way:
        raise ConflictError(f"{held} is {held.get_status_display().lower()}. Open another.")
    return held


def _open_step(step: CapaAction) -> CapaAction:
    held = lock(step)
    if not held.is_open:
        said = f"done on {show_day(held.done_on)}" if held.done_on else "dropped"
        raise ConflictError(f"This action is {said} already.")
    return held
