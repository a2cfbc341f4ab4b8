"""What is due about eligibility: the investigator's decision, and the sponsor's about waivers."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce, Concat

from accounts.roles import Role
from core.given import Moment
from core.obligations import Within, rule
from subjects.eligibility import counted
from subjects.models import (
    Booking,
    CriterionAnswer,
    Eligibility,
    Subject,
    SubjectStatus,
    Visit,
    VisitStatus,
    Waiver,
)
from subjects.models.subject import ACTIVE

UNDECIDED = (SubjectStatus.SCREENING, SubjectStatus.ELIGIBLE)


@rule(
    "eligibility.decide", "Eligibility to decide",
    owner=Role.INVESTIGATOR, icon="pen",
    reads=(Eligibility, CriterionAnswer, Waiver, Visit, Booking, Subject),
)  # fmt: skip
def eligibility_to_decide(within: Within, now: Moment) -> QuerySet[Any]:
    """Subjects who were seen in screening and fulfil every criterion, whose decision is not signed."""
    seen = Visit.objects.filter(subject=OuterRef("pk"), status=VisitStatus.COMPLETED)
    rows = counted(Subject.objects.filter(Exists(seen), status__in=UNDECIDED))
    rows = rows.filter(criteria__gt=0, fitting=F("criteria")).exclude(is_decided=True)
    rows = within.narrow(
        rows, trial_id="trial", site_id="site", subject_id="pk", place_id="site__place"
    )
    duties: QuerySet[Any] = rows.annotate(
        subject_id=F("pk"),
        place_id=F("site__place_id"),
        label=Concat(
            Value("Decide eligibility of "), F("number"), output_field=models.TextField()
        ),
        detail=Concat(
            F("trial__protocol_number"), Value(", every criterion is settled"),
            output_field=models.TextField(),
        ),
        url=Concat(
            Value("/trials/"), F("trial__code"), Value("/subjects/"), F("number"),
            Value("/eligibility/"), output_field=models.TextField(),
        ),
        due_on=Coalesce(F("next_visit_on"), F("last_visit_on")),
    )  # fmt: skip
    return duties


@rule(
    "eligibility.waiver", "Waiver of a criterion to decide",
    owner=Role.MEDICAL_MONITOR, ball="sponsor", icon="pen", reads=(Waiver, Subject),
)  # fmt: skip
def waiver_to_decide(within: Within, now: Moment) -> QuerySet[Any]:
    """Waivers that a site requested for subjects in screening or in the trial."""
    subject = "eligibility__subject"
    rows: QuerySet[Any] = Waiver.objects.filter(
        status=Waiver.Status.REQUESTED, eligibility__subject__status__in=ACTIVE
    ).annotate(
        trial_id=F(f"{subject}__trial_id"),
        site_id=F(f"{subject}__site_id"),
        place_id=F(f"{subject}__site__place_id"),
        subject_id=F(f"{subject}_id"),
        label=Concat(
            Value("Decide waiver of "), F("criterion__category"), Value(" criterion "),
            F("criterion__identifier"), output_field=models.TextField(),
        ),
        detail=Concat(
            F(f"{subject}__number"), Value(" "), F(f"{subject}__trial__protocol_number"),
            output_field=models.TextField(),
        ),
        url=Concat(
            Value("/trials/"), F(f"{subject}__trial__code"), Value("/subjects/"),
            F(f"{subject}__number"), Value("/eligibility/"), output_field=models.TextField(),
        ),
        due_on=Coalesce(F(f"{subject}__next_visit_on"), F(f"{subject}__last_visit_on")),
    )  # fmt: skip
    return within.narrow(rows)
