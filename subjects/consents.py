"""Which consents subjects hold, and which they must hold: one query for a subject or a whole site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest, JSONObject

from core.dates import show_day
from core.given import Moment
from sites.models import ConsentApproval
from subjects.courses import here
from subjects.models import Consent, ConsentWithdrawal, Subject, SubjectStatus
from subjects.models.subject import ACTIVE
from trials.models import ConsentType, MustReconsent, ReconsentRule

DAY = models.DateField()
# What a subject may take back and still not be seen any more.
ENDING = (ConsentWithdrawal.Scope.FOLLOW_UP, ConsentWithdrawal.Scope.ALL)
HERE = "subject__site__place__time_zone"


def standing(on: date | None = None) -> QuerySet[Any]:
    """Consents that are given, not voided and not taken back; on a day gone by, as of that day."""
    ended = ConsentWithdrawal.objects.filter(consent=OuterRef("pk"), what__in=ENDING)
    rows: QuerySet[Any] = Consent.objects.filter(voided_at=None, decision=Consent.Decision.GIVEN)
    if on is not None:
        ended, rows = ended.filter(on__lte=on), rows.filter(signed_on__lte=on)
    return rows.filter(~Exists(ended))


def latest(on: date | None = None) -> QuerySet[Any]:
    """Of each form the consent a subject holds: the standing one that was signed last."""
    later = standing(on).filter(
        Q(signed_on__gt=OuterRef("signed_on"))
        | Q(signed_on=OuterRef("signed_on"), pk__gt=OuterRef("pk")),
        subject=OuterRef("subject_id"),
        type=OuterRef("type_id"),
    )
    return standing(on).filter(~Exists(later))


def outdated(now: Moment, on: date | None = None) -> QuerySet[Any]:
    """Held consents that a version in use since asks to be signed anew, of subjects in the trial.

    Each with ``since``, the first day in use of that version, its ``rule``, the day by which it
    is to be signed, and the version in use on the day that is asked about.
    """
    rows = _with_versions(_with_days(latest(on).filter(subject__status__in=ACTIVE), now, on))
    within = Func(F("since"), F("days"), arg_joiner=" + ", template="(%(expressions)s)")
    within.output_field = DAY
    sign_by = Case(
        When(rule=ReconsentRule.DAYS, then=within),
        default=Greatest(F("since"), F("subject__next_visit_on")),
        output_field=DAY,
    )
    rows = rows.filter(since__isnull=False, wanted__isnull=False)
    found: QuerySet[Any] = rows.exclude(wanted=F("version_id")).annotate(sign_by=sign_by)
    return found


# The approvals of the form of a consent at the site of its subject, in the language that was signed.
THERE = {
    "site": OuterRef("subject__site_id"),
    "type": OuterRef("type_id"),
    "language": OuterRef("language"),
}


def _with_days(rows: QuerySet[Any], now: Moment, on: date | None) -> QuerySet[Any]:
    """The day that is asked about, and from when the signed version was in use."""
    held = ConsentApproval.objects.filter(**THERE, version=OuterRef("version_id"))
    found: QuerySet[Any] = rows.annotate(
        day=here(HERE, now) if on is None else Value(on, DAY),
        held_since=Coalesce(
            Subquery(held.values("during__startswith")[:1], output_field=DAY), F("signed_on")
        ),
        asked_as=Case(
            When(
                subject__status=SubjectStatus.ON_TREATMENT, then=Value(MustReconsent.ON_TREATMENT)
            ),
            default=Value(MustReconsent.ACTIVE),
        ),
    )
    return found


def _with_versions(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The first version since that asks the subject to sign anew, and the one in use on the day."""
    asks = ConsentApproval.objects.filter(
        Q(version__must_reconsent=MustReconsent.ACTIVE)
        | Q(version__must_reconsent=OuterRef("asked_as")),
        **THERE,
        during__startswith__gt=OuterRef("held_since"),
        during__startswith__lte=OuterRef("day"),
    ).order_by("during")
    current = ConsentApproval.objects.filter(**THERE, during__contains=OuterRef("day"))
    found: QuerySet[Any] = rows.annotate(
        since=Subquery(asks.values("during__startswith")[:1], output_field=DAY),
        rule=Subquery(asks.values("version__reconsent_rule")[:1]),
        days=Subquery(asks.values("version__reconsent_days")[:1]),
        wanted=Subquery(current.values("version")[:1]),
        wanted_number=Subquery(current.values("version__number")[:1]),
    )
    return found


