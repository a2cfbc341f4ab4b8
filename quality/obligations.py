"""What is due about issues and deviations: reports, assessments, ethics, serious breaches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat

from accounts.roles import Role
from core.given import Moment
from core.obligations import Within, rule
from quality.models import OWNERS, Capa, CapaAction, CapaStatus, Issue, IssueStatus
from quality.models.issue import OPEN
from subjects.actions.imports import EARLIER
from subjects.models import DeviationDraft, Subject, Visit
from subjects.obligations import at_visit

REPORTED_WITHIN, ASSESSED_WITHIN = timedelta(days=5), timedelta(days=5)
BREACH_WITHIN = timedelta(days=7)  # Regulation (EU) 536/2014, Article 52
SITE_OWNERS = {Role.COORDINATOR, Role.INVESTIGATOR}
ZONE = "site__place__time_zone"


def _day_after(day: Combinable, more: timedelta) -> Combinable:
    """A day so many days after another."""
    later = models.ExpressionWrapper(day + Value(more), output_field=models.DateTimeField())
    return Cast(later, models.DateField())


def _duties(
    rows: QuerySet[Any], within: Within, label: str, due_on: Combinable | F,
    due_at: Combinable | F | None = None,
) -> QuerySet[Any]:  # fmt: skip
    """Issues as duties, in the columns of the obligations table."""
    columns: dict[str, Any] = {
        "trial_id": F("site__trial_id"),
        "place_id": F("site__place_id"),
        "label": Concat(Value(f"{label} "), F("number"), output_field=models.TextField()),
        "detail": Concat(
            Coalesce(F("subject__number"), F("site__number")), Value(" "),
            F("site__trial__protocol_number"), output_field=models.TextField(),
        ),
        "url": Concat(
            Value("/trials/"), F("site__trial__code"), Value("/issues/"), F("number"),
            Value("/"), output_field=models.TextField(),
        ),
        "due_on": due_on,
    }  # fmt: skip
    if due_at is not None:
        columns["due_at"] = due_at
    return within.narrow(rows.annotate(**columns))


def _local(instant: str, more: timedelta) -> Combinable:
    """The day some time after an instant, where the site is."""
    there = models.Func(
        F(ZONE), F(instant) + Value(more), function="timezone", output_field=models.DateTimeField()
    )
    return Cast(there, models.DateField())


@rule(
    "quality.report", "Deviation to report",
    owner=Role.COORDINATOR, icon="flag", reads=(DeviationDraft, Issue, Visit, Subject),
)  # fmt: skip
def to_report(within: Within, now: Moment) -> QuerySet[DeviationDraft]:
    """Deviations that occurred and that nobody has reported; not those of the days before an import."""
    rows: QuerySet[Any] = DeviationDraft.objects.filter(
        state=DeviationDraft.State.OCCURRED, issue=None
    ).exclude(reason=EARLIER)
    day = Coalesce(
        F("visit__performed_on"), F("visit__latest_on"), F("visit__target_on"),
        output_field=models.DateField(),
    )  # fmt: skip
    duties: QuerySet[DeviationDraft] = at_visit(rows, within).annotate(
        label=Concat(Value("Report deviation: "), F("description"), output_field=models.TextField()),
        detail=Concat(
            F("visit__subject__number"), Value(" "), F("visit__subject__trial__protocol_number"),
            output_field=models.TextField(),
        ),
        url=Concat(
            Value("/drafts/"), Cast("pk", models.TextField()), Value("/report/"),
            output_field=models.TextField(),
        ),
        due_on=_day_after(day, REPORTED_WITHIN),
    )  # fmt: skip
    return duties


@rule(
    "quality.assess", "Issue to assess",
    owner=Role.TRIAL_MANAGER, ball="sponsor", icon="flag", reads=(Issue,),
)  # fmt: skip
def to_assess(within: Within, now: Moment) -> QuerySet[Issue]:
    """Reported issues whose class nobody has confirmed."""
    rows = Issue.objects.filter(status=IssueStatus.REPORTED)
    return _duties(rows, within, "Assess", _local("reported_at", ASSESSED_WITHIN))


@rule(
    "quality.explain", "Root cause to give",
    owner=Role.COORDINATOR, icon="pen", reads=(Issue,),
)  # fmt: skip
def to_explain(within: Within, now: Moment) -> QuerySet[Issue]:
    """Assessed issues of which the site has not said why they happened."""
    rows = Issue.objects.filter(status=IssueStatus.ASSESSED, root_cause="")
    return _duties(rows, within, "Give root cause of", _local("reported_at", 3 * ASSESSED_WITHIN))


@rule(
    "quality.ethics", "Issue to report to ethics",
    owner=Role.COORDINATOR, icon="mail", reads=(Issue,),
)  # fmt: skip
def to_tell_ethics(within: Within, now: Moment) -> QuerySet[Issue]:
    """Issues the ethics committee is to be told of."""
    rows = Issue.objects.filter(
        status__in=OPEN, ethics_due_on__isnull=False, ethics_reported_on=None
    )
    return _duties(rows, within, "Report to ethics", F("ethics_due_on"))


@rule(
    "quality.breach", "Suspected serious breach to notify",
    owner=Role.TRIAL_MANAGER, ball="sponsor", icon="alert", reads=(Issue,),
)  # fmt: skip
def breach_to_notify(within: Within, now: Moment) -> QuerySet[Issue]:
    """Suspected serious breaches of which nobody was notified: seven days from awareness."""
    rows = Issue.objects.filter(
        status__in=OPEN, breach_aware_at__isnull=False, breach_notified_at=None, breach_dismissed=""
    )
    due_at = models.ExpressionWrapper(
        F("breach_aware_at") + Value(BREACH_WITHIN), output_field=models.DateTimeField()
    )
    return _duties(
        rows, within, "Notify serious breach", _local("breach_aware_at", BREACH_WITHIN), due_at
    )


@rule(
    "quality.close", "Issue to close",
    owner=Role.TRIAL_MANAGER, ball="sponsor", icon="check-circle", reads=(Issue, Capa),
)  # fmt: skip
def to_close(within: Within, now: Moment) -> QuerySet[Issue]:
    """Issues about which everything is said, a month after they were reported."""
    rows = Issue.objects.filter(
        Q(ethics_due_on=None) | Q(ethics_reported_on__isnull=False),
        Q(breach_aware_at=None) | Q(breach_notified_at__isnull=False) | ~Q(breach_dismissed=""),
        Q(capa=None) | ~Q(capa__status=CapaStatus.OPEN),
        status=IssueStatus.ASSESSED,
    ).exclude(root_cause="")
    return _duties(rows, within, "Close", _local("reported_at", 6 * ASSESSED_WITHIN))


def _of_capa(
    rows: QuerySet[Any], within: Within, label: Combinable, to: str = "", **more: Any
) -> QuerySet[Any]:
    """CAPA or their actions as duties; ``to`` leads to the CAPA, ``more`` are columns it lacks."""
    columns: dict[str, Any] = {
        "trial_id": F(f"{to}site__trial_id"),
        "place_id": F(f"{to}site__place_id"),
        "subject_id": Value(None, output_field=models.BigIntegerField()),
        "label": label,
        "detail": Concat(
            F(f"{to}number"), Value(" "), F(f"{to}site__trial__protocol_number"),
            output_field=models.TextField(),
        ),
        "url": Concat(
            Value("/trials/"), F(f"{to}site__trial__code"), Value("/capas/"), F(f"{to}number"),
            Value("/"), output_field=models.TextField(),
        ),
    }  # fmt: skip
    return within.narrow(rows.annotate(**columns, **more))


BY_CHECK: dict[str, Any] = {"due_on": F("check_on")}


def _words(text: str, name: str) -> Combinable:
    return Concat(Value(f"{text} "), F(name), output_field=models.TextField())


def _act(role: Role) -> None:
    """The duty to carry out an action, for owners under this role."""

    @rule(
        f"quality.act_{role.value}", "Action of a CAPA to carry out",
        owner=role, ball="site" if role in SITE_OWNERS else "sponsor", icon="check-circle",
        reads=(CapaAction, Capa),
    )  # fmt: skip
    def to_act(within: Within, now: Moment) -> QuerySet[CapaAction]:
        """Actions that are neither done nor dropped."""
        rows = CapaAction.objects.filter(
            done_on=None, dropped="", owner_role=role, capa__status=CapaStatus.OPEN
        )
        return _of_capa(
            rows, within, _words("Carry out:", "text"), "capa__", site_id=F("capa__site_id")
        )


for owner in OWNERS:
    _act(owner)


@rule(
    "quality.plan", "CAPA without an action to do",
    owner=Role.COORDINATOR, icon="pen", reads=(Capa, CapaAction),
)  # fmt: skip
def to_plan(within: Within, now: Moment) -> QuerySet[Capa]:
    """CAPA under way for which nobody has anything to do."""
    to_do = CapaAction.objects.filter(done_on=None, dropped="")
    rows = Capa.objects.filter(status=CapaStatus.OPEN).exclude(pk__in=to_do.values("capa"))
    return _of_capa(rows, within, _words("Plan actions:", "title"), **BY_CHECK)


@rule(
    "quality.check", "Effectiveness of a CAPA to check",
    owner=Role.TRIAL_MANAGER, ball="sponsor", icon="search", reads=(Capa,),
)  # fmt: skip
def to_check(within: Within, now: Moment) -> QuerySet[Capa]:
    """CAPA whose actions are done and of which nobody has said whether they helped."""
    rows = Capa.objects.filter(status=CapaStatus.CHECK)
    return _of_capa(rows, within, _words("Check effectiveness:", "title"), **BY_CHECK)


@rule(
    "quality.sign", "CAPA to sign",
    owner=Role.TRIAL_MANAGER, ball="sponsor", icon="pen", reads=(Capa,),
)  # fmt: skip
def to_sign(within: Within, now: Moment) -> QuerySet[Capa]:
    """CAPA that were found effective and are not closed by signature."""
    rows = Capa.objects.filter(status=CapaStatus.EFFECTIVE)
    return _of_capa(rows, within, _words("Sign and close:", "title"), **BY_CHECK)
