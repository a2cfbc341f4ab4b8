"""What subjects signed: recording it, putting it right, setting it aside, taking it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from core.access import can
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, find, page, whole
from documents.models import Document
from documents.queries import versions_of
from sites.models import ConsentApproval
from subjects.actions import consents
from subjects.actions.consents import Signed
from subjects.consents import latest, needs
from subjects.forms import ReasonForm
from subjects.forms.consents import ConsentForm, CorrectConsentForm, ScanForm, WithdrawConsentForm
from subjects.models import Consent, ConsentNote, ConsentWithdrawal, Subject
from subjects.views.subjects import about

LEAVES = {ConsentWithdrawal.Scope.TREATMENT, ConsentWithdrawal.Scope.ALL}


def _signed(values: dict[str, Any]) -> Signed:
    """What the form says was signed."""
    approval: ConsentApproval = values["approval"]
    names = ("signed_on", "signed_at", "explainer", "signer", "decision", "is_copy_given")
    given = {name: values[name] for name in names}
    return Signed(version=approval.version, language=approval.language, **given)


def _to_sign(subject: Subject) -> dict[str, Any]:
    """What is most likely to be signed today: the version that is needed, explained as last time."""
    now = timezone.now()
    on = timezone.localdate(timezone=subject.site.place.zone)
    wanted = [need for need in needs(subject, on, now) if need.is_missing or need.sign_by]
    last = latest().filter(subject=subject).order_by("-signed_on").first()
    found: dict[str, Any] = {"signed_on": on, "is_copy_given": True}
    if last is not None:
        found |= {"explainer": last.explainer_id, "signer": last.signer}
    if wanted:
        in_use = ConsentApproval.objects.filter(
            site=subject.site_id, version=wanted[0].version_id, during__contains=on
        )
        same = in_use.filter(language=last.language) if last else in_use
        found["approval"] = same.values_list("pk", flat=True).first()
    return found


@BOTH
def record_consent(request: Request, pk: int) -> HttpResponse:
    """Record what a subject signed."""
    subject = find(Subject, request.user, to=Permission.CONSENT_RECORD, pk=pk)
    initial = {} if request.method == "POST" else _to_sign(subject)
    form = ConsentForm(request.POST or None, site=subject.site, initial=initial)

    def keep() -> str:
        made = consents.record_consent(
            subject, signed=_signed(form.cleaned_data), note=form.cleaned_data["note"],
            by=request.user,
        )  # fmt: skip
        return f"{made} recorded."

    return answer(
        request, form, keep, **about(subject, f"Record consent of {subject}", "Record consent")
    )


def find_scan(record: Consent, user: User) -> Document | None:
    """The signed form, where the person sees documents of the site at which it lies."""
    found: Document | None = Document.objects.visible_to(user).filter(consent=record).first()
    return found


def _scan_of(record: Consent, user: User) -> dict[str, Any]:
    """The signed form with its versions, or the site that keeps it from whoever is elsewhere."""
    scan = find_scan(record, user)
    if scan is not None:
        return {"scan": scan, "versions": versions_of(scan, user)}
    return {"scan_site": record.scan and record.scan.site}


@require_safe
def consent(request: Request, pk: int) -> HttpResponse:
    """One consent: what was signed, how it was explained, and what was taken back since."""
    record = find(Consent, request.user, pk=pk)
    note = ConsentNote.objects.visible_to(request.user).filter(consent=record).first()
    zone = record.subject.site.place.zone
    taken_back = list(record.withdrawals.order_by("on", "what"))
    may_change = record.voided_at is None and can(request.user, Permission.CONSENT_RECORD, record)
    context = {
        "consent": record,
        **_scan_of(record, request.user),
        "subject": record.subject,
        "trial": record.subject.trial,
        "note": note,
        "may_see_note": can(request.user, Permission.CONTACT_VIEW, record),
        "signed_at": record.signed_at and record.signed_at.astimezone(zone),
        "withdrawals": taken_back,
        "may_change": may_change,
        "may_withdraw": may_change
        and record.decision == Consent.Decision.GIVEN
        and ConsentWithdrawal.Scope.ALL not in {one.what for one in taken_back},
    }
    return page(request, "subjects/consent.html", context)


def _about(record: Consent, title: str, verb: str) -> dict[str, Any]:
    """How the page of a form about a consent looks, and where it leads."""
    return about(record.subject, title, verb) | {"back": record.get_absolute_url()}


@BOTH
def correct_consent(request: Request, pk: int) -> HttpResponse:
    """Put right what was typed wrong."""
    record = find(Consent, request.user, to=Permission.CONSENT_RECORD, pk=pk)
    given = request.POST.get("revision", "")
    form = CorrectConsentForm(
        request.POST or None, site=record.subject.site, type_id=record.type_id,
        initial=_as_recorded(record),
    )  # fmt: skip

    def keep() -> str:
        values = form.cleaned_data
        consents.correct_consent(
            record, signed=_signed(values), note=values["note"], reason=values["reason"],
            revision=whole(given), by=request.user,
        )  # fmt: skip
        return f"{record} corrected."

    return answer(
        request, form, keep, revision=given or record.revision,
        **_about(record, f"Correct {record}", "Save correction"),
    )  # fmt: skip


def _as_recorded(record: Consent) -> dict[str, Any]:
    """A consent as its form shows it."""
    there = ConsentApproval.objects.filter(
        site=record.subject.site_id, version=record.version_id, language=record.language
    )
    note = ConsentNote.objects.filter(consent=record).first()
    at = record.signed_at
    return {
        "approval": there.values_list("pk", flat=True).first(),
        "signed_on": record.signed_on,
        "clock": at and at.astimezone(record.subject.site.place.zone).time(),
        "explainer": record.explainer_id,
        "signer": record.signer,
        "decision": record.decision,
        "is_copy_given": record.is_copy_given,
        "note": note.text if note else "",
    }


@BOTH
def attach_scan(request: Request, pk: int) -> HttpResponse:
    """Add the signed form itself; who is not of the site sees that it is there."""
    record = find(Consent, request.user, to=Permission.CONSENT_RECORD, pk=pk)
    form = ScanForm(request.POST or None, request.FILES or None)
    return answer(
        request, form,
        lambda: consents.attach_scan(record, by=request.user, **form.cleaned_data),
        done="The signed form is kept at the site.",
        effect="Only people of the site open it. Everybody else sees that it is there.",
        **_about(record, f"Attach the signed form: {record}", "Attach signed form"),
    )  # fmt: skip


@BOTH
def void_consent(request: Request, pk: int) -> HttpResponse:
    """Set aside what was recorded by mistake."""
    record = find(Consent, request.user, to=Permission.CONSENT_RECORD, pk=pk)
    form = ReasonForm(request.POST or None)
    return answer(
        request, form,
        lambda: consents.void_consent(record, by=request.user, **form.cleaned_data),
        done=f"{record} is voided.", effect=f"{record} stays to be read and counts no more.",
        **_about(record, f"Void {record}", "Void consent"),
    )  # fmt: skip


@BOTH
def withdraw_consent(request: Request, pk: int) -> HttpResponse:
    """The subject takes a consent back; where that ends treatment, on to how the subject leaves."""
    record = find(Consent, request.user, to=Permission.CONSENT_RECORD, pk=pk)
    subject = record.subject
    today = timezone.localdate(timezone=subject.site.place.zone)
    form = WithdrawConsentForm(request.POST or None, initial={"on": today})

    def take_back() -> str | HttpResponse:
        consents.withdraw_consent(record, by=request.user, **form.cleaned_data)
        text = f"{record} is withdrawn."
        leaves = LEAVES & set(form.cleaned_data["what"])
        if leaves and Subject.Status.WITHDRAWN in Subject.flow.after(subject.status):
            messages.success(request, f"{text} Record here if {subject} leaves the trial.")
            return redirect(f"{reverse('subjects:end', args=[subject.pk])}?status=withdrawn")
        return text

    return answer(
        request, form, take_back, effect=(
            "After everything or follow-up visits and calls are withdrawn, no visit of"
            f" {subject} starts."
        ),
        **_about(record, f"Withdraw {record}", "Withdraw consent"),
    )  # fmt: skip