@dataclass(frozen=True, slots=True)
class Need:
    """A consent form needed before visits, on a day: what is held, and what is to be signed."""

    type_id: int
    name: str
    version_id: int | None  # in use at the site; none where nothing is approved
    number: str
    approved_on: date | None
    held_number: str
    held_on: date | None
    rule: str
    sign_by: date | None

    @property
    def is_missing(self) -> bool:
        """Whether the subject holds no consent of this form."""
        return self.held_on is None

    def blocks(self, on: date) -> bool:
        """Whether no visit may go on that day: missing, or to be signed by that visit or day."""
        if self.is_missing:
            return True
        if self.sign_by is None:
            return False
        return self.rule == ReconsentRule.NEXT_VISIT or on > self.sign_by

    def text(self, subject: Subject) -> str:
        """What is missing, and what was signed instead, in words."""
        if self.version_id is None and self.is_missing:
            return (
                f"{self.name} is needed before visits, and no version of it is in use at"
                f" {subject.site} on that day. Record its ethics approval at the site first."
            )
        if self.is_missing:
            return (
                f"{subject} has not signed {self.name}, which is needed before visits."
                f" Record v{self.number} first."
            )
        return (
            f"{subject} must sign {self.name} v{self.number} first: v{self.held_number} was"
            f" signed on {show_day(self.held_on or date.min)}. Record v{self.number}, then go on."
        )


def needs(subject: Subject, on: date, now: Moment) -> list[Need]:
    """What the subject holds and must hold of every form needed before visits: one query."""
    of_type = {"subject": subject.pk, "type": OuterRef("pk")}
    held = latest(on).filter(**of_type)
    late = outdated(now, on).filter(**of_type)
    valid = ConsentApproval.objects.filter(
        site=subject.site_id, type=OuterRef("pk"), during__contains=on
    ).order_by("-during")
    rows = ConsentType.objects.filter(trial=subject.trial_id, is_required=True).annotate(
        held=Subquery(held.values(j=JSONObject(number="version__number", on="signed_on"))[:1]),
        late=Subquery(
            late.values(
                j=JSONObject(id="wanted", number="wanted_number", rule="rule", by="sign_by")
            )[:1]
        ),
        valid=Subquery(
            valid.values(j=JSONObject(id="version_id", number="version__number", on="approved_on"))[
                :1
            ]
        ),
    )
    return [_need(row) for row in rows.order_by("pk")]


def _need(row: Any) -> Need:
    held, late, valid = row.held or {}, row.late or {}, row.valid or {}
    wanted = late or valid
    return Need(
        type_id=row.pk,
        name=row.name,
        version_id=wanted.get("id"),
        number=wanted.get("number", ""),
        approved_on=_day(valid.get("on")),
        held_number=held.get("number", ""),
        held_on=_day(held.get("on")),
        rule=late.get("rule", ""),
        sign_by=_day(late.get("by")),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@dataclass(frozen=True, slots=True)
class Told:
    """A consent in words, with how it stands."""

    url: str
    version: str
    on: date
    how: str
    chip: tuple[str, str]

    @property
    def text(self) -> str:
        """The consent on one line."""
        return f"{self.version} {self.chip[1].lower()}, {self.how}"


def consents_of(subject: Subject) -> list[Told]:
    """What a subject signed, the newest first, with what was voided."""
    rows = Consent.objects.filter(subject=subject)
    shown = rows.select_related("version__type", "explainer").prefetch_related("withdrawals")
    return [
        Told(
            row.get_absolute_url(), str(row.version), row.signed_on,
            f"{row.language}, {row.get_signer_display().lower()},"
            f" explained by {row.explainer.name}",
            _chip(row),
        )
        for row in shown.order_by("-signed_on", "-pk")
    ]  # fmt: skip


def _chip(consent: Consent) -> tuple[str, str]:
    if consent.voided_at is not None:
        return "", "Voided"
    if consent.withdrawals.all():
        return "warn", "Withdrawn"
    is_given = consent.decision == Consent.Decision.GIVEN
    return ("ok" if is_given else ""), consent.get_decision_display()
