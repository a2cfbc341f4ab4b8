"""Pages of CAPA: the list, the page of one, its actions, its check and its signature."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from core import lists
from core.access import require, require_anywhere
from core.dates import show_day, show_due
from core.pages import answer
from core.permissions import Permission
from core.signing import signatures
from core.signing.pages import sign_page
from core.web import BOTH, Request, allowed, back, find, page, say, whole
from quality.actions import capas as actions
from quality.forms import (
    ActionForm,
    CapaForm,
    CheckForm,
    DoneForm,
    LinkForm,
    OpenCapaForm,
    ReasonForm,
)
from quality.lists import CAPA_CHIPS, CAPAS, CHIPS
from quality.models import Capa, CapaAction, CapaStatus, Issue
from quality.models.capa import UNDER_WAY
from quality.models.issue import OPEN
from quality.queries import content_of, owners_at
from quality.views.issues import ALONG as OF_ISSUE
from sites.models import Site
from sites.queries import site_at
from trials.models import Trial

P = Permission
ALONG = ("site__place", "site__trial")
OF_ACTION = ("capa__site__place", "capa__site__trial", "owner")
STEPS = ("Actions", "Effectiveness", "Signature")
REACHED = {CapaStatus.OPEN: 0, CapaStatus.CHECK: 1, CapaStatus.EFFECTIVE: 2, CapaStatus.CLOSED: 3}


def capas(request: Request, code: str, kind: str = "") -> HttpResponseBase:
    """The CAPA of a trial."""
    trial = find(Trial, request.user, code=code)
    require_anywhere(request.user, P.DEVIATION_VIEW)
    rows = Capa.objects.visible_to(request.user).filter(site__trial=trial)
    listing = lists.Listing(request, CAPAS, rows, of=trial)
    return lists.answer(listing, request, "quality/capas.html", {"trial": trial}, kind)


@require_safe
def capa(request: Request, code: str, number: str) -> HttpResponse:
    """One CAPA: its cause, who does what until when, and whether it helped."""
    held = find(Capa, request.user, along=ALONG, site__trial__code=code, number=number)
    user, today = request.user, timezone.localdate(timezone=held.site.place.zone)
    context = {
        "capa": held, "site": held.site, "trial": held.site.trial,
        "chip": (CAPA_CHIPS[held.status], held.get_status_display()),
        "steps": _steps(held),
        "actions": [
            {"step": step, "due": show_due(step.due_on, today), "is_late": step.due_on < today}
            for step in held.actions.select_related("owner").order_by("due_on", "pk")
        ],
        "checks": held.checks.order_by("pk"),
        "check_due": show_due(held.check_on, today),
        "issues": [
            (issue, (CHIPS[issue.status], issue.get_status_display()))
            for issue in held.issues.select_related("subject", "site__trial").order_by("pk")
        ],
        "signatures": signatures(held, content_of),
        "may_act": held.is_under_way and allowed(user, P.DEVIATION_REPORT, held),
        "may_assess": allowed(user, P.DEVIATION_ASSESS, held),
    }  # fmt: skip
    return page(request, "quality/capa.html", context)


def _steps(held: Capa) -> list[dict[str, Any]]:
    """How far it is carried out."""
    reached = REACHED.get(CapaStatus(held.status), -1)
    return [
        {"text": text, "is_done": at < reached, "is_current": at == reached}
        for at, text in enumerate(STEPS)
    ]


def _open(request: Request, site: Site, issue: Issue | None, back_to: str) -> HttpResponse:
    """The form of a new CAPA, with what the issue says already in it."""
    rows = Issue.objects.visible_to(request.user).filter(site=site, status__in=OPEN)
    initial: dict[str, Any] = {}
    if issue is not None:
        initial = {
            "issues": [issue.pk], "title": issue.title, "root_cause": issue.root_cause,
            "why": issue.why,
        }  # fmt: skip
    form = OpenCapaForm(
        request.POST or None, initial=initial, issues=rows.filter(capa=None).order_by("number")
    )

    def do() -> HttpResponse:
        values = {name: form.cleaned_data[name] for name in CapaForm.Meta.fields}
        made = actions.open_capa(
            site, values=values, issues=form.cleaned_data["issues"], by=request.user
        )
        say(request, f"{made} opened. Add its actions.")
        return back(request, made.get_absolute_url())

    return answer(
        request, form, do, title="Open a CAPA", verb="Open CAPA", back=back_to,
        template="quality/form.html", trial=site.trial, site=site, issue=issue, is_capa=True,
    )  # fmt: skip


@BOTH
def open_capa(request: Request, code: str, number: str) -> HttpResponse:
    """Open a CAPA at a site."""
    site = site_at(request.user, code, number)
    require(request.user, P.DEVIATION_REPORT, site)
    return _open(request, site, None, site.get_absolute_url())


@BOTH
def open_capa_of_issue(request: Request, pk: int) -> HttpResponse:
    """Open a CAPA upon an issue."""
    issue = find(Issue, request.user, to=P.DEVIATION_REPORT, along=OF_ISSUE, pk=pk)
    return _open(request, issue.site, issue, issue.get_absolute_url())


@BOTH
def link(request: Request, pk: int) -> HttpResponse:
    """Say that a CAPA under way deals with the cause of an issue."""
    issue = find(Issue, request.user, to=P.DEVIATION_REPORT, along=OF_ISSUE, pk=pk)
    rows = Capa.objects.visible_to(request.user).filter(site=issue.site, status__in=UNDER_WAY)
    form = LinkForm(request.POST or None, capas=rows.order_by("number"))
    return answer(
        request, form,
        lambda: actions.link(issue, capa=form.cleaned_data["capa"], by=request.user),
        title=f"Link to a CAPA: {issue}", verb="Link to CAPA", back=issue.get_absolute_url(),
        done=f"{issue} is linked.", template="quality/form.html", trial=issue.site.trial,
        site=issue.site, issue=issue,
    )  # fmt: skip


def _held(request: Request, pk: int, to: P) -> Capa:
    return find(Capa, request.user, to=to, along=ALONG, pk=pk)


def _form(
    request: Request, held: Capa, form: forms.BaseForm, act: Callable[[], object],
    verb: str, done: str, **more: Any,
) -> HttpResponse:  # fmt: skip
    """The page of a form about a CAPA."""
    about: dict[str, Any] = {"capa": held, "trial": held.site.trial, "site": held.site} | more
    return answer(
        request, form, act, title=f"{verb}: {held}", verb=verb, back=held.get_absolute_url(),
        done=done, template="quality/form.html", **about,
    )  # fmt: skip


@BOTH
def change_capa(request: Request, pk: int) -> HttpResponse:
    """Correct or complete a CAPA."""
    held = _held(request, pk, P.DEVIATION_REPORT)
    given = request.POST.get("revision", "")
    form = CapaForm(request.POST or None, instance=copy(held))
    return _form(
        request, held, form,
        lambda: actions.change_capa(
            held, values=form.cleaned_data, revision=whole(given), by=request.user
        ),
        "Change CAPA", f"{held} changed.", revision=given or held.revision,
    )  # fmt: skip


@BOTH
def add_action(request: Request, pk: int) -> HttpResponse:
    """Add what somebody is to do."""
    held = _held(request, pk, P.DEVIATION_REPORT)
    form = ActionForm(request.POST or None, owners=owners_at(held.site))

    def do() -> None:
        values = dict(form.cleaned_data)
        actions.add_action(held, owner=values.pop("owner"), values=values, by=request.user)

    return _form(request, held, form, do, "Add action", "Action added.")


@BOTH
def finish_action(request: Request, pk: int) -> HttpResponse:
    """Record that an action is done, and what shows it."""
    step = find(CapaAction, request.user, to=P.DEVIATION_REPORT, along=OF_ACTION, pk=pk)
    today = timezone.localdate(timezone=step.capa.site.place.zone)
    form = DoneForm(request.POST or None, initial={"on": today})
    return _form(
        request, step.capa, form,
        lambda: actions.finish_action(step, by=request.user, **form.cleaned_data),
        "Record as done", "Action done.", effect=_about(step),
    )  # fmt: skip


@BOTH
def drop_action(request: Request, pk: int) -> HttpResponse:
    """Say why an action is not done after all."""
    step = find(CapaAction, request.user, to=P.DEVIATION_REPORT, along=OF_ACTION, pk=pk)
    form = ReasonForm(request.POST or None)
    return _form(
        request, step.capa, form,
        lambda: actions.drop_action(step, by=request.user, **form.cleaned_data),
        "Drop action", "Action dropped.", effect=_about(step),
    )  # fmt: skip


def _about(step: CapaAction) -> str:
    owner = step.owner.get_full_name()
    return f"{step.get_kind_display()}: {step.text} {owner}, by {show_day(step.due_on)}."


@BOTH
def check(request: Request, pk: int) -> HttpResponse:
    """Say whether it helped."""
    held = _held(request, pk, P.DEVIATION_ASSESS)
    today = timezone.localdate(timezone=held.site.place.zone)
    form = CheckForm(request.POST or None, initial={"on": today})
    return _form(
        request, held, form, lambda: actions.check(held, by=request.user, **form.cleaned_data),
        "Check effectiveness", f"{held} checked.", effect=held.measure,
    )  # fmt: skip


@BOTH
def void_capa(request: Request, pk: int) -> HttpResponse:
    """It was opened in error."""
    held = _held(request, pk, P.DEVIATION_ASSESS)
    form = ReasonForm(request.POST or None)
    return _form(
        request, held, form, lambda: actions.void_capa(held, by=request.user, **form.cleaned_data),
        "Void CAPA", f"{held} voided.",
    )  # fmt: skip


@BOTH
def close_capa(request: Request, pk: int) -> HttpResponse:
    """Sign and close."""
    held = _held(request, pk, P.DEVIATION_ASSESS)
    return sign_page(
        request, held, actions.close_capa, title=f"Sign: close {held}", verb="Sign and close",
        back=held.get_absolute_url(), done=f"{held} is signed and closed.",
        template="quality/sign_capa.html", frame="pages/frame.html", capa=held,
        trial=held.site.trial, site=held.site,
        actions=held.actions.select_related("owner").order_by("pk"),
        checks=held.checks.order_by("pk"),
    )  # fmt: skip
