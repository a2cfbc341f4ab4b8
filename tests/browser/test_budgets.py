"""A taxi in a browser: claimed with its receipt, not approved by who claimed it, approved by another, paid."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import FilePayload, Page, expect

from accounts.models import User
from accounts.roles import Role
from budgets.models import SubjectPayment
from core.models import Obligation
from documents.models import DocumentVersion
from tests.browser.looks import looked_at
from tests.budgets.paid import claimed, finance_of, set_up
from tests.documents.papers import PDF
from tests.world import World, screen, user_with

PHONE = {"width": 390, "height": 844}
RECEIPT = FilePayload(name="taxi Anne.pdf", mimeType="application/pdf", buffer=PDF + b"browser")


def claim_as_typed(tab: Page) -> None:
    """Fill the form of a claim and send it by keyboard."""
    tab.get_by_label("Cost", exact=True).select_option("travel")
    tab.get_by_label("Amount in GBP").fill("27.50")
    tab.get_by_label("What for").fill("Taxi home after the biopsy")
    tab.get_by_label("Receipt", exact=True).set_input_files(RECEIPT)
    tab.get_by_role("button", name="Claim costs").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("PAY-1042-0001 claimed: 27.50 GBP.")).to_be_visible()


def test_a_cost_is_claimed_with_its_receipt_but_not_approved_by_who_claimed_it(
    live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    set_up(live)
    subject = screen(live)
    sign_in(user_with(Role.INVESTIGATOR, live.place, live.admin))
    tab.goto(reverse("workspace:subject_payments", args=["tmr-204", subject.number]))
    said = looked_at(tab)
    tab.get_by_role("link", name="Claim costs").click()
    said += looked_at(tab)
    claim_as_typed(tab)
    held = SubjectPayment.objects.get()
    assert DocumentVersion.objects.get().name == "taxi Anne.pdf"
    assert Obligation.objects.get(rule="payment.approve").met_at is None
    tab.goto(held.get_absolute_url())
    expect(tab.get_by_text("You requested this payment, so somebody else")).to_be_visible()
    expect(tab.get_by_role("button", name="Approve")).to_have_count(0)
    with tab.expect_download() as download:
        tab.get_by_role("link", name="taxi Anne.pdf").click()
    assert download.value.suggested_filename == "taxi Anne.pdf"
    assert said == [], "\n".join(said)


def by_key(tab: Page, held: SubjectPayment, key: str) -> None:
    """Open the payment and press a key once the scripts are there."""
    tab.goto(held.get_absolute_url())
    tab.wait_for_load_state()
    tab.keyboard.press(key)


def test_another_approves_by_key_and_finance_pays_on_a_phone(
    live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    set_up(live)
    held, finance = claimed(live), finance_of(live)
    sign_in(live.manager)
    tab.goto(held.get_absolute_url())
    expect(tab.get_by_text("Opened at the site only")).to_be_visible()
    said = looked_at(tab)
    by_key(tab, held, "a")
    expect(tab.get_by_text("1 payment approved.")).to_be_visible()
    sign_in(finance)
    tab.goto(reverse("budgets:subject_payments", args=["tmr-204"]) + "?status=approved")
    said += looked_at(tab)
    tab.set_viewport_size(PHONE)
    by_key(tab, held, "p")
    tab.get_by_label("Method").select_option("transfer")
    tab.get_by_label("Reference").fill("RUN-7")
    tab.get_by_role("button", name="Record payment").click()
    expect(tab.get_by_text("1 payment recorded as paid.")).to_be_visible()
    held.refresh_from_db()
    assert (held.status, held.approved_by, held.reference) == ("paid", live.manager, "RUN-7")
    assert said == [], "\n".join(said)


def test_ticked_claims_are_approved_from_the_list(
    live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    set_up(live)
    subject = screen(live)
    for _ in range(3):
        claimed(live, subject)
    sign_in(live.manager)
    tab.goto(reverse("budgets:subject_payments", args=["tmr-204"]) + "?status=requested")
    for number in (1, 2):
        tab.get_by_role("checkbox", name=f"PAY-1042-000{number}").check()
    tab.get_by_role("button", name="Approve", exact=True).click()
    panel = tab.get_by_text("2 payments,")
    expect(panel).to_be_visible()
    tab.get_by_role("button", name="Approve claims").click()
    expect(tab.get_by_text("2 payments approved.")).to_be_visible()
    assert SubjectPayment.objects.filter(status="approved").count() == 2
