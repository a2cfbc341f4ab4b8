"""Payments to subjects over REST."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.roles import Role
from tests.api.conftest import Caller
from tests.budgets.paid import set_up
from tests.documents.papers import PDF
from tests.world import World, screen

pytestmark = pytest.mark.django_db


def test_a_claim_goes_from_one_program_to_another(
    world: World, edc: Caller, caller: Callable[..., Caller]
) -> None:
    set_up(world)
    subject, today = screen(world), timezone.localdate().isoformat()
    other, bank = caller(Role.TRIAL_MANAGER), caller(Role.FINANCE)
    (terms,) = edc.get(f"payment-terms/?on={today}").json()["results"]
    assert (terms["visit_amount"], terms["until"]) == ("60.00", None)
    body = {
        "subject": subject.pk, "kind": "travel", "on": today, "amount": "23.50",
        "receipt": {"name": "a.pdf", "content": base64.b64encode(PDF + b"api").decode()},
    }  # fmt: skip
    assert edc.post("subject-payments/", body | {"amount": "-1"}).status_code == 422
    assert edc.post("subject-payments/", body | {"kind": "stipend"}).status_code == 422
    made = edc.post("subject-payments/", body)
    assert made.status_code == 201, made.content
    assert (made.json()["amount"], made.json()["status"]) == ("23.50", "requested")
    path = f"subject-payments/{made.json()['id']}/"
    own = edc.post(f"{path}approve/")
    assert (own.status_code, "somebody else" in own.json()["detail"]) == (409, True)
    assert other.post(f"{path}approve/").json()["status"] == "approved"
    assert other.post(f"{path}pay/", {}).status_code == 403
    how = {"method": "card", "reference": "RUN-9", "on": today}
    assert bank.post(f"{path}pay/", how | {"reference": "4111 1111 1111 1111"}).status_code == 422
    assert bank.post(f"{path}pay/", how).json()["paid_on"] == today
    assert bank.post(f"{path}take-back/", {"reason": "Came back"}).json()["status"] == "approved"
    assert bank.post(f"{path}pay/", how).status_code == 200
    assert bank.post(f"{path}reconcile/", {"statement": "May"}).json()["status"] == "reconciled"
    steps = bank.get(f"{path}history/").json()["results"]
    assert [step["to_status"] for step in steps] == [
        "requested", "approved", "paid", "approved", "paid", "reconciled",
    ]  # fmt: skip


def test_a_claim_is_refused_withdrawn_or_voided(
    world: World, edc: Caller, caller: Callable[..., Caller]
) -> None:
    set_up(world)
    subject, other, bank = screen(world), caller(Role.TRIAL_MANAGER), caller(Role.FINANCE)
    body = {
        "subject": subject.pk, "kind": "mileage", "on": timezone.localdate().isoformat(),
        "distance": 40,
    }  # fmt: skip
    for name, by in (("refuse", other), ("withdraw", edc)):
        again = edc.post("subject-payments/", body).json()["id"]
        done = by.post(f"subject-payments/{again}/{name}/", {"reason": "no"})
        assert done.json()["status"] in {"refused", "voided"}
    third = edc.post("subject-payments/", body).json()["id"]
    other.post(f"subject-payments/{third}/approve/")
    assert (
        other.post(f"subject-payments/{third}/void/", {"reason": "no"}).json()["status"] == "voided"
    )
    found = bank.get(f"subject-payments/?subject={subject.pk}&status=voided").json()["results"]
    assert len(found) == 2
