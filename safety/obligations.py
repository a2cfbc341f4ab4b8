"""What is due about adverse events: reports, assessments, and clocks of the authorities."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Case, F, Max, Min, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat

from accounts.roles import Role
from core.given import Moment
from core.obligations import Within, rule
from safety.clocks import TABLE
from safety.models import (
    AdverseEvent,
    LetterReceipt,
    ReferenceSafetyInformation,
    ReportClock,
    SafetyReport,
)
from safety.models.report import SITE_CLOCKS
from safety.queries import in_force
from subjects.models import Subject

DAY = timedelta(days=1)
ASSESSED_WITHIN = timedelta(days=7)  # a clock of 7 days may be running that nobody knows of
TITLE = Case(*(When(code=one.code, then=Value(one.title)) for one in TABLE))  # of a clock
AT_SITE = "site__place__time_zone"


def _after(field: str, more: timedelta) -> Combinable:
    """An instant some time after the one in a column."""
    return models.ExpressionWrapper(F(field) + Value(more), output_field=models.DateTimeField())


def _duties(
    rows: QuerySet[Any], within: Within, label: str, due_at: Combinable, *, event: str = "",
    zone: str = "",
) -> QuerySet[Any]:  # fmt: skip
    """Rows of events as duties, in the columns of the obligations table."""
    subject = f"{event}subject"
    local = models.Func(
        F(zone or f"{subject}__{AT_SITE}"), due_at, function="timezone",
        output_field=models.DateTimeField(),
    )  # fmt: skip
    columns: dict[str, Any] = {
        "trial_id": F(f"{subject}__trial_id"),
        "site_id": F(f"{subject}__site_id"),
        "place_id": F(f"{subject}__site__place_id"),
        "label": Concat(
            Value(f"{label} "), F(f"{event}number"), output_field=models.TextField()
        ),
        "detail": Concat(
            F(f"{event}term"), Value(", "), F(f"{subject}__trial__protocol_number"),
            output_field=models.TextField(),
        ),
        "url": Concat(
            Value("/trials/"), F(f"{subject}__trial__code"), Value("/events/"),
            F(f"{event}number"), Value("/"), output_field=models.TextField(),
        ),
        "due_at": due_at,
        "due_on": Cast(local, models.DateField()),
    }  # fmt: skip
    if event:
        columns["subject_id"] = F(f"{subject}_id")
    return within.narrow(rows.annotate(**columns))


READS = (AdverseEvent, SafetyReport, ReportClock, Subject)


@rule(
    "safety.report_due",
    "SAE report to the sponsor due",
    owner=Role.COORDINATOR,
    icon="alert",
    reads=READS,
)
def report_due(within: Within, now: Moment) -> QuerySet[ReportClock]:
    """Clocks of the site that run."""
    rows = ReportClock.objects.filter(code__in=SITE_CLOCKS, is_running=True, met_at=None)
    return _duties(rows, within, "Send SAE report", F("ends_at"), event="event__")


@rule(
    "safety.follow_up",
    "SAE follow-up to the sponsor due",
    owner=Role.COORDINATOR,
    icon="alert",
    reads=READS,
)
def follow_up_due(within: Within, now: Moment) -> QuerySet[AdverseEvent]:
    """Reported events of which something is new since the last version was sent."""
    rows = AdverseEvent.objects.alias(last=Max("reports__sent_at")).filter(last__lt=F("told_at"))
    return _duties(rows, within, "Send follow-up of", _after("told_at", DAY))


@rule(
    "safety.causality",
    "Causality of an SAE to assess",
    owner=Role.INVESTIGATOR,
    icon="pen",
    reads=READS,
)
def causality_to_assess(within: Within, now: Moment) -> QuerySet[AdverseEvent]:
    """Serious events of which the investigator has not said whether the study drug is the cause."""
    rows = AdverseEvent.objects.filter(is_serious=True, is_related=None, voided_at=None)
    return _duties(rows, within, "Assess causality of", _after("serious_aware_at", DAY))


@rule(
    "safety.acknowledge", "SAE report to acknowledge",
    owner=Role.MEDICAL_MONITOR, ball="sponsor", icon="inbox", reads=READS,
)  # fmt: skip
def report_to_acknowledge(within: Within, now: Moment) -> QuerySet[SafetyReport]:
    """Versions of SAE reports that the sponsor has not acknowledged."""
    rows = SafetyReport.objects.filter(acknowledged_at=None)
    return _duties(rows, within, "Acknowledge report of", _after("sent_at", DAY), event="event__")


@rule(
    "safety.assess", "SAE to assess for the sponsor",
    owner=Role.MEDICAL_MONITOR, ball="sponsor", icon="pen",
    reads=(*READS, ReferenceSafetyInformation),
)  # fmt: skip
def event_to_assess(within: Within, now: Moment) -> QuerySet[AdverseEvent]:
    """Reported serious events without the sponsor's view, due before the shortest clock could end.

    A view by reference safety information that was not in force at the onset is none.
    """
    rows = AdverseEvent.objects.filter(is_serious=True, voided_at=None)
    rows = rows.alias(in_force=in_force()).filter(
        Q(is_expected=None) | ~Q(reference=F("in_force")) & Q(in_force__isnull=False)
    )
    rows = rows.annotate(received_at=Min("reports__sent_at")).filter(received_at__isnull=False)
    return _duties(rows, within, "Assess", _after("received_at", ASSESSED_WITHIN))


@rule(
    "safety.clock", "SUSAR to report to an authority",
    owner=Role.MEDICAL_MONITOR, ball="sponsor", icon="alert", reads=READS,
)  # fmt: skip
def authority_clock(within: Within, now: Moment) -> QuerySet[ReportClock]:
    """Clocks of the sponsor that run, which do so for serious, suspected and unexpected events only."""
    rows = ReportClock.objects.filter(is_running=True, met_at=None).exclude(code__in=SITE_CLOCKS)
    due = _duties(rows, within, "Report SUSAR", F("ends_at"), event="event__", zone="zone")
    named: QuerySet[ReportClock] = due.annotate(
        detail=Concat(
            TITLE, Value(", "), F("event__subject__trial__protocol_number"),
            output_field=models.TextField(),
        )
    )  # fmt: skip
    return named


def _letters(within: Within, role: str) -> QuerySet[LetterReceipt]:
    """Letters that nobody in this role has acknowledged at a site, in the columns of duties."""
    columns: dict[str, Any] = {
        "trial_id": F("site__trial_id"), "place_id": F("site__place_id"),
        "subject_id": Value(None, output_field=models.BigIntegerField()),
        "label": Concat(
            Value("Acknowledge safety letter: "), F("letter__title"), output_field=models.TextField()
        ),
        "detail": Concat(
            F("site__number"), Value(", "), F("site__trial__protocol_number"),
            output_field=models.TextField(),
        ),
        "url": Concat(
            Value("/letters/"), Cast("letter_id", models.TextField()), Value("/"),
            output_field=models.TextField(),
        ),
        "due_on": F("letter__due_on"),
    }  # fmt: skip
    rows = LetterReceipt.objects.filter(acknowledged_at=None, role=role)
    return within.narrow(rows.annotate(**columns))


@rule(
    "safety.letter", "Safety letter to acknowledge",
    owner=Role.COORDINATOR, icon="mail", reads=(LetterReceipt,),
)  # fmt: skip
def letter_to_acknowledge(within: Within, now: Moment) -> QuerySet[LetterReceipt]:
    """Letters that wait for the coordinator of a site."""
    return _letters(within, LetterReceipt.For.COORDINATOR)


@rule(
    "safety.letter_investigator", "Safety letter to acknowledge as investigator",
    owner=Role.INVESTIGATOR, icon="mail", reads=(LetterReceipt,),
)  # fmt: skip
def letter_for_investigator(within: Within, now: Moment) -> QuerySet[LetterReceipt]:
    """Letters that wait for the investigator of a site."""
    return _letters(within, LetterReceipt.For.INVESTIGATOR)
