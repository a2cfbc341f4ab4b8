"""My work: what is due, and what a person decides about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core.access import can
from core.actions import RefusedError
from core.dates import show_weekday
from core.models import Obligation
from core.permissions import Permission
from core.web import Request, back, page, say, whole
from inbox import actions, queries
from inbox.forms import AssignForm, SnoozeForm, WaiveForm
from inbox.previews import preview

MOST = 200


@require_safe
def work(request: Request) -> HttpResponse:
    """What this person has to do, by when; what others have to do; what was put off."""
    wanted = _wanted(request.GET)
    board = queries.Board(request.user, timezone.now())
    rows, found = board.page(wanted)
    context = {
        "wanted": wanted,
        "view": wanted.view,
        "query": request.GET,
        "duty_groups": board.groups(wanted, found),
        "total": board.total(wanted.view, **board.filters(wanted)),
        "late": board.total(wanted.view, stretch="overdue", **board.filters(wanted)),
        "tabs": board.tabs(),
        "kinds": board.kinds(wanted.view),
        "trials": board.trials_in(wanted.view),
        "groupings": queries.GROUPS.items(),
        "next_after": wanted.after + queries.ROWS if len(rows) > queries.ROWS else None,
        "today": board.today,
        **_selected(request, rows, found),
    }
    if not found and wanted == replace(queries.Wanted(), group=wanted.group):
        context["next_due"] = board.next_due()
    return page(request, "inbox/work.html", context, partial="preview")


def _wanted(query: QueryDict) -> queries.Wanted:
    """What the address asks for."""
    wanted = queries.Wanted(
        query.get("view", "mine"), query.get("trial", ""), query.get("kind", ""),
        query.get("group", "due"), whole(query.get("after", "")) or 0,
    )  # fmt: skip
    if wanted.view not in queries.VIEWS or wanted.group not in queries.GROUPS:
        raise Http404("No such view.")
    return wanted


def _selected(
    request: Request, rows: list[Obligation], found: list[queries.Duty]
) -> dict[str, Any]:
    """The duty picked from the list, or else its first, with what is needed to decide about it."""
    if not found:
        return {}
    chosen = request.GET.get("item", "")
    at = next((at for at, duty in enumerate(found) if str(duty.id) == chosen), 0)
    duty, is_picked = found[at], str(found[at].id) == chosen
    may_waive = can(request.user, Permission.WORK_WAIVE, rows[at])
    return {
        "selected": duty,
        "is_picked": is_picked,
        "preceding": found[at - 1] if at else None,
        "following": found[at + 1] if at + 1 < len(found) else None,
        "may_waive": may_waive,
        "people": list(queries.people_for(rows)) if may_waive else [],
        **preview(duty, request.user, is_picked=is_picked),
    }


@require_POST
def snooze(request: Request) -> HttpResponse:
    """Put duties off until a time."""
    duties = _chosen(request)
    until = _cleaned(SnoozeForm(_given(request), user=request.user))["until"]
    actions.together(actions.snooze, duties, until=until, by=request.user)
    when = until.astimezone(request.user.zone)
    said = f"{show_weekday(when.date())}, {when:%H:%M}" if when.hour else show_weekday(when.date())
    say(request, f"{_named(duties)} put off until {said}.", undo=_address("resume", duties))
    return back(request, reverse("inbox:work"))


@require_POST
def resume(request: Request) -> HttpResponse:
    """Take duties that were put off back into the list."""
    duties = _chosen(request)
    actions.together(actions.resume, duties, by=request.user)
    say(request, f"{_named(duties)} back in your list.")
    return back(request, reverse("inbox:work"))


@require_POST
def assign(request: Request) -> HttpResponse:
    """Give duties to one person, or back to whoever holds their role."""
    duties = _chosen(request, Permission.WORK_WAIVE)
    to = _cleaned(AssignForm(_given(request), people=queries.people_for(duties)))["to"]
    before = {duty.assigned_id for duty in duties}
    actions.together(actions.assign, duties, to=to, by=request.user)
    undo = _address("assign", duties, to=before.pop() or "") if len(before) == 1 else ""
    whom = "you" if to == request.user else to or "whoever holds the role"
    say(request, f"{_named(duties)} given to {whom}.", undo=undo)
    return back(request, reverse("inbox:work"))


@require_POST
def waive(request: Request) -> HttpResponse:
    """Say that duties need not be done."""
    duties = _chosen(request, Permission.WORK_WAIVE)
    reason = _cleaned(WaiveForm(_given(request)))["reason"]
    actions.together(actions.waive, duties, reason=reason, by=request.user)
    say(request, f"{_named(duties)} waived.", undo=_address("take_up", duties))
    return back(request, reverse("inbox:work"))


@require_POST
def take_up(request: Request) -> HttpResponse:
    """Duties that were waived are to be done after all."""
    duties = _chosen(request, Permission.WORK_WAIVE)
    actions.together(actions.take_up, duties, by=request.user)
    say(request, f"{_named(duties)} to be done again.")
    return back(request, reverse("inbox:work"))


def _given(request: Request) -> dict[str, str]:
    """What was posted, or for taking back what stands in the address."""
    return {**request.GET.dict(), **request.POST.dict()}


def _chosen(request: Request, to: Permission = Permission.WORK_VIEW) -> list[Obligation]:
    """The duties a decision is about: each of them one that the person sees and may decide on."""
    texts = request.POST.getlist("duty") or request.GET.getlist("duty")
    wanted = {whole(text) for text in texts[:MOST]}
    if not wanted:
        raise RefusedError("Tick at least one duty.")
    found = list(Obligation.objects.visible_to(request.user).filter(pk__in=wanted))
    if len(found) < len(wanted):
        raise Http404("No duty here that you may see.")
    if Obligation.objects.visible_to(request.user, to).filter(pk__in=wanted).count() < len(wanted):
        raise PermissionDenied(f"Your role does not allow: {to.label.lower()}.")
    return found


def _cleaned(form: forms.Form) -> dict[str, Any]:
    if not form.is_valid():
        raise RefusedError(next(iter(form.errors.values()))[0])
    return form.cleaned_data


def _named(duties: list[Obligation]) -> str:
    return str(duties[0]) if len(duties) == 1 else f"{len(duties)} duties"


def _address(verb: str, duties: list[Obligation], **more: object) -> str:
    """The address that takes a decision back."""
    query = {"duty": [duty.pk for duty in duties], **more}
    return f"{reverse(f'inbox:{verb}')}?{urlencode(query, doseq=True)}"
