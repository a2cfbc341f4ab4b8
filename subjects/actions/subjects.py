"""Subjects from screening to the end, who they are and what to know when booking them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Length
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.addresses import refuse_name
from core.dates import show_day
from core.permissions import Permission
from core.versions import ConflictError
from sites.models import Site, SiteStatus
from subjects.actions.follow import adopt_at_site
from subjects.actions.gates import refuse_to_enrol, refuse_unsigned
from subjects.actions.plan import call_off, hold, replan
from subjects.eligibility import failed_of
from subjects.identity import fingerprint_of
from subjects.models import (
    Contact,
    LeavingReason,
    Preference,
    Subject,
    SubjectAnchor,
    SubjectIdentity,
    SubjectStatus,
    Visit,
)
from subjects.models.reasons import coded, in_words, terms
from subjects.models.subject import ENDED, SUBJECT_NUMBER
from trials.models import AnchorKind

S = SubjectStatus


@action(Permission.SUBJECT_SCREEN, "add to screening")
def screen(
    site: Site, *, on: date, by: User, consented_on: date | None = None, number: str = "",
    birth_year: int | None = None, sex: str = "u", previous: Subject | None = None,
    identity: Mapping[str, str] | None = None,
) -> Subject:  # fmt: skip
    """Add a person to screening; visits are laid out from the site's effective schedule."""
    _refuse_to_screen(site, on, consented_on)
    number = number.strip() or next_number(site)
    refuse_name(SUBJECT_NUMBER, number)
    subject = Subject(
        trial_id=site.trial_id, site=site, number=number, screening_number=number,
        screened_on=on, consented_on=consented_on, birth_year=birth_year, sex=sex,
        previous=previous,
    )  # fmt: skip
    try:
        with transaction.atomic():
            subject.save()
    except IntegrityError as error:
        raise ConflictError(
            f"Subject number {number} is taken in this trial. Leave it empty to get the next one."
        ) from error
    Subject.flow.begin(subject, on=on, by=by)
    set_anchor_date(subject, AnchorKind.SCREENING, on)
    set_anchor_date(subject, AnchorKind.CONSENT, consented_on or on)
    if identity and any(identity.values()):
        identify(subject, values=identity, by=by)
    adopt_at_site(subject, on)
    replan(subject, by=by)
    count(site)
    return subject


def _refuse_to_screen(site: Site, on: date, consented_on: date | None) -> None:
    if site.status != SiteStatus.OPEN:
        raise RefusedError(
            f"{site} is {site.get_status_display().lower()}; subjects can be screened"
            " while a site is open for enrolment."
        )
    today = timezone.localdate(timezone=site.place.zone)
    if on > today:
        raise RefusedError("The screening day has not come yet.")
    if consented_on is not None and consented_on > today:
        raise RefusedError("The day of consent has not come yet. Check the day.")


def next_number(site: Site) -> str:
    """The next free subject number of a site."""
    Site.objects.select_for_update(of=("self",)).get(pk=site.pk)
    numbers = Subject.objects.filter(
        trial_id=site.trial_id, number__regex=rf"^{re.escape(site.number)}-[0-9]{{3,}}$"
    )
    last = numbers.order_by(Length("number").desc(), "-number").first()
    count = int(last.number.rsplit("-", 1)[1]) if last else 0
    return f"{site.number}-{count + 1:03d}"


def set_anchor_date(subject: Subject, code: str, on: date, reason: str = "") -> None:
    """Set the date visits count from; a date already recorded changes with a reason only."""
    held = SubjectAnchor.objects.filter(subject=subject, code=code).first()
    if held is not None and held.on != on and not reason.strip():
        raise RefusedError(
            f"{held.get_code_display()} is recorded as {show_day(held.on)}."
            " Give the reason for another date."
        )
    SubjectAnchor.objects.update_or_create(
        subject=subject, code=code, defaults={"on": on, "is_provisional": False}
    )


