"""Trials and their schedules of activities over REST."""

from __future__ import annotations

from rest_framework import serializers

from core.api.resources import Resource, WithHistory
from core.api.shapes import Changing, Filters, many_of
from trials.models import (
    ConsentAsked,
    ConsentVersion,
    Country,
    Criterion,
    ProcedureDefinition,
    ScheduleVersion,
    Trial,
    VisitDefinition,
    VisitMatch,
    VisitProcedure,
)


class TrialFilters(Changing):
    """Filters of trials."""

    status = many_of(Trial.Status, "status__in")
    protocol_number = serializers.CharField(required=False)
    sponsor = serializers.CharField(source="sponsor__name", required=False)


class TrialResource(WithHistory):
    """A clinical trial under one protocol (FHIR ResearchStudy, ODM Study)."""

    model = Trial
    filters = TrialFilters
    lookup_field = "code"
    lookup_value_regex = "[-a-zA-Z0-9_]{1,40}"
    columns = {
        "id": "pk", "code": "code", "protocol_number": "protocol_number", "name": "name",
        "title": "title", "sponsor": "sponsor__name", "phase": "phase", "study_type": "study_type",
        "therapeutic_area": "therapeutic_area", "indication": "indication",
        "is_randomised": "is_randomised", "blinding": "blinding",
        "planned_subjects": "planned_subjects", "planned_sites": "planned_sites",
        "status": "status",
    }  # fmt: skip


class InTrial(Changing):
    """Filters of what lies in a trial."""

    trial = serializers.CharField(source="trial__code", required=False, help_text="Its code.")


class CountryResource(WithHistory):
    """A country in a trial."""

    model = Country
    filters = InTrial
    columns = {
        "id": "pk", "trial": "trial__code", "code": "code", "name": "name", "status": "status",
        "planned_sites": "planned_sites", "planned_subjects": "planned_subjects",
    }  # fmt: skip


class ScheduleFilters(InTrial):
    """Filters of schedule versions."""

    status = many_of(ScheduleVersion.Status, "status__in")


class ScheduleResource(WithHistory):
    """A version of a trial's schedule of activities; approved ones never change."""

    model = ScheduleVersion
    filters = ScheduleFilters
    columns = {
        "id": "pk", "trial": "trial__code", "number": "number", "status": "status",
        "approved_at": "approved_at",
    }  # fmt: skip


class InSchedule(Filters):
    """Filters of what lies in a schedule version."""

    schedule = serializers.IntegerField(
        source="version_id", required=False, help_text="Its key.", max_value=2**63 - 1
    )
    trial = serializers.CharField(source="version__trial__code", required=False)


class VisitDefinitionResource(Resource):
    """A visit as the protocol plans it: signed offset from its anchor, and how early or late."""

    model = VisitDefinition
    filters = InSchedule
    columns = {
        "id": "pk", "schedule": "version_id", "lineage": "lineage", "code": "code", "name": "name",
        "position": "position", "timeline": "timeline__name", "epoch": "epoch__name",
        "type": "type", "modality": "modality", "anchor": "anchor", "is_anchor": "is_anchor",
        "after_visit": "after_visit_id", "basis": "basis", "months": "months", "days": "days",
        "minutes": "minutes", "has_window": "has_window", "early_months": "early_months",
        "early_days": "early_days", "early_minutes": "early_minutes",
        "late_months": "late_months", "late_days": "late_days", "late_minutes": "late_minutes",
        "window_text": "window_text", "repeat_group": "repeat_group__name", "nights": "nights",
        "duration": "duration", "is_optional": "is_optional",
    }  # fmt: skip


class ProcedureDefinitionResource(Resource):
    """Something that is done to or asked of a subject."""

    model = ProcedureDefinition
    filters = InSchedule
    columns = {
        "id": "pk", "schedule": "version_id", "lineage": "lineage", "name": "name",
        "group": "group", "position": "position", "performer_role": "performer_role",
        "equipment": "equipment", "is_critical": "is_critical",
    }  # fmt: skip


class CellFilters(Filters):
    """Filters of the cells of a schedule."""

    schedule = serializers.IntegerField(
        source="visit__version_id", required=False, max_value=2**63 - 1
    )
    visit = serializers.IntegerField(source="visit_id", required=False, max_value=2**63 - 1)


class VisitProcedureResource(Resource):
    """A cell of the schedule of activities: which procedure at which visit."""

    model = VisitProcedure
    filters = CellFilters
    columns = {
        "id": "pk", "visit": "visit_id", "procedure": "procedure_id", "need": "need",
        "offsets": "offsets", "is_time_zero": "is_time_zero",
    }  # fmt: skip


class ConsentVersionFilters(Changing):
    """Filters of versions of consent forms."""

    trial = serializers.CharField(source="type__trial__code", required=False, help_text="Its code.")
    number = serializers.CharField(required=False)


class ConsentVersionResource(Resource):
    """A version of a consent form of a trial, and who signs it again by when."""

    model = ConsentVersion
    filters = ConsentVersionFilters
    columns = {
        "id": "pk", "trial": "type__trial__code", "form": "type__name", "form_kind": "type__kind",
        "is_required": "type__is_required", "is_optional": "type__is_optional",
        "number": "number", "dated": "dated", "summary": "summary",
        "must_reconsent": "must_reconsent", "reconsent_rule": "reconsent_rule",
        "reconsent_days": "reconsent_days",
    }  # fmt: skip


class CriterionResource(Resource):
    """An inclusion or exclusion criterion of a schedule version (ODM InclusionExclusionCriteria)."""

    model = Criterion
    filters = InSchedule
    columns = {
        "id": "pk", "trial": "version__trial__code", "schedule": "version_id",
        "category": "category", "identifier": "identifier", "text": "text", "position": "position",
    }  # fmt: skip


class MatchFilters(Filters):
    """Filters of matches of visits."""

    schedule = serializers.IntegerField(
        source="visit__version_id", required=False, max_value=2**63 - 1
    )
    how = many_of(VisitMatch.By, "how__in")


class VisitMatchResource(Resource):
    """From which visit of the version before a visit goes on, and how that is known."""

    model = VisitMatch
    filters = MatchFilters
    columns = {
        "id": "pk", "schedule": "visit__version_id", "visit": "visit_id", "before": "before_id",
        "how": "how", "by_name": "by_name", "at": "at",
    }  # fmt: skip


class AskedConsentResource(Resource):
    """A version of a consent form that subjects sign before they come under a schedule version."""

    model = ConsentAsked
    filters = InSchedule
    columns = {
        "id": "pk", "trial": "version__trial__code", "schedule": "version_id",
        "consent_version": "consent_id", "form": "type__name",
    }  # fmt: skip
