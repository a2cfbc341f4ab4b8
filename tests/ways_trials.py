"""What every address of trials, their protocols and schedules takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.urls import reverse

from core.permissions import Permission
from tests.ways import Way
from tests.world import World
from trials.actions import drafts, imports, trials
from trials.models import Trial

DATA = Path(__file__).resolve().parent / "data"
BOTH = "GET POST"


def trial_ways(world: World) -> dict[str, Way | list[Way]]:
    """Trials: their facts, and what their protocol becomes."""
    return {**fact_ways(world), **import_ways(world), **schedule_ways(world)}


def of_trial(**more: Any) -> dict[str, Any]:
    """What lies at a trial and is seen by everybody who works in it."""
    return {"at": "trial", "see": Permission.TRIAL_VIEW, "shared": True, **more}


def fact_ways(world: World) -> dict[str, Way | list[Way]]:
    """A trial's facts, numbers and countries."""
    number = trials.add_registry_id(world.trial, registry="CTIS", value="1", by=world.manager)
    edit = of_trial(get=Permission.TRIAL_EDIT, methods=BOTH)
    forms = ("change", "status", "add_number", "add_country")
    return {
        "trials:add": Way(
            reverse("trials:add"), at="deployment", get=Permission.TRIAL_EDIT, methods=BOTH
        ),
        "trials:add_sponsor": Way(
            reverse("trials:add_sponsor"),
            at="deployment",
            get=Permission.SPONSOR_EDIT,
            methods=BOTH,
        ),
        "trials:set_up": Way(reverse("trials:set_up", args=["tmr-204"]), **of_trial()),
        **{
            f"trials:{name}": Way(reverse(f"trials:{name}", args=["tmr-204"]), **edit)
            for name in forms
        },
        **{
            f"trials:{name}": Way(reverse(f"trials:{name}", args=["tmr-204", "GB"]), **edit)
            for name in ("change_country", "country_status")
        },
        "trials:remove_number": Way(
            reverse("trials:remove_number", args=[number.pk]),
            **of_trial(post=Permission.TRIAL_EDIT, methods="POST"),
        ),
    }


def import_ways(world: World) -> dict[str, Way | list[Way]]:
    """Protocol files on their way in, and those that came."""
    raw = (DATA / "usdm" / "observational_scope1_v4.json").read_bytes()
    held = imports.receive(world.trial, name="scope.json", raw=raw, by=world.manager)
    record = (DATA / "ctgov" / "NCT03475563.json").read_bytes()
    other = Trial.objects.get(pk=world.trial.pk)
    taken = imports.receive(other, name="record.json", raw=record, by=world.manager)
    imports.commit(taken, number="", by=world.manager)
    incoming: dict[str, Any] = {"at": "trial", "see": Permission.PROTOCOL_EDIT}
    return {
        "trials:import": [
            Way(
                reverse("trials:import"), at="deployment", get=Permission.PROTOCOL_EDIT, methods=BOTH
            ),
            Way(
                reverse("trials:import", args=["tmr-204"]),
                **of_trial(get=Permission.PROTOCOL_EDIT, methods=BOTH),
            ),
        ],
        "trials:preview": Way(reverse("trials:preview", args=[held.pk]), methods=BOTH, **incoming),
        "trials:discard": Way(reverse("trials:discard", args=[held.pk]), methods="POST", **incoming),
        "trials:file": Way(
            reverse("trials:file", args=["tmr-204", taken.file.pk]),
            at="trial", see=Permission.PROTOCOL_VIEW,
        ),
        "sites:candidates": Way(
            reverse("sites:candidates", args=["tmr-204", taken.file.pk]),
            **of_trial(get=Permission.SITE_EDIT),
        ),
    }  # fmt: skip


def schedule_ways(world: World) -> dict[str, Way | list[Way]]:
    """The versions of a schedule of activities."""
    draft = drafts.copy(world.version, number="2.0", by=world.manager)
    visit = draft.visits.get(code="W2")
    ecg = drafts.add_procedure(draft, name="ECG", by=world.manager)

    def to(name: str, *args: object) -> str:
        return reverse(f"trials:{name}", args=["tmr-204", "2.0", *args])

    edit: dict[str, Any] = {
        "at": "trial", "see": Permission.PROTOCOL_VIEW, "shared": True,
        "get": Permission.PROTOCOL_EDIT,
    }  # fmt: skip
    approve = edit | {"get": Permission.PROTOCOL_APPROVE}
    plain = ("add_visit", "add_procedure", "paste", "copy", "discard_version")
    return {
        "trials:schedule": [
            Way(reverse("trials:schedule", args=["tmr-204"]), **of_trial()),
            Way(to("schedule"), **of_trial()),
        ],
        "trials:compare": Way(to("compare", "1.0"), **of_trial()),
        "trials:export": [Way(to("export", kind), **of_trial()) for kind in ("csv", "xlsx")],
        "trials:start": Way(
            reverse("trials:start", args=["tmr-204"]),
            **of_trial(get=Permission.PROTOCOL_EDIT, methods=BOTH),
        ),
        **{f"trials:{name}": Way(to(name), methods=BOTH, **edit) for name in plain},
        "trials:change_visit": Way(to("change_visit", visit.pk), methods=BOTH, **edit),
        "trials:change_procedure": Way(to("change_procedure", ecg.pk), methods=BOTH, **edit),
        "trials:cell": Way(to("cell", visit.pk, ecg.pk), methods=BOTH, **edit),
        "trials:tick": Way(to("tick"), methods="POST", **edit),
        "trials:remove_visit": Way(to("remove_visit", visit.pk), methods="POST", **edit),
        "trials:remove_procedure": Way(to("remove_procedure", ecg.pk), methods="POST", **edit),
        "trials:approve": Way(to("approve"), methods=BOTH, **approve),
        "sites:effect": Way(
            reverse("sites:effect", args=["tmr-204", "1.0"]),
            methods=BOTH,
            **of_trial(post=Permission.SITE_EDIT),
        ),
        "sites:withdraw_version": Way(
            reverse("sites:withdraw_version", args=["tmr-204", "1.0"]), methods=BOTH, **approve
        ),
    }