@action(Permission.SUBJECT_STATUS, "set anchor")
def set_anchor(subject: Subject, *, code: str, on: date, by: User, reason: str = "") -> Subject:
    """Say when something happened that visits count from; open visits move with it."""
    hold([subject.pk])
    set_anchor_date(subject, code, on, reason)
    replan(subject, by=by)
    return subject


@action(Permission.SUBJECT_STATUS, "record eligible")
def find_eligible(subject: Subject, *, on: date, by: User) -> Subject:
    """Screening showed that the subject may take part; where there are criteria, this is signed instead."""
    refuse_unsigned(subject)
    Subject.flow.move(subject, S.ELIGIBLE, by=by, on=on)
    return subject


@action(Permission.SUBJECT_STATUS, "enrol")
def enrol(subject: Subject, *, on: date, by: User, reason: str = "") -> Subject:
    """Take the subject into the trial, with valid consents and the decision that it is eligible."""
    refuse_to_enrol(subject, on)
    Subject.flow.move(subject, S.ENROLLED, by=by, on=on, enrolled_on=on)
    set_anchor_date(subject, AnchorKind.ENROLLED, on, reason)
    replan(subject, by=by)
    count(subject.site)
    return subject


@action(Permission.SUBJECT_STATUS, "start treatment")
def start_treatment(subject: Subject, *, on: date, by: User, reason: str = "") -> Subject:
    """Record the first dose; visits that count from it move to their final dates."""
    Subject.flow.move(subject, S.ON_TREATMENT, by=by, on=on)
    for code in (AnchorKind.FIRST_DOSE, AnchorKind.DAY_1):
        set_anchor_date(subject, code, on, reason)
    replan(subject, by=by)
    return subject


@action(Permission.SUBJECT_STATUS, "start follow-up")
def start_follow_up(subject: Subject, *, on: date, by: User) -> Subject:
    """Treatment has ended and follow-up begins."""
    Subject.flow.move(subject, S.FOLLOW_UP, by=by, on=on)
    return subject


@action(Permission.SUBJECT_STATUS, "end participation")
def end(
    subject: Subject, *, status: str, on: date, by: User, reason_code: str = "", reason: str = ""
) -> Subject:
    """The subject leaves: screen failed, completed, withdrew, was lost, died or ended early."""
    if status not in ENDED:
        raise RefusedError("That is not a way to leave a trial.")
    if status == S.SCREEN_FAILED:
        reason = _with_criteria(subject, reason_code, reason)
    code, said = why(status, reason_code, reason.strip())
    Subject.flow.move(
        subject, status, by=by, on=on, reason=said, ended_on=on, reason_code=code,
        status_reason=reason.strip()[:200],
    )  # fmt: skip
    call_off(subject, said or subject.get_status_display(), on=on, by=by)
    count(subject.site)
    return subject


def _with_criteria(subject: Subject, code: str, reason: str) -> str:
    """Which criteria failed, in front of what is said; refused where none of them is answered so."""
    failed = failed_of(subject, code)
    if failed is None:
        return reason
    if not failed:
        raise RefusedError(
            f"No {code} criterion of {subject} is answered as failed."
            " Answer the criterion on the Eligibility page first, or choose another reason."
        )
    said = ", ".join(failed)
    return f"{said}: {reason}" if reason.strip() else said


def why(status: str, code: str, text: str) -> tuple[str, str]:
    """The coded reason of leaving this way, and the reason in words."""
    chosen = terms(status)
    if not chosen:
        own = coded(status, text)
        if code not in {"", own[0]}:
            raise RefusedError("Nothing is to be chosen for this way of leaving. Leave it out.")
        return own
    if code not in chosen:
        raise RefusedError(f"Choose the reason: {', '.join(term.label for term in chosen)}.")
    if code == LeavingReason.OTHER and not text:
        raise RefusedError("Say what the other reason is.")
    return code, in_words(code, text)


