"""SAE reports on their way to the sponsor, and what the sponsor does with them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.links import address
from core.permissions import Permission
from core.versions import ConflictError, lock
from safety.actions.clocks import keep_clocks
from safety.actions.voided import refuse_voided
from safety.models import AdverseEvent, SafetyReport


class IncompleteReportError(RefusedError):
    """A report lacks what starts the clock of the sponsor; the form of the event is the way out."""

    step = "Change event"

    def __init__(self, event: AdverseEvent, text: str) -> None:
        self.url = address("safety:change_event", event.pk)
        super().__init__(text)


COPIED = (
    "number", "term", "grade", "severity", "onset_from", "onset_to", "ended_from", "ended_to",
    "aware_at", "serious_aware_at", "criteria", "is_special_interest", "action_taken", "outcome",
    "study_drug", "reporter", "narrative", "is_related", "causality", "void_reason",
)  # fmt: skip


def content(event: AdverseEvent) -> dict[str, Any]:
    """What a report says of an event, as it is now."""
    values = {name: getattr(event, name) for name in COPIED}
    term = event.grading_term
    return {
        name: value if isinstance(value, bool | int | list | None) else str(value)
        for name, value in (values | {"grading_term": str(term) if term else ""}).items()
    }


@action(Permission.ADVERSE_EVENT_LOG, "send SAE report")
def send_report(
    event: AdverseEvent, *, by: User, is_final: bool = False, late_reason: str = ""
) -> SafetyReport:
    """Send what is known as the next version; the first starts the clocks of the sponsor."""
    held = lock(event)
    _refuse_incomplete(held)
    now, version = timezone.now(), held.reports.count() + 1
    if held.reports.filter(kind=SafetyReport.Kind.FINAL).exists() and held.told_at <= _last(held):
        raise ConflictError("The final report is sent, and nothing is new since.")
    open_clock = held.clocks.filter(code="site_24h", is_running=True, met_at=None).first()
    if open_clock is not None and open_clock.ends_at < now and not late_reason.strip():
        raise RefusedError("The 24 h are over. Give the reason why the report is late.")
    report: SafetyReport = SafetyReport.objects.create(
        event=held, version=version, kind=_kind(version, is_final=is_final),
        content=content(held), is_grave=held.is_grave, sent_at=now,
        sent_by_name=by.get_full_name(), late_reason=late_reason.strip()[:200],
    )  # fmt: skip
    keep_clocks(held)
    return report


def _kind(version: int, *, is_final: bool) -> str:
    if version == 1:
        return SafetyReport.Kind.INITIAL
    return SafetyReport.Kind.FINAL if is_final else SafetyReport.Kind.FOLLOW_UP


def _last(event: AdverseEvent) -> Any:
    return event.reports.order_by("-version").values_list("sent_at", flat=True)[0]


def _refuse_incomplete(event: AdverseEvent) -> None:
    if not event.reports.exists():
        refuse_voided(event)
    if not event.is_serious and not event.reports.exists():
        raise RefusedError(f"{event} is not serious. Mark it as serious first.")
    if missing := [name.lower() for name, is_there in event.minimum.items() if not is_there]:
        raise IncompleteReportError(
            event,
            f"Still missing: {' and '.join(missing)}. Without them the sponsor cannot count day 0.",
        )


@action(Permission.SAFETY_HANDLE, "acknowledge SAE report")
def acknowledge(report: SafetyReport, *, by: User) -> SafetyReport:
    """The sponsor has read this version."""
    if report.acknowledged_at is not None:
        raise ConflictError(f"{report.acknowledged_by_name} acknowledged it already.")
    report.acknowledged_at, report.acknowledged_by_name = timezone.now(), by.get_full_name()
    report.save()
    return report


@action(Permission.SAFETY_HANDLE, "reconcile with the safety database")
def reconcile(event: AdverseEvent, *, case_number: str, by: User) -> AdverseEvent:
    """The case in the safety database says the same as this record."""
    if not case_number.strip():
        raise RefusedError("Give the number of the case in the safety database.")
    held = lock(event)
    refuse_voided(held)
    held.case_number, held.reconciled_on = case_number.strip(), timezone.localdate()
    held.save()
    return held
