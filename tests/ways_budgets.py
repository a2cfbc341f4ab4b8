"""What the addresses of payments to subjects take."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from core.permissions import Permission
from tests.budgets.paid import approved, claimed, finance_of, paid, set_up
from tests.ways import Way
from tests.world import World, screen

P = Permission


def budget_ways(world: World) -> dict[str, list[Way]]:
    """A claim that waits, one that is approved, and one that is paid."""
    terms, subject = set_up(world), screen(world)
    requested = claimed(world, subject)
    agreed = approved(world, claimed(world, subject))
    over = paid(world, approved(world, claimed(world, subject)), finance_of(world))
    trial: dict[str, Any] = {"at": "trial", "see": P.TRIAL_VIEW, "shared": True}
    some: dict[str, Any] = trial | {"get": P.STIPEND_VIEW, "anywhere": True}
    see: dict[str, Any] = {"see": P.STIPEND_VIEW}
    both: dict[str, Any] = {"methods": "GET POST"}

    def to(name: str, *args: object) -> str:
        return reverse(f"budgets:{name}", args=args)

    code = world.trial.code
    place: dict[str, Any] = {
        "at": "place", "see": P.PLACE_VIEW, "shared": True, "get": P.STIPEND_VIEW, "anywhere": True,
    }  # fmt: skip
    at_place = {
        "budgets:place_payments": [Way(to("place_payments", "northgate"), **place, **both)],
        "budgets:export_place_payments": [
            Way(to("export_place_payments", "northgate", kind), **place) for kind in ("csv", "xlsx")
        ],
    }
    lists = {
        f"budgets:{name}": [Way(to(name, code), **some, **both)]
        for name in ("subject_payments", "stipends", "stipend_years")
    }
    files = {
        f"budgets:export_{name}": [
            Way(to(f"export_{name}", code, kind), **some) for kind in ("csv", "xlsx")
        ]
        for name in ("subject_payments", "stipends", "stipend_years")
    }
    steps = {
        "refuse": (requested, P.CLAIM_APPROVE), "withdraw": (requested, P.CLAIM_REQUEST),
        "void": (agreed, P.CLAIM_APPROVE), "take_back": (over, P.CLAIM_PAY),
    }  # fmt: skip
    bulk = {
        "approve_stipends": P.CLAIM_APPROVE, "approve_all": P.CLAIM_APPROVE, "decline_stipends": P.CLAIM_APPROVE,
        "pay_all": P.CLAIM_PAY, "reconcile_all": P.CLAIM_PAY,
    }  # fmt: skip
    return (
        lists
        | files
        | at_place
        | {
            f"budgets:{name}": [Way(to(name, held.pk), get=need, **see, **both)]
            for name, (held, need) in steps.items()
        }
        | {
            f"budgets:{name}": [Way(to(name, code), get=need, anywhere=True, **trial, **both)]
            for name, need in bulk.items()
        }
        | {
            "budgets:payment": [Way(to("payment", code, requested.number), **see)],
            "budgets:claim": [
                Way(to("claim", subject.pk), see=P.SUBJECT_VIEW, get=P.CLAIM_REQUEST, **both)
            ],
            "budgets:terms": [Way(to("terms", code), **some)],
            "budgets:set_terms": [Way(to("set_terms", code), **trial | {"get": P.STIPEND_EDIT}, **both)],
            "budgets:correct_terms": [
                Way(
                    to("correct_terms", terms.pk),
                    at="trial", see=P.STIPEND_VIEW, shared=True, get=P.STIPEND_EDIT, **both,
                )
            ],
            "workspace:subject_payments": [
                Way(
                    reverse("workspace:subject_payments", args=[code, subject.number]),
                    see=P.SUBJECT_VIEW, get=P.STIPEND_VIEW,
                )
            ],
        }
    )  # fmt: skip