@action(Permission.SUBJECT_STATUS, "find again")
def find_again(subject: Subject, *, status: str, on: date, by: User, reason: str) -> Subject:
    """A subject lost to follow-up is back."""
    Subject.flow.move(
        subject,
        status,
        by=by,
        on=on,
        reason=reason,
        ended_on=None,
        reason_code="",
        status_reason="",
    )
    lost = Visit.objects.filter(subject=subject, status=Visit.Status.CANCELLED, latest_on__gte=on)
    Visit.flow.move_all(lost, Visit.Status.PLANNED, by=by, on=on, reason=reason, outcome_reason="")
    replan(subject, by=by)
    count(subject.site)
    return subject


@action(Permission.SUBJECT_SCREEN, "rescreen")
def rescreen(previous: Subject, *, on: date, consented_on: date, by: User) -> Subject:
    """Screen a failed subject again, as a new subject with a fresh consent."""
    if previous.status != S.SCREEN_FAILED:
        raise RefusedError(
            f"{previous} is {previous.get_status_display().lower()};"
            " only a screen failure can be screened again."
        )
    if previous.ended_on is not None and consented_on < previous.ended_on:
        raise RefusedError("Rescreening needs a consent given after the screen failure.")
    if Subject.objects.filter(previous=previous).exists():
        raise ConflictError(f"{previous} was already screened again.")
    subject = screen(
        previous.site, on=on, consented_on=consented_on, birth_year=previous.birth_year,
        sex=previous.sex, previous=previous, by=by,
    )  # fmt: skip
    held = SubjectIdentity.objects.filter(subject=previous).first()
    if held is not None:
        SubjectIdentity.objects.create(
            subject=subject, name=held.name, phone=held.phone, email=held.email, born=held.born,
            fingerprint=held.fingerprint,
        )  # fmt: skip
    return subject


@action(Permission.IDENTITY_EDIT, "change identity")
def identify(subject: Subject, *, values: Mapping[str, str], by: User) -> SubjectIdentity:
    """Keep who the subject is, encrypted and for the site only."""
    made, _ = SubjectIdentity.objects.update_or_create(subject=subject, defaults=dict(values))
    fingerprint = fingerprint_of({"name": made.name, "born": made.born})
    if fingerprint != made.fingerprint:
        SubjectIdentity.objects.filter(pk=made.pk).update(fingerprint=fingerprint)
    return made


@action(Permission.CONTACT_LOG, "change preferences")
def prefer(subject: Subject, *, values: Mapping[str, str], by: User) -> Preference:
    """Keep what to know when booking the subject."""
    made, _ = Preference.objects.update_or_create(subject=subject, defaults=dict(values))
    return made


@action(Permission.CONTACT_LOG, "log contact")
def log_contact(
    subject: Subject, *, at: datetime, channel: str, result: str, by: User, summary: str = "",
    follow_up_on: date | None = None,
) -> Contact:  # fmt: skip
    """Log a call, message or conversation with a subject."""
    if at > timezone.now():
        raise RefusedError("The contact lies in the future. Check date and time.")
    return Contact.objects.create(
        subject=subject, at=at, channel=channel, result=result, summary=summary,
        follow_up_on=follow_up_on, by_name=by.get_full_name(),
    )  # fmt: skip


def count(site: Site) -> None:
    """Keep the numbers of subjects that every site list shows."""
    count_all([site.pk])


def count_all(site_ids: list[int]) -> None:
    """Keep the numbers of subjects of many sites in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sites_site s SET screened = f.screened, enrolled = f.enrolled,"
            " active = f.active, last_enrolled_on = f.last_on"
            " FROM (SELECT g.id, count(p.id) AS screened, count(p.enrolled_on) AS enrolled,"
            "   count(p.id) FILTER (WHERE p.status <> ALL(%s)) AS active,"
            "   max(p.enrolled_on) AS last_on"
            "  FROM (SELECT id FROM sites_site WHERE id = ANY(%s) ORDER BY id"
            "   FOR NO KEY UPDATE) AS g"
            "  LEFT JOIN subjects_subject p ON p.site_id = g.id AND p.status <> 'in_error'"
            "  GROUP BY g.id) f WHERE s.id = f.id",
            [[status.value for status in ENDED], site_ids],
        )
