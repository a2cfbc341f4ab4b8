"""Staff of a place, their absences and the trial tasks delegated to them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from accounts.models import User
from core.access import ScopedModel
from core.permissions import Permission
from sites.models.place import Place, same, same_text
from sites.models.site import Site


class Person(ScopedModel):
    """A member of staff of a place."""

    scope = "place"
    view_permission = Permission.DIARY_VIEW
    shared_below = True

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="staff")
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="posts"
    )
    name = models.CharField(max_length=150)
    job_title = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField("works here", default=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = "member of staff"
        verbose_name_plural = "staff"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["place", "user"],
                condition=Q(user__isnull=False),
                name="person_once_per_user_and_place",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Absence(ScopedModel):
    """A stretch of time in which a member of staff is away."""

    scope = "person__place"
    view_permission = Permission.DIARY_VIEW
    shared_below = True

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="absences")
    period = DateTimeRangeField()
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(period__isempty=False), name="absence_lasts")
        ]

    def __str__(self) -> str:
        return f"{self.person} away"


class Task(models.TextChoices):
    """What can be delegated in a trial, in the words of delegation logs."""

    CONSENT = "consent", "Obtain informed consent"
    ELIGIBILITY = "eligibility", "Confirm eligibility"
    HISTORY = "history", "Take medical history"
    EXAMINATION = "examination", "Physical examination"
    VISITS = "visits", "Run subject visits"
    VITALS = "vitals", "Vital signs"
    ECG = "ecg", "ECG"
    BLOOD = "blood", "Draw blood"
    SAMPLES = "samples", "Process and ship samples"
    RANDOMISE = "randomise", "Randomise"
    DISPENSE = "dispense", "Dispense study drug"
    ADMINISTER = "administer", "Administer study drug"
    ACCOUNTABILITY = "accountability", "Drug accountability"
    ASSESS_AE = "assess_ae", "Assess adverse events"
    REPORT_SAE = "report_sae", "Report serious adverse events"
    RATING = "rating", "Rating scales and questionnaires"
    SOURCE = "source", "Keep source documents"
    DATA_ENTRY = "data_entry", "Enter data and answer queries"
    SCHEDULE = "schedule", "Schedule visits"
    ETHICS = "ethics", "Correspond with the ethics committee"
    SITE_FILE = "site_file", "Keep the site file"
    PHONE = "phone", "Call subjects"


class Delegation(ScopedModel):
    """A task of a trial delegated to a person for a time."""

    scope = "site"
    view_permission = Permission.SITE_VIEW

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="delegations")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="delegations")
    task = models.CharField(max_length=20, choices=Task.choices)
    during = DateRangeField(help_text="an open end means until further notice")

    class Meta:
        constraints: ClassVar = [
            ExclusionConstraint(
                name="delegation_no_overlap",
                expressions=[
                    same("site_id"),
                    same("person_id"),
                    same_text("task"),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_task_display()}: {self.person}"
