"""What subjects decided about consent forms: recorded, corrected, voided and taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from core.access import can
from core.actions import RefusedError, action
from core.dates import local_day, show_day
from core.permissions import Permission
from core.versions import ConflictError, lock
from documents.actions import add_document, add_version
from documents.content import Content
from documents.models import DocumentKind
from sites.models import ConsentApproval, Delegation, Person, Site, Task
from subjects.actions.follow import catch_up
from subjects.actions.plan import hold, refuse_without_reason
from subjects.actions.subjects import set_anchor
from subjects.actions.uncovered import draft_uncovered, withdraw_covered
from subjects.consents import standing
from subjects.models import Consent, ConsentNote, ConsentWithdrawal, Subject, Visit, VisitStatus
from trials.models import AnchorKind, ConsentKind, ConsentVersion


@dataclass(frozen=True, slots=True)
class Signed:
    """What stands on the signed form; the instant where its time is known."""

    version: ConsentVersion
    language: str
    signed_on: date
    explainer: Person
    signed_at: datetime | None = None
    signer: str = Consent.Signer.SUBJECT
    decision: str = Consent.Decision.GIVEN
    is_copy_given: bool = True


@action(Permission.CONSENT_RECORD, "record consent")
def record_consent(subject: Subject, *, signed: Signed, by: User, note: str = "") -> Consent:
    """Keep what a subject signed; the first main consent is the day the subject consented."""
    (subject,) = hold([subject.pk])
    _refuse(subject, signed)
    consent = Consent(
        subject=subject, type_id=signed.version.type_id, zone=subject.site.place.time_zone,
        **values_of(signed),
    )  # fmt: skip
    _keep(consent)
    _take_down(consent, note)
    _keep_day(subject, consent, by=by)
    withdraw_covered(consent)
    catch_up(subject, by=by)
    return consent


@action(Permission.CONSENT_RECORD, "correct consent")
def correct_consent(
    consent: Consent, *, signed: Signed, reason: str, by: User, note: str | None = None,
    revision: int | None = None,
) -> Consent:  # fmt: skip
    """Put right what was typed wrong; the trail keeps both, with the reason."""
    refuse_without_reason(reason)
    (subject,) = hold([consent.subject_id])
    held = _open(consent, revision)
    if signed.version.type_id != held.type_id:
        raise RefusedError(
            f"{signed.version} is another form than {held.type}."
            " Void this consent and record the other."
        )
    _refuse(subject, signed, but=held)
    for name, value in values_of(signed).items():
        setattr(held, name, value)
    _keep(held)
    if note is not None:
        _take_down(held, note)
    withdraw_covered(held)
    catch_up(subject, by=by)
    return held


@action(Permission.CONSENT_RECORD, "void consent")
def void_consent(
    consent: Consent, *, reason: str, by: User, revision: int | None = None
) -> Consent:
    """Set aside what was recorded by mistake; it stays to be read, and counts no more."""
    refuse_without_reason(reason)
    hold([consent.subject_id])
    held = _open(consent, revision)
    held.voided_at, held.void_reason = timezone.now(), reason.strip()[:200]
    held.save(update_fields=["voided_at", "void_reason"])
    draft_uncovered(held)
    return held


@action(Permission.CONSENT_RECORD, "attach scan of consent")
def attach_scan(consent: Consent, *, content: Content, by: User) -> Consent:
    """Keep the signed form itself, at the site; another one supersedes what is there."""
    held = _open(consent)
    if held.scan is not None:
        if not can(by, Permission.DOCUMENT_ADD, held.scan):
            raise RefusedError(
                f"The signed form is kept at site {held.scan.site}. Ask there to replace it."
            )
        add_version(held.scan, content=content, is_identifying=True, by=by)
        return held
    subject = held.subject
    held.scan = add_document(
        subject.site, kind=DocumentKind.CONSENT, title=f"Signed form of {subject.number}",
        content=content, is_identifying=True, by=by,
    )  # fmt: skip
    held.save(update_fields=["scan"])
    return held


@action(Permission.CONSENT_RECORD, "withdraw consent")
def withdraw_consent(
    consent: Consent, *, what: Iterable[str], on: date, by: User, reason: str = ""
) -> Consent:
    """The subject takes a consent back, for parts of the trial or for all of it."""
    (subject,) = hold([consent.subject_id])
    held = _open(consent)
    if held.decision != Consent.Decision.GIVEN:
        raise RefusedError(f"{held} was refused, so there is nothing to take back.")
    if on > timezone.localdate(timezone=subject.site.place.zone):
        raise RefusedError("That day has not come yet. Choose today or an earlier day.")
    if on < held.signed_on:
        raise RefusedError(
            f"{held} was signed on {show_day(held.signed_on)}. Choose that day or later."
        )
    if not (chosen := set(what)):
        raise RefusedError("Say what the subject no longer agrees to.")
    try:
        with transaction.atomic():
            ConsentWithdrawal.objects.bulk_create(
                ConsentWithdrawal(consent=held, what=part, on=on, reason=reason.strip()[:200])
                for part in sorted(chosen)
            )
    except IntegrityError as error:
        raise ConflictError(f"{held} is withdrawn for this already. See its page.") from error
    return held


def values_of(signed: Signed) -> dict[str, object]:
    """The fields of a consent, by name."""
    return {field.name: getattr(signed, field.name) for field in fields(signed)}


def _open(consent: Consent, revision: int | None = None) -> Consent:
    """The consent as it is now, locked; refused where it is voided."""
    held = lock(consent, revision)
    if held.voided_at is not None:
        raise ConflictError(f"{held} is voided. Record it anew.")
    return held


def _refuse(subject: Subject, signed: Signed, but: Consent | None = None) -> None:
    """Everything that is wrong with a signed form, the first of it said with the way out."""
    _refuse_the_day(subject, signed)
    if signed.version.type.trial_id != subject.trial_id:
        raise RefusedError(
            f"{signed.version} belongs to another trial. Choose a version of {subject.trial}."
        )
    if signed.decision == Consent.Decision.REFUSED and not signed.version.type.is_optional:
        raise RefusedError(
            f"{signed.version.type} is not optional. Whoever does not sign it does not take part:"
            " record a screen failure instead."
        )
    _refuse_version(subject.site, signed)
    _refuse_explainer(subject.site, signed)
    _refuse_after_visit(subject, signed, but)


def _refuse_the_day(subject: Subject, signed: Signed) -> None:
    zone = subject.site.place.zone
    if signed.signed_on > timezone.localdate(timezone=zone):
        raise RefusedError("The consent is signed on a day that has not come yet. Check the day.")
    if signed.signed_at is not None:
        if signed.signed_at > timezone.now():
            raise RefusedError("The consent is signed at a time that has not come yet.")
        if local_day(signed.signed_at, zone) != signed.signed_on:
            raise RefusedError("Day and time of the signature do not agree. Check both.")
    if subject.ended_on is not None and signed.signed_on > subject.ended_on:
        raise RefusedError(
            f"{subject} left the trial on {show_day(subject.ended_on)}."
            " A consent is signed on that day or earlier."
        )


def _refuse_version(site: Site, signed: Signed) -> None:
    """The version must be in use on the day, in the language that was signed."""
    on = signed.signed_on
    approvals = ConsentApproval.objects.filter(
        site=site, type_id=signed.version.type_id, during__contains=on
    ).select_related("version")
    in_use = list(approvals.order_by("-during", "language"))
    asked = (signed.version.pk, signed.language)
    if any((row.version_id, row.language) == asked for row in in_use):
        return
    what = f"{signed.version} ({signed.language}) was not in use at {site} on {show_day(on)}."
    valid = [
        f"v{row.version.number} ({row.language}), ethics approval {show_day(row.approved_on)}"
        for row in in_use
    ]
    if valid:
        raise RefusedError(f"{what} In use that day: {'; '.join(valid)}.")
    raise RefusedError(
        f"{what} No version of {signed.version.type} was. Check the day, or record the ethics"
        " approval at the site."
    )


def explainers(site: Site, on: date) -> QuerySet[Person]:
    """Who could obtain consent at a site on a day."""
    held = Delegation.objects.filter(site=site, task=Task.CONSENT, during__contains=on)
    found: QuerySet[Person] = Person.objects.filter(pk__in=held.values("person"))
    return found.order_by("name")


def _refuse_explainer(site: Site, signed: Signed) -> None:
    on = signed.signed_on
    able = list(explainers(site, on))
    if signed.explainer in able:
        return
    names = ", ".join(person.name for person in able)
    way_out = f"Delegated that day: {names}." if able else "Delegate the task first."
    raise RefusedError(
        f"“{Task.CONSENT.label}” was not delegated to {signed.explainer} at {site} on"
        f" {show_day(on)}. {way_out}"
    )


def _refuse_after_visit(subject: Subject, signed: Signed, but: Consent | None) -> None:
    """What is needed before visits is signed before the first of them, or on its day."""
    type_ = signed.version.type
    if not type_.is_required:
        return
    others = standing().filter(subject=subject, type=type_).exclude(pk=but.pk if but else None)
    before = others.order_by("signed_on").values_list("signed_on", flat=True).first()
    done = Visit.objects.filter(
        subject=subject, status=VisitStatus.COMPLETED, performed_on__lt=signed.signed_on
    )
    if before is not None:
        done = done.filter(performed_on__lt=before)
    visit = done.order_by("performed_on", "pk").first()
    if visit is not None:
        raise RefusedError(
            f"{visit.name} took place on {show_day(visit.performed_on)}, before this consent of"
            f" {show_day(signed.signed_on)}. {type_} is signed before visits: correct the day"
            " that was signed, or the day of the visit."
        )


def _keep(consent: Consent) -> None:
    """Write the consent; the same version stands once."""
    try:
        with transaction.atomic():
            consent.save()
    except IntegrityError as error:
        twin = Consent.objects.filter(
            subject=consent.subject_id, version=consent.version_id, decision=consent.decision,
            voided_at=None,
        ).exclude(pk=consent.pk)  # fmt: skip
        if (held := twin.first()) is None:
            raise
        raise ConflictError(
            f"{held} is recorded already, signed on {show_day(held.signed_on)}."
            " Correct or void that one."
        ) from error
    consent.refresh_from_db()


def _take_down(consent: Consent, note: str) -> None:
    """Keep how the conversation went, for the site only."""
    if note.strip() or ConsentNote.objects.filter(consent=consent).exists():
        ConsentNote.objects.update_or_create(consent=consent, defaults={"text": note.strip()})


def _keep_day(subject: Subject, consent: Consent, *, by: User) -> None:
    """Where nothing was said of the day of consent, the first main consent says it."""
    if consent.type.kind != ConsentKind.MAIN or subject.consented_on is not None:
        return
    Subject.objects.filter(pk=subject.pk).update(consented_on=consent.signed_on)
    set_anchor(
        subject, code=AnchorKind.CONSENT, on=consent.signed_on, by=by,
        reason="Main consent recorded",
    )  # fmt: skip
