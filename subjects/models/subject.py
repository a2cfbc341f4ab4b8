"""Subjects by number; who they are is kept apart and encrypted."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from core.access import ScopedModel, ScopeIds
from core.addresses import name_like, pattern
from core.encryption import EncryptedTextField
from core.flow import Flow
from core.links import address
from core.permissions import Permission
from sites.models import Site
from subjects.models.reasons import LeavingReason, fits_status, reason_shown
from trials.models import AnchorKind, ScheduleVersion, Trial


class SubjectStatus(models.TextChoices):
    """Where a subject is on the way through the trial."""

    PRE_SCREENED = "pre_screened", "Pre-screened"
    SCREENING = "screening", "In screening"
    SCREEN_FAILED = "screen_failed", "Screen failed"
    ELIGIBLE = "eligible", "Eligible"
    ENROLLED = "enrolled", "Enrolled"
    ON_TREATMENT = "on_treatment", "On treatment"
    FOLLOW_UP = "follow_up", "In follow-up"
    COMPLETED = "completed", "Completed"
    TERMINATED = "terminated", "Terminated early"
    WITHDRAWN = "withdrawn", "Withdrew consent"
    LOST = "lost", "Lost to follow-up"
    DECEASED = "deceased", "Deceased"
    IN_ERROR = "in_error", "Entered in error"


S = SubjectStatus
IN_SCREENING = (S.PRE_SCREENED, S.SCREENING, S.ELIGIBLE)
IN_TRIAL = (S.ENROLLED, S.ON_TREATMENT, S.FOLLOW_UP)
ACTIVE = (*IN_SCREENING, *IN_TRIAL)
ENDED = (S.SCREEN_FAILED, S.COMPLETED, S.TERMINATED, S.WITHDRAWN, S.LOST, S.DECEASED, S.IN_ERROR)
LEAVING = (S.TERMINATED, S.WITHDRAWN, S.LOST, S.DECEASED)


class Sex(models.TextChoices):
    """Sex as recorded for the trial."""

    FEMALE = "f", "female"
    MALE = "m", "male"
    UNKNOWN = "u", "not recorded"


NUMBERS = pattern("import")
SUBJECT_NUMBER = name_like(NUMBERS)


class Subject(ScopedModel):
    """A person in screening or in the trial, known by number."""

    Status = SubjectStatus
    scope = "site"
    view_permission = Permission.SUBJECT_VIEW
    reasoned = ("number",)
    flow = Flow(
        {
            S.PRE_SCREENED: {S.SCREENING, S.SCREEN_FAILED, S.IN_ERROR},
            S.SCREENING: {S.ELIGIBLE, S.SCREEN_FAILED, S.ENROLLED, S.WITHDRAWN, S.DECEASED, S.LOST, S.IN_ERROR},
            S.ELIGIBLE: {S.ENROLLED, S.SCREEN_FAILED, S.WITHDRAWN, S.DECEASED, S.LOST, S.IN_ERROR},
            S.ENROLLED: {S.ON_TREATMENT, S.FOLLOW_UP, S.COMPLETED, *LEAVING, S.IN_ERROR},
            S.ON_TREATMENT: {S.FOLLOW_UP, S.COMPLETED, *LEAVING, S.IN_ERROR},
            S.FOLLOW_UP: {S.COMPLETED, *LEAVING, S.IN_ERROR},
            S.LOST: {S.ON_TREATMENT, S.FOLLOW_UP, S.DECEASED, S.WITHDRAWN},
            S.WITHDRAWN: {S.DECEASED},
            S.TERMINATED: {S.DECEASED},
            S.COMPLETED: {S.DECEASED},
        },
        reasons={S.SCREEN_FAILED, S.TERMINATED, S.WITHDRAWN, S.LOST, S.IN_ERROR},
    )  # fmt: skip

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="subjects")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="subjects")
    screening_number = models.CharField(max_length=30)
    number = models.CharField(
        max_length=30, validators=[SUBJECT_NUMBER], help_text="for example 1042-007"
    )
    status = models.CharField(
        max_length=20, choices=SubjectStatus.choices, default=SubjectStatus.SCREENING
    )
    reason_code = models.CharField(max_length=20, choices=LeavingReason.choices, blank=True)
    status_reason = models.CharField(max_length=200, blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    sex = models.CharField(max_length=1, choices=Sex.choices, default=Sex.UNKNOWN)
    screened_on = models.DateField()
    consented_on = models.DateField(null=True, blank=True)
    enrolled_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    previous = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="rescreened_as"
    )
    next_visit = models.ForeignKey(
        "subjects.Visit", null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    next_visit_on = models.DateField(null=True, editable=False)
    last_visit_on = models.DateField(null=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["trial", "number"], name="subject_number_once"),
            models.UniqueConstraint(
                fields=["trial", "screening_number"], name="subject_screening_number_once"
            ),
            models.CheckConstraint(
                condition=Q(number__regex=NUMBERS),
                name="subject_number_stands_in_an_address",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[*IN_SCREENING, S.SCREEN_FAILED, S.IN_ERROR, *LEAVING])
                | Q(enrolled_on__isnull=False),
                name="subject_enrolled_has_a_date",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=ENDED) | Q(ended_on__isnull=False),
                name="subject_ended_has_a_date",
            ),
            models.CheckConstraint(
                condition=Q(enrolled_on=None) | Q(enrolled_on__gte=F("screened_on")),
                name="subject_enrolled_after_screening",
            ),
            models.CheckConstraint(
                condition=Q(status__in=SubjectStatus.values), name="subject_status_known"
            ),
            models.CheckConstraint(condition=fits_status(), name="subject_reason_fits_status"),
            models.CheckConstraint(
                condition=~Q(reason_code=LeavingReason.OTHER) | ~Q(status_reason=""),
                name="subject_other_reason_is_said",
            ),
            models.CheckConstraint(
                condition=Q(birth_year=None) | Q(birth_year__range=(1900, 2100)),
                name="subject_birth_year_sane",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "site"], name="subject_in_status"),
            models.Index(
                fields=["next_visit_on", "id"], include=["site", "status"], name="subject_by_visit"
            ),
            models.Index(
                OpClass(Upper("number"), "varchar_pattern_ops"), name="subject_number_begins"
            ),
            models.Index(
                OpClass(Upper("screening_number"), "varchar_pattern_ops"),
                name="subject_screening_begins",
            ),
            models.Index(fields=["site", "status", "number"], name="subject_of_site"),
            models.Index(fields=["trial", "status", "number"], name="subject_of_trial"),
            models.Index(fields=["trial", "next_visit_on", "id"], name="subject_by_next_visit"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """The page of the subject."""
        return address("workspace:subject", self.trial.code, self.number)

    @property
    def why_left(self) -> str:
        """Why the subject left, in words; what the status says by itself is not said again."""
        return reason_shown(self.status, self.reason_code, self.status_reason)

    def scope_ids(self) -> ScopeIds:
        """Trial, site, place and the subject itself."""
        ids = super().scope_ids()
        return ScopeIds(ids.trial_id, ids.site_id, ids.place_id, self.pk)


class SubjectIdentity(ScopedModel):
    """Who a subject is: encrypted, and never shown outside the site."""

    scope = "subject__site"
    view_permission = Permission.IDENTITY_VIEW
    masked = ("fingerprint",)

    subject = models.OneToOneField(Subject, on_delete=models.PROTECT, related_name="identity")
    name = EncryptedTextField()
    phone = EncryptedTextField(blank=True, default="")
    email = EncryptedTextField(blank=True, default="")
    born = EncryptedTextField("date of birth", blank=True, default="")
    fingerprint = models.CharField(
        max_length=64, blank=True, default="", editable=False, db_index=True,
        help_text="keyed hash of name and date of birth; empty where either is not known",
    )  # fmt: skip
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name_plural = "subject identities"

    def __str__(self) -> str:
        return f"Identity of {self.subject.number}"


class Preference(ScopedModel):
    """What to know when booking a subject: times, fasting, transport, interpreter."""

    scope = "subject__site"
    view_permission = Permission.CONTACT_VIEW

    class Part(models.TextChoices):
        """The part of the day the subject prefers."""

        ANY = "any", "Any time"
        MORNING = "morning", "Mornings"
        AFTERNOON = "afternoon", "Afternoons"

    class Reminded(models.TextChoices):
        """How the subject agreed to be reminded."""

        NOT = "not", "Not reminded"
        EMAIL = "email", "By e-mail, automatically"
        PHONE = "phone", "By a call of the site"

    class Language(models.TextChoices):
        """The languages in which reminders are written."""

        EN = "en", "English"
        DE = "de", "Deutsch"
        FR = "fr", "Français"
        ES = "es", "Español"
        PL = "pl", "Polski"

    subject = models.OneToOneField(Subject, on_delete=models.PROTECT, related_name="preference")
    part_of_day = models.CharField(max_length=10, choices=Part.choices, default=Part.ANY)
    weekdays = models.CharField(
        max_length=13, blank=True, help_text="days that suit, for example 0,2,4 for Mon, Wed, Fri"
    )
    availability = models.CharField(max_length=200, blank=True)
    fasting = models.CharField(max_length=200, blank=True)
    transport = models.CharField(max_length=200, blank=True)
    interpreter = models.CharField(max_length=200, blank=True)
    channel = models.CharField("preferred contact", max_length=60, blank=True)
    reminder = models.CharField(
        "reminded of visits", max_length=5, choices=Reminded.choices, default=Reminded.NOT,
        help_text="What the subject agreed to.",
    )  # fmt: skip
    language = models.CharField(
        "language of reminders", max_length=2, choices=Language.choices, default=Language.EN
    )
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(reminder__in=("not", "email", "phone")),
                name="preference_reminder_known",
            ),
            models.CheckConstraint(
                condition=Q(language__in=("en", "de", "fr", "es", "pl")),
                name="preference_language_known",
            ),
        ]

    def __str__(self) -> str:
        return f"Preferences of {self.subject.number}"


class Contact(ScopedModel):
    """A call, message or conversation with a subject."""

    scope = "subject__site"
    view_permission = Permission.CONTACT_VIEW

    class Channel(models.TextChoices):
        """How the contact was made."""

        PHONE = "phone", "Phone"
        MESSAGE = "message", "Text message"
        EMAIL = "email", "E-mail"
        LETTER = "letter", "Letter"
        IN_PERSON = "in_person", "In person"

    class Result(models.TextChoices):
        """What came of it."""

        REACHED = "reached", "Reached"
        VOICEMAIL = "voicemail", "Left voicemail"
        NO_ANSWER = "no_answer", "No answer"
        WRONG_NUMBER = "wrong_number", "Wrong number"
        SENT = "sent", "Sent automatically"

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="contacts")
    at = models.DateTimeField()
    channel = models.CharField(max_length=10, choices=Channel.choices)
    result = models.CharField(max_length=12, choices=Result.choices)
    summary = models.TextField(blank=True)
    follow_up_on = models.DateField(null=True, blank=True)
    by_name = models.CharField(max_length=150)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["subject", "-at"], name="contact_of_subject")]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} with {self.subject.number}"


class SubjectSchedule(ScopedModel):
    """From when a subject follows which schedule version."""

    scope = "subject__site"
    view_permission = Permission.SUBJECT_VIEW

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="schedules")
    version = models.ForeignKey(ScheduleVersion, on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    consent = models.ForeignKey(
        "subjects.Consent", null=True, on_delete=models.PROTECT, related_name="+",
        help_text="what was signed before, where the version asks for it",
    )  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject", "from_on"], name="subject_schedule_once")
        ]

    def __str__(self) -> str:
        return f"{self.version} for {self.subject}"


class SubjectAnchor(ScopedModel):
    """A date from which visits of a subject count."""

    scope = "subject__site"
    view_permission = Permission.SUBJECT_VIEW
    reasoned = ("on",)

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="anchors")
    code = models.CharField(max_length=20, choices=AnchorKind.choices)
    on = models.DateField()
    is_provisional = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject", "code"], name="subject_anchor_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_code_display()} of {self.subject}"


class Transfer(ScopedModel):
    """A subject's move from one site to another, done or on a day to come; both keep the history."""

    class State(models.TextChoices):
        """Whether the subject has moved."""

        PLANNED = "planned", "Planned"
        DONE = "done", "Done"
        CALLED_OFF = "called_off", "Called off"

    scope = "subject__site"
    view_permission = Permission.SUBJECT_VIEW

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="transfers")
    from_site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="transfers_out")
    to_site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="transfers_in")
    on = models.DateField()
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject"], condition=Q(state="planned"), name="transfer_planned_once"
            ),
            models.CheckConstraint(
                condition=~Q(from_site=F("to_site")), name="transfer_goes_elsewhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} to {self.to_site}"
