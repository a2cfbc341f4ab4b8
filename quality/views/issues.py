"""Pages of issues and deviations: lists, the page of one, and every step of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core import lists
from core.access import can, require, require_anywhere
from core.actions import RefusedError
from core.dates import show_day, show_moment
from core.drafts import page_of
from core.links import address
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, allowed, back, find, page, say, whole
from quality.actions import issues as actions
from quality.forms import (
    AssessAllForm,
    AssessForm,
    ChangeForm,
    DayOnlyForm,
    ExplainForm,
    InstantForm,
    ReasonForm,
    ReportForm,
    RetypeForm,
)
from quality.lists import CAPA_CHIPS, CHIPS, GRAVE, ISSUES
from quality.models import Issue, category_of
from quality.queries import formerly, missing_of
from quality.words import breach_clock, days_after
from sites.models import Place, Site
from sites.queries import site_at, site_frame
from subjects.models import DeviationDraft, Subject
from trials.models import Trial

P = Permission
ALONG = ("site__place", "site__trial", "subject", "visit", "capa")
KEPT = (
    "The number, the history and everything said so far stay. What the other type has no place for"
    " is shown as kept."
)


def issues(request: Request, code: str, kind: str = "") -> HttpResponseBase:
    """The deviations and issues of a trial."""
    trial = find(Trial, request.user, code=code)
    require_anywhere(request.user, P.DEVIATION_VIEW)
    rows = Issue.objects.visible_to(request.user).filter(site__trial=trial)
    assess = lists.Bulk("Assess", "check-circle", reverse("quality:assess_all", args=[trial.code]))
    may_assess = can(request.user, P.DEVIATION_ASSESS, trial)
    listing = lists.Listing(request, ISSUES, rows, of=trial, bulk=[assess] if may_assess else [])
    return lists.answer(listing, request, "quality/issues.html", {"trial": trial}, kind)


def site_issues(request: Request, code: str, number: str, kind: str = "") -> HttpResponseBase:
    """The deviations and issues of a site."""
    site = site_at(request.user, code, number)
    require(request.user, P.DEVIATION_VIEW, site)
    rows = Issue.objects.visible_to(request.user).filter(site=site)
    listing = lists.Listing(request, ISSUES, rows, of=site)
    frame = site_frame(site, request.user, "issues")
    frame["may_report"] = can(request.user, P.DEVIATION_REPORT, site)
    return lists.answer(listing, request, "quality/site_issues.html", frame, kind)


def place_issues(request: Request, slug: str, kind: str = "") -> HttpResponseBase:
    """The deviations and issues of a place across its trials."""
    place = find(Place, request.user, slug=slug)
    require_anywhere(request.user, P.DEVIATION_VIEW)
    rows = Issue.objects.visible_to(request.user).filter(site__place=place)
    listing = lists.Listing(request, ISSUES, rows, of=place)
    sites = place.sites.select_related("trial").order_by("trial__protocol_number", "number")
    context = {
        "place": place,
        "reporting": [
            site for site in sites if site.number and can(request.user, P.DEVIATION_REPORT, site)
        ],
    }
    return lists.answer(listing, request, "quality/issues.html", context, kind)


@require_safe
def issue(request: Request, code: str, number: str) -> HttpResponse:
    """One issue or deviation with everything that was said of it."""
    held = find(Issue, request.user, along=ALONG, site__trial__code=code, number=number)
    user, zone = request.user, held.site.place.zone
    context = {
        "issue": held, "formerly": formerly(held), "missing": missing_of(held), "site": held.site, "trial": held.site.trial, "subject": held.subject,
        "chip": (CHIPS[held.status], held.get_status_display()),
        "grave": GRAVE.get(held.classification, ""),
        "reported": show_moment(held.reported_at, zone),
        "reported_after": days_after(held.days_to_report),
        "capa_url": held.capa and address("quality:capa", held.site.trial.code, held.capa.number),
        "capa_chip": held.capa and (CAPA_CHIPS[held.capa.status], held.capa.get_status_display()),
        "may_report": held.is_open and allowed(user, P.DEVIATION_REPORT, held),
        "may_assess": allowed(user, P.DEVIATION_ASSESS, held),
        "voided": Issue.flow.last(held) if held.status == Issue.Status.VOIDED else None,
    }  # fmt: skip
    return page(request, "quality/issue.html", context | breach_clock(held, zone))


def _report(
    request: Request, site: Site, *, subject: Subject | None = None,
    draft: DeviationDraft | None = None, back_to: str,
) -> HttpResponse:  # fmt: skip
    """The form of a report, with what is known already in it."""
    today = timezone.localdate(timezone=site.place.zone)
    initial: dict[str, Any] = {"aware_on": today, "happened_on": today}
    if draft is not None:
        visit = draft.visit
        initial |= {
            "category": category_of(draft), "what": f"{draft.description} {draft.reason}".strip(),
            "happened_on": visit.performed_on or visit.latest_on or today,
        }  # fmt: skip
    form = ReportForm(request.POST or None, initial=initial)
    made: list[Issue] = []

    def do() -> HttpResponse:
        made.append(
            actions.report(
                site, subject=subject, draft=draft, values=form.cleaned_data, by=request.user
            )
        )
        say(request, f"{made[0]} reported.")
        return back(request, made[0].get_absolute_url())

    about: dict[str, Any] = {
        "trial": site.trial,
        "site": site,
        "subject": draft.visit.subject if draft else subject,
    }
    return answer(
        request, form, do, title="Report a deviation or issue", verb="Report deviation", back=back_to,
        template="quality/report.html", draft=draft, **about,
    )  # fmt: skip


@BOTH
def report_at_site(request: Request, code: str, number: str) -> HttpResponse:
    """Report what concerns a site and no single subject."""
    site = site_at(request.user, code, number)
    require(request.user, P.DEVIATION_REPORT, site)
    return _report(request, site, back_to=site.get_absolute_url())


@BOTH
def report_of_subject(request: Request, pk: int) -> HttpResponse:
    """Report what concerns a subject."""
    subject = find(
        Subject, request.user, to=P.DEVIATION_REPORT, along=("site__place", "site__trial"), pk=pk
    )
    return _report(request, subject.site, subject=subject, back_to=subject.get_absolute_url())


@BOTH
def report_draft(request: Request, pk: int) -> HttpResponse:
    """Report what was drafted when it happened; what was reported already is shown."""
    along = ("visit__site__place", "visit__site__trial", "visit__subject__trial")
    draft = find(DeviationDraft, request.user, to=P.DEVIATION_REPORT, along=along, pk=pk)
    held = Issue.objects.filter(draft=draft).select_related("site__trial").first()
    if held is not None and request.method == "GET":
        return back(request, held.get_absolute_url())
    return _report(
        request, draft.visit.site, draft=draft, back_to=draft.visit.subject.get_absolute_url()
    )


def _held(request: Request, pk: int, to: P) -> Issue:
    return find(Issue, request.user, to=to, along=ALONG, pk=pk)


def _form(
    request: Request, held: Issue, form: forms.BaseForm, act: Callable[[], object],
    verb: str, done: str, **more: Any,
) -> HttpResponse:  # fmt: skip
    """The page of a form about an issue."""
    about: dict[str, Any] = {"issue": held, "trial": held.site.trial, "site": held.site} | more
    return answer(
        request, form, act, title=f"{verb}: {held}", verb=verb, back=held.get_absolute_url(),
        done=f"{held} {done}.", template="quality/form.html", **about,
    )  # fmt: skip


@BOTH
def change(request: Request, pk: int) -> HttpResponse:
    """Correct or complete what was reported."""
    held = _held(request, pk, P.DEVIATION_REPORT)
    given = request.POST.get("revision", "")
    form = ChangeForm(request.POST or None, instance=held)

    def do() -> Issue:
        values = {name: form.cleaned_data[name] for name in ReportForm.Meta.fields}
        return actions.change(
            held, values=values, reason=form.cleaned_data["reason"], revision=whole(given),
            by=request.user,
        )  # fmt: skip

    return _form(
        request, held, form, do, "Change report", "changed", revision=given or held.revision
    )


@BOTH
def retype(request: Request, pk: int) -> HttpResponse:
    """It is of another type; everything said of it stays."""
    held = _held(request, pk, P.DEVIATION_REPORT)
    form = RetypeForm(request.POST or None, issue=held)
    return _form(
        request, held, form, lambda: actions.retype(held, by=request.user, **form.cleaned_data),
        "Change type", "is of another type now", effect=KEPT,
    )  # fmt: skip


@BOTH
def assess_all(request: Request, code: str) -> HttpResponse:
    """Confirm one class for the issues ticked in the list; those that refuse it are named."""
    trial = find(Trial, request.user, to=P.DEVIATION_ASSESS, code=code)
    chosen = _ticked(request, trial)
    form = AssessAllForm(request.POST or None)
    if not form.is_bound:
        context = {
            "trial": trial, "form": form, "chosen": chosen, "next": page_of(request),
            "over": [one for one in chosen if not one.is_open],
        }  # fmt: skip
        return page(request, "quality/assess_all.html", context, partial="menu")
    if not (form.is_valid() and chosen):
        raise RefusedError("Tick at least one issue of the trial and choose the class.")
    refused = actions.assess_all(trial, issues=chosen, by=request.user, **form.cleaned_data)
    _tell(request, len(chosen) - len(refused), refused)
    return back(request, reverse("quality:issues", args=[code]))


def _ticked(request: Request, trial: Trial) -> list[Issue]:
    """The issues of the trial whose rows are ticked."""
    given = request.POST or request.GET
    keys = [key for text in given.getlist("row") if (key := whole(text))]
    rows = Issue.objects.visible_to(request.user).filter(site__trial=trial, pk__in=keys)
    return list(rows.order_by("pk"))


def _tell(request: Request, count: int, refused: Sequence[object]) -> None:
    """Say how many were assessed, and which were not and why."""
    say(request, "1 issue assessed." if count == 1 else f"{count} issues assessed.")
    if refused:
        messages.warning(request, " ".join(["Not assessed:", *map(str, refused)]))


@BOTH
def explain(request: Request, pk: int) -> HttpResponse:
    """Say why it happened and what is done."""
    held = _held(request, pk, P.DEVIATION_REPORT)
    given = request.POST.get("revision", "")
    form = ExplainForm(request.POST or None, instance=held)
    return _form(
        request, held, form,
        lambda: actions.explain(
            held, values=form.cleaned_data, revision=whole(given), by=request.user
        ),
        "Give root cause", "explained", revision=given or held.revision,
    )  # fmt: skip


@BOTH
def assess(request: Request, pk: int) -> HttpResponse:
    """Confirm the class for the sponsor."""
    held = _held(request, pk, P.DEVIATION_ASSESS)
    form = AssessForm(
        request.POST or None,
        initial={
            "classification": held.classification or held.proposed,
            "is_important": held.is_important, "ethics_due_on": held.ethics_due_on,
        },
    )  # fmt: skip
    return _form(
        request, held, form, lambda: actions.assess(held, by=request.user, **form.cleaned_data),
        "Assess", "assessed",
    )  # fmt: skip


@BOTH
def suspect_breach(request: Request, pk: int) -> HttpResponse:
    """Suspect a serious breach, since when the sponsor became aware of it."""
    held = _held(request, pk, P.DEVIATION_ASSESS)
    form = InstantForm(request.POST or None, zone=request.user.zone)
    return _form(
        request, held, form,
        lambda: actions.suspect_breach(held, aware_at=form.cleaned_data["at"], by=request.user),
        "Suspect serious breach", "is suspected to be a serious breach",
        effect="Seven days run from when the sponsor became aware.",
    )  # fmt: skip


@BOTH
def notify_breach(request: Request, pk: int) -> HttpResponse:
    """Record that the authorities were notified."""
    held = _held(request, pk, P.DEVIATION_ASSESS)
    form = InstantForm(request.POST or None, zone=request.user.zone)
    return _form(
        request, held, form,
        lambda: actions.notify_breach(held, at=form.cleaned_data["at"], by=request.user),
        "Record notification", "notified as a serious breach",
    )  # fmt: skip


def _with_reason(
    request: Request, pk: int, to: P, act: Callable[..., object], verb: str, done: str
) -> HttpResponse:
    held = _held(request, pk, to)
    form = ReasonForm(request.POST or None)
    return _form(
        request, held, form, lambda: act(held, by=request.user, **form.cleaned_data), verb, done
    )


@BOTH
def dismiss_breach(request: Request, pk: int) -> HttpResponse:
    """It was no serious breach."""
    return _with_reason(
        request, pk, P.DEVIATION_ASSESS, actions.dismiss_breach, "Dismiss serious breach",
        "is no serious breach",
    )  # fmt: skip


@BOTH
def reopen(request: Request, pk: int) -> HttpResponse:
    """Something is to be said after all."""
    return _with_reason(request, pk, P.DEVIATION_ASSESS, actions.reopen, "Reopen", "reopened")


@BOTH
def void(request: Request, pk: int) -> HttpResponse:
    """It was reported in error."""
    return _with_reason(request, pk, P.DEVIATION_REPORT, actions.void, "Void", "voided")


@BOTH
def report_to_ethics(request: Request, pk: int) -> HttpResponse:
    """The ethics committee was told."""
    held = _held(request, pk, P.DEVIATION_REPORT)
    today = timezone.localdate(timezone=held.site.place.zone)
    form = DayOnlyForm(request.POST or None, initial={"on": today})
    return _form(
        request, held, form,
        lambda: actions.report_to_ethics(held, on=form.cleaned_data["on"], by=request.user),
        "Record report to ethics", "reported to ethics",
        effect=f"Due by {show_day(held.ethics_due_on)}." if held.ethics_due_on else "",
    )  # fmt: skip


@require_POST
def close(request: Request, pk: int) -> HttpResponse:
    """Everything is said and done."""
    held = actions.close(_held(request, pk, P.DEVIATION_ASSESS), by=request.user)
    say(request, f"{held} closed.")
    return back(request, held.get_absolute_url())
