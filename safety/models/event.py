"""Adverse events of subjects: what happened, how severe and serious, and what is thought of it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import ExpressionWrapper, F, Q, Value
from django.db.models.functions import ExtractDay
from django.db.models.lookups import Exact

from core.access import ScopedModel, ScopeIds
from core.dates import PartialDate
from core.links import address
from core.permissions import Permission
from safety.models.grading import GradingTerm
from safety.models.setup import ReferenceSafetyInformation
from subjects.models import Subject


class Severity(models.TextChoices):
    """How intense an event is, where it is not graded by a dictionary."""

    MILD = "mild", "Mild"
    MODERATE = "moderate", "Moderate"
    SEVERE = "severe", "Severe"


class Seriousness(models.TextChoices):
    """What makes an event serious; any one does."""

    DEATH = "death", "Death"
    LIFE_THREATENING = "life_threatening", "Life-threatening"
    HOSPITAL = "hospital", "Hospital stay or longer stay"
    DISABILITY = "disability", "Disability or incapacity"
    BIRTH_DEFECT = "birth_defect", "Birth defect"
    IMPORTANT = "important", "Other important medical event"


GRAVE = frozenset({Seriousness.DEATH, Seriousness.LIFE_THREATENING})


class Causality(models.TextChoices):
    """How likely the study drug is the cause, in words beside yes or no."""

    UNRELATED = "unrelated", "Unrelated"
    UNLIKELY = "unlikely", "Unlikely"
    POSSIBLE = "possible", "Possible"
    PROBABLE = "probable", "Probable"
    DEFINITE = "definite", "Definite"


class ActionTaken(models.TextChoices):
    """What was done with the study drug."""

    NONE = "none", "Dose not changed"
    REDUCED = "reduced", "Dose reduced"
    INCREASED = "increased", "Dose increased"
    INTERRUPTED = "interrupted", "Interrupted"
    WITHDRAWN = "withdrawn", "Withdrawn"
    NOT_APPLICABLE = "not_applicable", "Not applicable"
    UNKNOWN = "unknown", "Unknown"


class Outcome(models.TextChoices):
    """How an event went out."""

    RECOVERED = "recovered", "Recovered"
    RECOVERING = "recovering", "Recovering"
    NOT_RECOVERED = "not_recovered", "Not recovered"
    SEQUELAE = "sequelae", "Recovered with sequelae"
    FATAL = "fatal", "Fatal"
    UNKNOWN = "unknown", "Unknown"


def _criteria() -> ArrayField[list[str], list[str]]:
    return ArrayField(
        models.CharField(max_length=20, choices=Seriousness.choices), default=list, blank=True
    )


SERIOUS_HAS_A_CRITERION = Q(is_serious=False, criteria=[]) | Q(is_serious=True) & ~Q(criteria=[])
GRADED = Q(grading_term=None, grade=None, severity__in=Severity.values) | Q(
    grading_term__isnull=False, grade__range=(1, 5), severity=""
)


def is_known(name: str) -> Q:
    """The span is one day, one whole month or one whole year, and no other."""
    first, last = f"{name}_from", f"{name}_to"
    next_day = ExpressionWrapper(F(last) + Value(1), output_field=models.DateField())
    months = Q(**{f"{first}__day": 1, f"{first}__year": F(f"{last}__year")}) & Q(
        Exact(ExtractDay(next_day), 1)
    )
    is_month = Q(**{f"{first}__month": F(f"{last}__month")})
    is_year = Q(**{f"{first}__month": 1, f"{last}__month": 12})
    return Q(**{first: F(last)}) | months & (is_month | is_year)


class AdverseEvent(ScopedModel):
    """Something untoward that happened to a subject, whatever its cause."""

    scope = "subject__site"
    view_permission = Permission.ADVERSE_EVENT_VIEW
    reasoned = ("aware_at", "serious_aware_at")

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="adverse_events")
    number = models.CharField(max_length=36, editable=False)
    term = models.CharField("diagnosis, or leading symptom", max_length=200)
    grading_term = models.ForeignKey(
        GradingTerm, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    grade = models.PositiveSmallIntegerField(null=True, blank=True)
    severity = models.CharField(max_length=10, choices=Severity.choices, blank=True)
    # A date of which only month or year is known is kept as its first and its last possible day.
    onset_from = models.DateField()
    onset_to = models.DateField()
    ended_from = models.DateField(null=True, blank=True)
    ended_to = models.DateField(null=True, blank=True)
    aware_at = models.DateTimeField("site became aware")
    aware_on = models.DateField(editable=False)
    is_serious = models.BooleanField("serious", default=False, editable=False)
    criteria = _criteria()
    serious_aware_at = models.DateTimeField("aware that it is serious", null=True, editable=False)
    is_special_interest = models.BooleanField("event of special interest", default=False)
    action_taken = models.CharField(
        "action with study drug", max_length=20, choices=ActionTaken.choices, default="unknown"
    )
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default="unknown")
    study_drug = models.CharField("last dose before onset", max_length=200, blank=True)
    reporter = models.CharField(
        max_length=120, blank=True, help_text="A role, such as investigator or relative; no names."
    )
    narrative = models.TextField("course, tests, treatment", blank=True)
    is_related = models.BooleanField("related, says the investigator", null=True, editable=False)
    causality = models.CharField(max_length=20, choices=Causality.choices, blank=True)
    sponsor_is_related = models.BooleanField("related, says the sponsor", null=True, editable=False)
    sponsor_causality = models.CharField(max_length=20, choices=Causality.choices, blank=True)
    is_expected = models.BooleanField("expected", null=True, editable=False)
    reference = models.ForeignKey(
        ReferenceSafetyInformation, null=True, on_delete=models.PROTECT, related_name="+"
    )
    case_number = models.CharField("case in the safety database", max_length=60, blank=True)
    reconciled_on = models.DateField(null=True, editable=False)
    told_at = models.DateTimeField("last new information", editable=False)
    voided_at = models.DateTimeField(null=True, editable=False)
    void_reason = models.CharField(max_length=200, blank=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject", "number"], name="event_number_once"),
            models.CheckConstraint(
                condition=Q(voided_at=None, void_reason="")
                | Q(voided_at__isnull=False) & ~Q(void_reason=""),
                name="event_voided_with_a_reason",
            ),
            models.CheckConstraint(condition=is_known("onset"), name="event_onset_is_a_date"),
            models.CheckConstraint(
                condition=Q(ended_from=None, ended_to=None)
                | Q(ended_from__isnull=False, ended_to__isnull=False) & is_known("ended"),
                name="event_end_is_a_date",
            ),
            models.CheckConstraint(
                condition=Q(ended_to=None) | Q(ended_to__gte=F("onset_from")),
                name="event_ends_after_onset",
            ),
            models.CheckConstraint(
                condition=Q(aware_on__gte=F("onset_from")), name="event_known_after_onset"
            ),
            models.CheckConstraint(
                condition=SERIOUS_HAS_A_CRITERION, name="event_serious_has_a_criterion"
            ),
            models.CheckConstraint(
                condition=Q(criteria__contained_by=Seriousness.values), name="event_criteria_known"
            ),
            models.CheckConstraint(
                condition=Q(is_serious=False)
                | Q(serious_aware_at__isnull=False, serious_aware_at__gte=F("aware_at")),
                name="event_serious_since_known",
            ),
            models.CheckConstraint(condition=GRADED, name="event_graded_one_way"),
            models.CheckConstraint(
                condition=Q(is_expected=None) | Q(reference__isnull=False),
                name="event_expected_against_a_version",
            ),
            models.CheckConstraint(
                condition=Q(reconciled_on=None) | ~Q(case_number=""),
                name="event_reconciled_has_a_case",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["onset_from", "id"], name="event_by_onset"),
            models.Index(fields=["number", "id"], name="event_by_number"),
            models.Index(fields=["is_serious", "subject"], name="event_serious"),
        ]

    def __str__(self) -> str:
        return f"{'SAE' if self.is_serious else 'AE'} {self.number}"

    def get_absolute_url(self) -> str:
        """The page of the event."""
        return address("safety:event", self.subject.trial.code, self.number)

    @property
    def onset(self) -> PartialDate:
        """When it began, as far as that is known."""
        return PartialDate.spanning(self.onset_from, self.onset_to)

    @property
    def ended(self) -> PartialDate | None:
        """When it ended, as far as that is known."""
        if self.ended_from is None or self.ended_to is None:
            return None
        return PartialDate.spanning(self.ended_from, self.ended_to)

    @property
    def is_grave(self) -> bool:
        """Fatal or life-threatening."""
        return not GRAVE.isdisjoint(self.criteria)

    @property
    def is_suspected(self) -> bool | None:
        """Whether anybody sees a reasonable possibility; the sponsor never overrules the investigator."""
        said = (self.is_related, self.sponsor_is_related)
        return True if True in said else self.is_related

    @property
    def minimum(self) -> dict[str, bool]:
        """The four items without which a report starts no clock of the sponsor."""
        return {
            "Subject": True, "Event": bool(self.term), "Study drug": bool(self.study_drug),
            "Reporter": bool(self.reporter),
        }  # fmt: skip

    @property
    def grade_shown(self) -> str:
        """How severe it is, in words."""
        return f"Grade {self.grade}" if self.grade else self.get_severity_display()

    @property
    def criteria_shown(self) -> str:
        """What makes it serious, in words."""
        return ", ".join(Seriousness(code).label for code in self.criteria)


class OfEvent(ScopedModel):
    """Something that belongs to an adverse event, and is seen with it."""

    scope = "event__subject__site"
    view_permission = Permission.ADVERSE_EVENT_VIEW

    class Meta:
        abstract = True

    def scope_ids(self) -> ScopeIds:
        """Trial, site, place and subject of the event."""
        event: AdverseEvent = self.event  # type: ignore[attr-defined]
        return event.scope_ids()


class Regrading(OfEvent):
    """How severe and how serious an event was held to be from an instant on; nothing is lost."""

    event = models.ForeignKey(AdverseEvent, on_delete=models.PROTECT, related_name="regradings")
    at = models.DateTimeField(auto_now_add=True)
    grading_term = models.ForeignKey(
        GradingTerm, null=True, on_delete=models.PROTECT, related_name="+"
    )
    grade = models.PositiveSmallIntegerField(null=True)
    severity = models.CharField(max_length=10, choices=Severity.choices, blank=True)
    is_serious = models.BooleanField()
    criteria = _criteria()
    reason = models.CharField(max_length=200, blank=True)
    by_name = models.CharField(max_length=150)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=SERIOUS_HAS_A_CRITERION, name="regrading_serious_has_a_criterion"
            ),
            models.CheckConstraint(condition=GRADED, name="regrading_graded_one_way"),
        ]

    def __str__(self) -> str:
        return f"{self.event.number} at {self.at:%Y-%m-%d %H:%M}"
