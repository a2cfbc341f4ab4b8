"""What the addresses of adverse events take."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from core.models import Notice
from core.permissions import Permission
from safety.actions import letters, medications
from safety.models import AdverseEvent
from tests.safety.events import medication, monitor_of, susar
from tests.ways import Way
from tests.world import World
from trials.actions import trials


def safety_ways(world: World) -> dict[str, list[Way]]:
    """A reported SUSAR of which a clock runs, and every step of it."""
    trials.add_country(world.trial, code="DE", name="Germany", by=world.admin)
    event: AdverseEvent = susar(world)
    see: dict[str, Any] = {"see": Permission.ADVERSE_EVENT_VIEW}
    forms = {
        **dict.fromkeys(
            (
                "change_event",
                "mark_serious",
                "downgrade",
                "send_report",
                "correct_awareness",
                "void_event",
            ),
            Permission.ADVERSE_EVENT_LOG,
        ),
        **dict.fromkeys(("assess_causality", "sign_causality"), Permission.CAUSALITY_ASSESS),
        "assess_for_sponsor": Permission.SAFETY_ASSESS,
        "reconcile": Permission.SAFETY_HANDLE,
    }

    def to(name: str, *args: object) -> str:
        return reverse(f"safety:{name}", args=args)

    of_trial: dict[str, Any] = {"at": "trial", "shared": True}
    handle: dict[str, Any] = {"get": Permission.SAFETY_HANDLE, "methods": "GET POST"}
    letter = letters.send_letter(
        world.trial, title="Conjunctivitis", text="Watch eyes.",
        due_on=timezone.localdate(), by=monitor_of(world),
    )  # fmt: skip
    receipt = letter.receipts.get(role="coordinator")
    clock, report = event.clocks.get(code="eu_15"), event.reports.get()
    taken = medications.log_medication(
        event.subject, values=medication(indication="event", event=event, condition=""),
        by=world.coordinator,
    )  # fmt: skip
    take: dict[str, Any] = {"get": Permission.MEDICATION_LOG, "methods": "GET POST"}
    return {
        "safety:event": [Way(to("event", "tmr-204", event.number), **see)],
        "safety:log_event": [
            Way(
                to("log_event", event.subject_id), see=Permission.SUBJECT_VIEW,
                get=Permission.ADVERSE_EVENT_LOG, methods="GET POST",
            )
        ],
        **{
            f"safety:{name}": [Way(to(name, event.pk), get=need, methods="GET POST", **see)]
            for name, need in forms.items()
        },
        "safety:acknowledge": [
            Way(to("acknowledge", report.pk), post=Permission.SAFETY_HANDLE, methods="POST", **see)
        ],
        "safety:record_submission": [
            Way(
                to("record_submission", clock.pk), get=Permission.SAFETY_HANDLE,
                methods="GET POST", **see,
            )
        ],
        "inbox:read": [
            Way(
                reverse("inbox:read", args=[Notice.objects.filter(recipient_id=world.cra.pk)[0].pk]),
                methods="POST", own=True,
            )
        ],
        "safety:set_up": [
            Way(
                to("set_up", "tmr-204"), see=Permission.TRIAL_VIEW,
                get=Permission.ADVERSE_EVENT_VIEW, **of_trial,
            )
        ],
        **{
            f"safety:{name}": [Way(to(name, "tmr-204"), see=Permission.TRIAL_VIEW, **of_trial, **handle)]
            for name in ("set_up_desk", "add_reference")
        },
        "safety:letters": [
            Way(
                to("letters", "tmr-204"), see=Permission.TRIAL_VIEW,
                get=Permission.ADVERSE_EVENT_VIEW, **of_trial,
            )
        ],
        "safety:send_letter": [
            Way(to("send_letter", "tmr-204"), see=Permission.TRIAL_VIEW, **of_trial, **handle)
        ],
        "safety:letter": [Way(to("letter", letter.pk), **see, **of_trial)],
        "safety:acknowledge_letter": [
            Way(
                to("acknowledge_letter", receipt.pk), post=Permission.ADVERSE_EVENT_LOG,
                methods="POST", **see,
            )
        ],
        "safety:log_medication": [
            Way(to("log_medication", event.subject_id), see=Permission.SUBJECT_VIEW, **take)
        ],
        **{
            f"safety:{name}": [Way(to(name, taken.pk), see=Permission.MEDICATION_VIEW, **take)]
            for name in ("change_medication", "void_medication")
        },
        "workspace:subject_medications": [
            Way(
                taken.get_absolute_url(), see=Permission.SUBJECT_VIEW,
                get=Permission.MEDICATION_VIEW,
            )
        ],
        "safety:correct_reference": [
            Way(to("correct_reference", event.reference_id), **see, **of_trial, **handle)
        ],
    }  # fmt: skip
