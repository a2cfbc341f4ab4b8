"""Issues, first of all protocol deviations: what happened, how grave it is, why, and who was told."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from core.access import ScopedModel
from core.flow import Flow
from core.links import address
from core.permissions import Permission
from quality.models.capa import Capa
from quality.models.cause import RootCause
from sites.models import Site
from subjects.models import DeviationDraft, Subject, Visit


class IssueKind(models.TextChoices):
    """What is dealt with."""

    DEVIATION = "deviation", "Protocol deviation"
    OBSERVATION = "observation", "Observation"
    DATA = "data", "Data issue"
    SAFETY = "safety", "Safety concern"
    GCP = "gcp", "GCP non-compliance"
    OVERSIGHT = "oversight", "Oversight issue"
    COMPLAINT = "complaint", "Complaint"
    RISK = "risk", "Risk mitigation"
    FOLLOW_UP = "follow_up", "Follow-up"


class Category(models.TextChoices):
    """What the protocol or good practice was not followed in."""

    CONSENT_DOCUMENTS = "consent_documents", "Consent missing or incomplete"
    CONSENT_VERSION = "consent_version", "Wrong consent version"
    CONSENT_LATE = "consent_late", "Consent not obtained before procedures"
    RECONSENT_MISSED = "reconsent_missed", "Re-consent missed"
    INCLUSION = "inclusion", "Inclusion criterion not met"
    EXCLUSION = "exclusion", "Exclusion criterion met"
    NOT_WITHDRAWN = "not_withdrawn", "Not withdrawn when criteria were met"
    SAFETY_ETHICS = "safety_ethics", "Safety event not reported to ethics in time"
    SAFETY_LATE = "safety_late", "Safety event not reported in time"
    BEFORE_APPROVAL = "before_approval", "Enrolled before approval"
    GCP = "gcp", "GCP violation"
    RANDOMISATION = "randomisation", "Wrong randomisation process"
    MISSED_ASSESSMENT = "missed_assessment", "Missed assessment"
    MISSED_VISIT = "missed_visit", "Missed visit"
    OUT_OF_WINDOW = "out_of_window", "Visit out of window"
    MEDICATION = "medication", "Prohibited medication"
    PROCEDURE = "procedure", "Procedure not as specified"
    DOCUMENTS = "documents", "Regulatory or training documents missing"
    DOSING = "dosing", "Dosing compliance"
    NOT_RETURNED = "not_returned", "Product not returned"
    STORAGE = "storage", "Storage or temperature"
    WRONG_KIT = "wrong_kit", "Wrong kit"
    ACCOUNTABILITY = "accountability", "Accountability"
    UNBLINDING = "unblinding", "Unblinding"
    SAMPLE_MISSED = "sample_missed", "Sample missed"
    SAMPLE_HANDLING = "sample_handling", "Sample mishandled or mistimed"
    SOURCE = "source", "Source missing"
    CONFIDENTIALITY = "confidentiality", "Confidentiality breach"
    OTHER = "other", "Other"


class Classification(models.TextChoices):
    """How grave an issue is."""

    MINOR = "minor", "Minor"
    MAJOR = "major", "Major"
    CRITICAL = "critical", "Critical"


class IssueStatus(models.TextChoices):
    """How far an issue is dealt with."""

    REPORTED = "reported", "Reported"
    ASSESSED = "assessed", "Assessed"
    CLOSED = "closed", "Closed"
    VOIDED = "voided", "Voided"


S, K = IssueStatus, IssueKind
OPEN = (S.REPORTED, S.ASSESSED)
_OF_DRAFT = {
    DeviationDraft.Kind.OUT_OF_WINDOW: Category.OUT_OF_WINDOW,
    DeviationDraft.Kind.MISSED_VISIT: Category.MISSED_VISIT,
    DeviationDraft.Kind.MISSED_PROCEDURE: Category.MISSED_ASSESSMENT,
    DeviationDraft.Kind.MISTIMED_SAMPLE: Category.SAMPLE_HANDLING,
    DeviationDraft.Kind.ELIGIBILITY: Category.INCLUSION,
    DeviationDraft.Kind.CONSENT: Category.CONSENT_LATE,
}  # fmt: skip


def category_of(draft: DeviationDraft) -> Category:
    """The category that a draft is most likely of."""
    return _OF_DRAFT[DeviationDraft.Kind(draft.kind)]


class Issue(ScopedModel):
    """A departure from the protocol, or something else to deal with, at a site and mostly of a subject.

    It may turn out to be of another kind; its number stays, and so does everything said of it.
    """

    Status, Kind = IssueStatus, IssueKind
    scope = "site"
    view_permission = Permission.DEVIATION_VIEW
    reasoned = ("classification", "kind")
    flow = Flow(
        {
            S.REPORTED: {S.ASSESSED, S.VOIDED},
            S.ASSESSED: {S.CLOSED, S.VOIDED},
            S.CLOSED: {S.ASSESSED},
        },
        reasons={S.VOIDED},
    )

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="issues")
    subject = models.ForeignKey(
        Subject, null=True, blank=True, on_delete=models.PROTECT, related_name="issues"
    )
    visit = models.ForeignKey(
        Visit, null=True, blank=True, on_delete=models.PROTECT, related_name="issues"
    )
    draft = models.OneToOneField(
        DeviationDraft, null=True, on_delete=models.PROTECT, related_name="issue"
    )
    capa = models.ForeignKey(
        Capa, null=True, blank=True, on_delete=models.PROTECT, related_name="issues"
    )
    number = models.CharField(max_length=40, editable=False)
    kind = models.CharField(
        "type", max_length=12, choices=IssueKind.choices, default=IssueKind.DEVIATION
    )
    status = models.CharField(
        max_length=10, choices=IssueStatus.choices, default=IssueStatus.REPORTED
    )
    category = models.CharField(max_length=20, choices=Category.choices, blank=True)
    proposed = models.CharField(
        "proposed class", max_length=10, choices=Classification.choices,
        default=Classification.MINOR,
    )  # fmt: skip
    classification = models.CharField(
        "confirmed class", max_length=10, choices=Classification.choices, blank=True
    )
    is_important = models.BooleanField("important protocol deviation", null=True)
    happened_on = models.DateField("happened")
    aware_on = models.DateField("site became aware")
    reported_at = models.DateTimeField(editable=False)
    what = models.TextField("what happened", help_text="No names.")
    effect = models.TextField("effect on the subject or the data")
    is_monitor_told = models.BooleanField("medical monitor told", default=False)
    root_cause = models.CharField(max_length=14, choices=RootCause.choices, blank=True)
    why = models.TextField("why it happened", blank=True)
    correction = models.TextField("what was done about it at once", blank=True)
    ethics_due_on = models.DateField("ethics report due", null=True, blank=True)
    ethics_reported_on = models.DateField("reported to ethics", null=True, blank=True)
    breach_aware_at = models.DateTimeField("suspected serious breach, sponsor aware", null=True)
    breach_notified_at = models.DateTimeField("serious breach notified", null=True)
    breach_dismissed = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "number"], name="issue_number_once"),
            models.CheckConstraint(
                condition=Q(aware_on__gte=F("happened_on")),
                name="issue_known_after_it_happened",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[S.REPORTED, S.VOIDED]) | ~Q(classification=""),
                name="issue_assessed_has_a_class",
            ),
            models.CheckConstraint(
                condition=~Q(status=S.CLOSED) | ~Q(root_cause=""),
                name="issue_closed_has_a_root_cause",
            ),
            models.CheckConstraint(
                condition=Q(breach_notified_at=None, breach_dismissed="")
                | Q(breach_aware_at__isnull=False),
                name="issue_breach_was_suspected",
            ),
            models.CheckConstraint(
                condition=Q(visit=None) | Q(subject__isnull=False),
                name="issue_visit_has_a_subject",
            ),
            models.CheckConstraint(
                condition=Q(status__in=IssueStatus.values), name="issue_status_known"
            ),
            models.CheckConstraint(condition=Q(kind__in=IssueKind.values), name="issue_kind_known"),
            models.CheckConstraint(
                condition=Q(category__in=Category.values) | Q(category="") & ~Q(kind=K.DEVIATION),
                name="issue_deviation_has_a_category",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["happened_on", "id"], name="issue_by_day"),
            models.Index(fields=["site", "status"], name="issue_of_site"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """The page of the issue."""
        return address("quality:issue", self.site.trial.code, self.number)

    @property
    def is_deviation(self) -> bool:
        """Whether the protocol was not followed."""
        return self.kind == K.DEVIATION

    @property
    def title(self) -> str:
        """What it is: the category of a deviation, the kind of anything else."""
        return self.get_category_display() if self.is_deviation else self.get_kind_display()

    @property
    def is_open(self) -> bool:
        """Whether something may still be said of it."""
        return self.status in OPEN

    @property
    def is_breach_open(self) -> bool:
        """Whether it is suspected to be a serious breach that nobody was notified of yet."""
        is_over = self.breach_notified_at is not None or bool(self.breach_dismissed)
        return self.breach_aware_at is not None and not is_over

    @property
    def days_to_report(self) -> int:
        """Days from when the site became aware until it reported."""
        reported_on = self.reported_at.astimezone(self.site.place.zone).date()
        return max(0, (reported_on - self.aware_on).days)
