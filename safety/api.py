"""Adverse events, their reports and their clocks over REST, by subject number."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.resources import Addable, Resource, step
from core.api.shapes import LARGEST_KEY, Changing, Instant, Seen, SeenByWord, Shape, Why, many_of
from core.dates import PartialDate
from safety.actions import assessments, clocks, events, letters, medications, reports
from safety.models import (
    CTCAE_6,
    ActionTaken,
    AdverseEvent,
    Causality,
    GradingTerm,
    Indication,
    LetterReceipt,
    Medication,
    Outcome,
    ReportClock,
    SafetyLetter,
    SafetyReport,
    Seriousness,
    Severity,
)
from subjects.models import Subject
from trials.models import Trial


@extend_schema_field({"type": "string", "example": "2026-06"})
class Known(serializers.Field[PartialDate, str, str, Any]):
    """A date as far as it is known: 2026, 2026-06 or 2026-06-10."""

    def to_internal_value(self, data: Any) -> PartialDate:
        """The date, with what is not known left open."""
        try:
            return PartialDate.read(str(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


class Facts(Shape):
    """What is known of an event; what is left out stays as it is."""

    term = serializers.CharField(required=False, max_length=200)
    grading_term = serializers.SlugRelatedField(
        slug_field="name", queryset=GradingTerm.objects.filter(version=CTCAE_6),
        required=False, allow_null=True, help_text="A term of CTCAE 6.0, with a grade.",
    )  # fmt: skip
    grade = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=5)
    severity = serializers.ChoiceField(choices=Severity.choices, required=False, allow_blank=True)
    onset = Known(required=False)
    ended = Known(required=False, allow_null=True)
    aware_at = Instant(required=False)
    is_special_interest = serializers.BooleanField(required=False)
    action_taken = serializers.ChoiceField(choices=ActionTaken.choices, required=False)
    outcome = serializers.ChoiceField(choices=Outcome.choices, required=False)
    study_drug = serializers.CharField(required=False, allow_blank=True, max_length=200)
    reporter = serializers.CharField(required=False, allow_blank=True, max_length=120)
    narrative = serializers.CharField(required=False, allow_blank=True)


class Logging(Facts):
    """A new event; with a criterion it is serious, and the clock of the site runs."""

    subject = Seen(queryset=Subject.objects.all())
    term = serializers.CharField(max_length=200)
    onset = Known()
    aware_at = Instant()
    criteria = serializers.MultipleChoiceField(choices=Seriousness.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The facts as the action takes them."""
        subject, criteria = attrs.pop("subject"), attrs.pop("criteria", ())
        return {"subject": subject, "criteria": criteria, "values": attrs}


class Change(Facts):
    """What changes of an event; another grade or awareness asks for the reason."""

    reason = serializers.CharField(required=False, max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The facts as the action takes them."""
        return {"reason": attrs.pop("reason", ""), "values": attrs}


class Upgrade(Shape):
    """What makes an event serious, and when the site knew that."""

    criteria = serializers.MultipleChoiceField(choices=Seriousness.choices)
    aware_at = Instant()
    reason = serializers.CharField(required=False, max_length=200)


class Awareness(Why):
    """When the site really knew that an event is serious, and how that is known."""

    aware_at = Instant()


class Cause(Shape):
    """Whether there is a reasonable possibility that the study drug is the cause."""

    is_related = serializers.BooleanField()
    causality = serializers.ChoiceField(choices=Causality.choices, required=False)


class Judgement(Cause):
    """The sponsor's view; expected by the reference safety information in force at onset."""

    is_expected = serializers.BooleanField()


class Sending(Shape):
    """Which version of the report goes to the sponsor, and why it is late where it is."""

    is_final = serializers.BooleanField(default=False)
    late_reason = serializers.CharField(required=False, max_length=200)


class CaseNumber(Shape):
    """The case in the safety database that says the same."""

    case_number = serializers.CharField(max_length=60)


class EventFilters(Changing):
    """Filters of adverse events."""

    trial = serializers.CharField(
        source="subject__trial__code", required=False, help_text="Its code."
    )
    site = serializers.IntegerField(
        source="subject__site_id", required=False, max_value=LARGEST_KEY
    )  # fmt: skip
    subject = serializers.IntegerField(source="subject_id", required=False, max_value=LARGEST_KEY)
    number = serializers.CharField(required=False)
    is_serious = serializers.BooleanField(required=False)
    outcome = many_of(Outcome, "outcome__in")
    onset_from = serializers.DateField(source="onset_to__gte", required=False)
    onset_to = serializers.DateField(source="onset_from__lte", required=False)


class AdverseEventResource(Addable):
    """Something untoward that happened to a subject (FHIR AdverseEvent)."""

    model = AdverseEvent
    filters = EventFilters
    watched = {SafetyReport: "event_id", ReportClock: "event_id"}
    adding, adding_shape, parent = events.log_event, Logging, "subject"
    columns = {
        "id": "pk", "trial": "subject__trial__code", "site": "subject__site_id",
        "site_number": "subject__site__number", "subject": "subject_id",
        "subject_number": "subject__number", "number": "number", "term": "term",
        "grading_term": "grading_term__name", "grading_version": "grading_term__version",
        "grade": "grade", "severity": "severity",
        "onset_from": "onset_from", "onset_to": "onset_to", "ended_from": "ended_from",
        "ended_to": "ended_to", "aware_at": "aware_at", "is_serious": "is_serious",
        "criteria": "criteria", "serious_aware_at": "serious_aware_at",
        "is_special_interest": "is_special_interest", "action_taken": "action_taken",
        "outcome": "outcome", "study_drug": "study_drug", "reporter": "reporter",
        "narrative": "narrative", "is_related": "is_related", "causality": "causality",
        "sponsor_is_related": "sponsor_is_related", "sponsor_causality": "sponsor_causality",
        "is_expected": "is_expected", "reference": "reference__version",
        "case_number": "case_number", "reconciled_on": "reconciled_on", "told_at": "told_at",
        "voided_at": "voided_at", "void_reason": "void_reason",
    }  # fmt: skip

    change_event = step(events.change_event, Change)
    mark_serious = step(events.mark_serious, Upgrade)
    correct_awareness = step(events.correct_awareness, Awareness)
    downgrade = step(events.downgrade, Why)
    void_event = step(events.void_event, Why)
    assess_causality = step(assessments.assess_causality, Cause)
    assess_for_sponsor = step(assessments.assess_for_sponsor, Judgement)
    send_report = step(reports.send_report, Sending)
    reconcile = step(reports.reconcile, CaseNumber)


class OfEventFilters(Changing):
    """Filters of what belongs to an adverse event."""

    trial = serializers.CharField(
        source="event__subject__trial__code", required=False, help_text="Its code."
    )
    event = serializers.IntegerField(source="event_id", required=False, max_value=LARGEST_KEY)


class ReportFilters(OfEventFilters):
    """Filters of SAE reports."""

    is_acknowledged = serializers.BooleanField(source="acknowledged_at__isnull", required=False)

    def validate_is_acknowledged(self, value: bool) -> bool:  # noqa: FBT001 - the framework calls it
        """The lookup asks the other way round."""
        return not value


class SafetyReportResource(Resource):
    """A version of an SAE report as it was sent to the sponsor."""

    model = SafetyReport
    filters = ReportFilters
    columns = {
        "id": "pk", "event": "event_id", "event_number": "event__number", "version": "version",
        "kind": "kind", "content": "content", "is_grave": "is_grave", "sent_at": "sent_at",
        "sent_by_name": "sent_by_name", "late_reason": "late_reason",
        "acknowledged_at": "acknowledged_at", "acknowledged_by_name": "acknowledged_by_name",
    }  # fmt: skip

    acknowledge = step(reports.acknowledge)


class Submission(Shape):
    """When an authority got the report, and its receipt number."""

    at = Instant()
    note = serializers.CharField(default="", allow_blank=True, max_length=200)


class ClockFilters(OfEventFilters):
    """Filters of reporting clocks."""

    is_running = serializers.BooleanField(required=False)
    ends_before = serializers.DateTimeField(source="ends_at__lt", required=False)


class ReportClockResource(Resource):
    """A reporting clock of an adverse event: from when, until when, and when it was met."""

    model = ReportClock
    filters = ClockFilters
    columns = {
        "id": "pk", "event": "event_id", "event_number": "event__number", "code": "code",
        "started_at": "started_at", "ends_at": "ends_at", "time_zone": "zone",
        "is_running": "is_running", "met_at": "met_at", "note": "note",
    }  # fmt: skip

    record_submission = step(clocks.record_submission, Submission)


class Taken(Shape):
    """What a subject takes besides the study drug; what is left out stays as it is."""

    name = serializers.CharField(required=False, max_length=200)
    dose = serializers.CharField(required=False, allow_blank=True, max_length=60)
    frequency = serializers.CharField(required=False, allow_blank=True, max_length=60)
    route = serializers.CharField(required=False, allow_blank=True, max_length=60)
    started = Known(required=False)
    ended = Known(required=False, allow_null=True)
    is_ongoing = serializers.BooleanField(required=False)
    indication = serializers.ChoiceField(choices=Indication.choices, required=False)
    event = Seen(queryset=AdverseEvent.objects.all(), required=False, allow_null=True)
    condition = serializers.CharField(required=False, allow_blank=True, max_length=200)


class Taking(Taken):
    """A medication that is logged."""

    subject = Seen(queryset=Subject.objects.all())
    name = serializers.CharField(max_length=200)
    started = Known()
    indication = serializers.ChoiceField(choices=Indication.choices)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The facts as the action takes them."""
        return {"subject": attrs.pop("subject"), "values": attrs}


class MedicationChange(Taken):
    """What changes of a medication, and why."""

    reason = serializers.CharField(max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The facts as the action takes them."""
        return {"reason": attrs.pop("reason"), "values": attrs}


class MedicationFilters(Changing):
    """Filters of medications."""

    trial = serializers.CharField(
        source="subject__trial__code", required=False, help_text="Its code."
    )
    subject = serializers.IntegerField(source="subject_id", required=False, max_value=LARGEST_KEY)
    event = serializers.IntegerField(source="event_id", required=False, max_value=LARGEST_KEY)
    is_ongoing = serializers.BooleanField(required=False)


class MedicationResource(Addable):
    """A medication besides the study drug (FHIR MedicationStatement)."""

    model = Medication
    filters = MedicationFilters
    adding, adding_shape, parent = medications.log_medication, Taking, "subject"
    columns = {
        "id": "pk", "trial": "subject__trial__code", "subject": "subject_id",
        "subject_number": "subject__number", "name": "name", "dose": "dose",
        "frequency": "frequency", "route": "route", "started_from": "started_from",
        "started_to": "started_to", "ended_from": "ended_from", "ended_to": "ended_to",
        "is_ongoing": "is_ongoing", "indication": "indication", "event": "event_id",
        "condition": "condition", "voided_at": "voided_at", "void_reason": "void_reason",
    }  # fmt: skip

    change_medication = step(medications.change_medication, MedicationChange)
    void_medication = step(medications.void_medication, Why)


class Letter(Shape):
    """A letter to every active site of a trial."""

    trial = SeenByWord(queryset=Trial.objects.all(), slug_field="code")
    title = serializers.CharField(max_length=120)
    text = serializers.CharField()
    due_on = serializers.DateField()


class LetterFilters(Changing):
    """Filters of safety letters."""

    trial = serializers.CharField(source="trial__code", required=False, help_text="Its code.")


class SafetyLetterResource(Addable):
    """What the sponsor told every active site about safety (FHIR Communication)."""

    model = SafetyLetter
    filters = LetterFilters
    adding, adding_shape, parent = letters.send_letter, Letter, "trial"
    columns = {
        "id": "pk", "trial": "trial__code", "title": "title", "text": "text", "due_on": "due_on",
        "sent_at": "sent_at", "sent_by_name": "sent_by_name",
    }  # fmt: skip


class ReceiptFilters(Changing):
    """Filters of receipts."""

    letter = serializers.IntegerField(source="letter_id", required=False, max_value=LARGEST_KEY)
    site = serializers.IntegerField(source="site_id", required=False, max_value=LARGEST_KEY)


class LetterReceiptResource(Resource):
    """That a site has a letter, and who acknowledged it when."""

    model = LetterReceipt
    filters = ReceiptFilters
    columns = {
        "id": "pk", "letter": "letter_id", "site": "site_id", "site_number": "site__number",
        "role": "role", "acknowledged_at": "acknowledged_at",
        "acknowledged_by_name": "acknowledged_by_name",
    }  # fmt: skip

    acknowledge_letter = step(letters.acknowledge_letter)
