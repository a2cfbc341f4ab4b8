"""Pages of payments: what each role sees and does there, in lists, one by one and for many at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from budgets.models import SubjectPayment
from core.models import Event
from documents.actions import add_version
from subjects.actions import subjects, transfers
from tests.budgets.paid import approved, claimed, done, finance_of, paid, set_up, stipend
from tests.documents.papers import PDF, PNG, content
from tests.test_pages import assert_well_made
from tests.world import World, make_place, make_site, screen, user_with

pytestmark = pytest.mark.django_db
NAME = "Anne Quillfeather"


def at(name: str, *args: object) -> str:
    """An address in the trial."""
    return reverse(name, args=["tmr-204", *args])


def claim_of(subject: Any) -> str:
    """Where costs of a subject are claimed."""
    return reverse("budgets:claim", args=[subject.pk])


def typed(**more: Any) -> dict[str, Any]:
    """What the form of a claim sends."""
    return {
        "kind": "travel", "on": "today", "amount": "23.50", "note": "Taxi home",
        "receipt": SimpleUploadedFile("taxi.pdf", PDF + b"typed"), "is_identifying": "on", **more,
    }  # fmt: skip


def test_a_cost_is_claimed_on_the_page_of_the_subject(world: World, client: Client) -> None:
    subject = screen(world)
    client.force_login(world.coordinator)
    tab = reverse("workspace:subject_payments", args=["tmr-204", subject.number])
    assert "No payment terms are in force here" in client.get(tab).content.decode()
    assert "No payment terms are in force today" in client.get(claim_of(subject)).content.decode()
    assert client.post(claim_of(subject), typed()).status_code == 422
    set_up(world)
    page = client.get(claim_of(subject)).content.decode()
    assert "Amount in GBP" in page
    assert "0.45 GBP for a mile" in page
    assert_well_made(page, "claim")
    for wrong, said in (
        ({"amount": "-2"}, "greater than or equal to 0.01"),
        ({"amount": "1e9"}, "Ensure that there are no more than"),
        ({"receipt": SimpleUploadedFile("a.pdf", b"<html>")}, "This is no PDF"),
        ({"receipt": ""}, "Choose the receipt, or say why there is none"),
        ({"amount": "81"}, "above the limit of 80.00 GBP"),
        ({"kind": ""}, "This field is required"),
    ):
        refused = client.post(claim_of(subject), typed(**wrong))
        assert refused.status_code == 422
        assert said in refused.content.decode(), wrong


def test_what_was_claimed_is_shown_at_the_subject_the_place_and_by_itself(
    world: World, client: Client
) -> None:
    set_up(world)
    subject = screen(world)
    client.force_login(world.coordinator)
    tab = reverse("workspace:subject_payments", args=["tmr-204", subject.number])
    assert client.post(claim_of(subject), typed()).status_code == 302
    here = reverse("budgets:place_payments", args=["northgate"])
    assert "PAY-1042-0001" in client.get(here).content.decode()
    filed = client.get(reverse("budgets:export_place_payments", args=["northgate", "csv"]))
    assert b"23.50,GBP" in b"".join(filed)
    shown = client.get(tab).content.decode()
    assert "23.50 GBP" in shown
    assert "Requested" in shown
    assert_well_made(shown, tab)
    held = SubjectPayment.objects.get()
    assert held.get_absolute_url() == at("budgets:payment", held.number)
    own = client.get(held.get_absolute_url()).content.decode()
    assert "taxi.pdf" in own
    assert_well_made(own, "payment")


def test_finance_sees_numbers_amounts_and_receipts_without_names(
    world: World, client: Client
) -> None:
    set_up(world)
    subject = screen(world)
    subjects.identify(subject, values={"name": NAME, "phone": "1"}, by=world.coordinator)
    held = approved(world, claimed(world, subject))
    done(world, "W2", subject)
    client.force_login(finance_of(world))
    seen = ""
    for path in (
        at("budgets:subject_payments"), at("budgets:export_subject_payments", "csv"), at("budgets:stipends"), at("budgets:export_stipends", "csv"),
        at("budgets:stipend_years"), held.get_absolute_url(), held.receipt.get_absolute_url(),
        reverse("workspace:subject_payments", args=["tmr-204", subject.number]),
    ):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 200, path
        text = b"".join(answer) if answer.streaming else answer.content
        assert b"Quillfeather" not in text
        seen += text.decode()
    assert subject.number in seen
    assert "Opened at the site only" in seen
    version = held.receipt.current
    opening = reverse("documents:open_version", args=[version.pk])
    assert client.get(opening).status_code == 403
    plain = add_version(
        held.receipt, content=content("b.png", PNG), is_identifying=False, by=world.coordinator
    )
    assert client.get(reverse("documents:open_version", args=[plain.pk])).content == PNG


def test_many_are_approved_at_once(world: World, client: Client) -> None:
    set_up(world)
    subject = screen(world)
    investigator = user_with(Role.INVESTIGATOR, world.site, world.admin)
    keys = [claimed(world, subject).pk for _ in range(3)]
    other = done(world, "SCR", subject)
    visit = done(world, "W2", subject)
    client.force_login(investigator)
    shown = client.get(f"{at('budgets:approve_all')}?row={keys[0]}&row={keys[1]}").content.decode()
    assert "2 payments," in shown
    assert "47.00 GBP" in shown
    assert_well_made(shown, "bulk")
    assert "Nothing is ticked" in client.get(at("budgets:approve_all")).content.decode()
    assert client.post(at("budgets:approve_all"), {"row": "0"}).status_code == 422
    assert client.post(at("budgets:approve_all"), {"row": keys}).status_code == 302
    answer = client.post(at("budgets:approve_stipends"), {"row": [visit.pk]}, follow=True)
    assert "1 payment approved." in answer.content.decode()
    assert SubjectPayment.objects.filter(status="approved").count() == 4
    no = {"row": [other.pk], "reason": "Wants none"}
    assert client.post(at("budgets:decline_stipends"), no | {"reason": ""}).status_code == 422
    assert client.post(at("budgets:decline_stipends"), no).status_code == 302
    assert client.post(at("budgets:pay_all"), {"row": keys}).status_code == 403


def test_many_are_paid_and_reconciled_at_once(world: World, client: Client) -> None:
    set_up(world)
    subject = screen(world)
    keys = [approved(world, claimed(world, subject)).pk for _ in range(3)]
    stipend(world, "W2", subject)
    client.force_login(finance_of(world))
    wrong = client.post(at("budgets:pay_all"), {"row": keys, "method": "gold", "on": "today"})
    assert wrong.status_code == 422
    bank = {"row": keys, "method": "transfer", "on": "today", "reference": "4111111111111111"}
    assert client.post(at("budgets:pay_all"), bank).status_code == 422
    assert not SubjectPayment.objects.filter(status="paid").exists()
    said = bank | {"reference": "RUN-8"}
    assert client.post(at("budgets:pay_all"), said).status_code == 302
    more = client.post(
        at("budgets:reconcile_all"),
        {"row": [*keys, SubjectPayment.objects.get(kind="stipend").pk], "statement": "May"},
        follow=True,
    )
    assert "3 payments reconciled." in more.content.decode()
    assert "Not reconciled:" in more.content.decode()
    assert SubjectPayment.objects.filter(status="reconciled").count() == 3
    assert Event.objects.filter(verb="record payments", target_id=world.site.pk).count() == 1


def test_a_payment_offers_each_what_they_may_do_next(world: World, client: Client) -> None:
    set_up(world)
    held, finance = claimed(world), finance_of(world)
    url = held.get_absolute_url()

    def offers(person: Any) -> set[str]:
        client.force_login(person)
        page = client.get(url).content.decode()
        assert_well_made(page, url)
        words = {"refuse", "withdraw", "void", "take-back", "approve-payments", "record-payments",
                 "reconcile-payments"}  # fmt: skip
        return {word for word in words if f"/{word}/" in page}

    people = (world.coordinator, world.manager, finance)
    assert [offers(one) for one in people] == [
        {"withdraw"}, {"refuse", "approve-payments"}, set(),
    ]  # fmt: skip
    approved(world, held)
    assert [offers(one) for one in people] == [set(), {"void"}, {"record-payments"}]
    paid(world, held, finance)
    assert [offers(one) for one in people] == [set(), set(), {"take-back", "reconcile-payments"}]


def test_steps_with_a_reason(world: World, client: Client) -> None:
    set_up(world)
    subject, finance = screen(world), finance_of(world)
    over = paid(world, approved(world, claimed(world, subject)), finance)
    for name, held, person, status in (
        ("budgets:refuse", claimed(world, subject), world.manager, "refused"),
        ("budgets:withdraw", claimed(world, subject), world.coordinator, "voided"),
        ("budgets:take_back", over, finance, "approved"),
        ("budgets:void", over, world.manager, "voided"),
    ):
        client.force_login(person)
        url = reverse(name, args=[held.pk])
        assert_well_made(client.get(url).content.decode(), url)
        assert client.post(url, {"reason": ""}).status_code == 422
        assert client.post(url, {"reason": "because"}).status_code == 302
        held.refresh_from_db()
        assert held.status == status
        assert "because" in client.get(held.get_absolute_url()).content.decode()
        assert client.post(url, {"reason": "again"}).status_code == 409


def test_the_year_of_each_subject_stands_in_a_list(world: World, client: Client) -> None:
    set_up(world)
    subject, finance = screen(world), finance_of(world)
    paid(world, stipend(world, "SCR", subject), finance)
    stipend(world, "W2", subject)
    client.force_login(finance)
    page = client.get(at("budgets:stipend_years")).content.decode()
    assert "Reaches the tax threshold" in page
    assert_well_made(page, "years")
    lines = b"".join(client.get(at("budgets:export_stipend_years", "csv"))).decode().splitlines()
    assert f"{subject.number},1042,0,60.00,60.00,100.00,GBP,Reaches the tax threshold" in lines[2]
    tab = reverse("workspace:subject_payments", args=["tmr-204", subject.number])
    assert "Reaches the tax threshold" in client.get(tab).content.decode()


def test_a_stipend_is_told_against_the_threshold_in_force(world: World, client: Client) -> None:
    set_up(world)
    held = stipend(world)
    set_up(world, from_on=timezone.localdate(), tax_threshold=Decimal(600))
    client.force_login(world.manager)
    assert "60.00 GBP of 600.00 GBP" in client.get(held.get_absolute_url()).content.decode()


def test_pages_take_as_many_queries_for_five_as_for_one(world: World, client: Client) -> None:
    set_up(world)
    subject = screen(world)
    people = {"manager": world.manager, "finance": finance_of(world)}
    done(world, "SCR", subject)
    pages = [
        (at("budgets:subject_payments"), "finance"), (at("budgets:stipends"), "manager"),
        (at("budgets:stipend_years"), "finance"), (at("budgets:terms"), "finance"),
        (reverse("workspace:subject_payments", args=["tmr-204", subject.number]), "manager"),
    ]  # fmt: skip
    asked: list[int] = []
    for more in (1, 4):
        for _ in range(more):
            claimed(world, subject)
            stipend(world, "W2", screen(world))
            done(world, "W2", screen(world))
        for path, who in pages:
            client.force_login(people[who])
            client.get(path)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            asked.append(len(queries))
    assert asked[: len(pages)] == asked[len(pages) :]
    assert max(asked) <= 22


def test_the_tab_shows_what_is_earned_and_not_approved(world: World, client: Client) -> None:
    set_up(world)
    subject = screen(world)
    done(world, "W2", subject)
    client.force_login(world.coordinator)
    tab = reverse("workspace:subject_payments", args=["tmr-204", subject.number])
    page = client.get(tab).content.decode()
    assert "Earned, not approved yet" in page
    assert "60.00 GBP" in page
    assert f"Stipends in {timezone.localdate().year}" in page
    assert "Nothing was paid" in page
    client.force_login(world.cra)
    assert client.get(tab).status_code == 403
    listed = client.get(at("budgets:stipends"))
    assert listed.status_code == 403


def test_payments_of_the_site_a_subject_came_from_are_shown_and_not_linked(
    world: World, client: Client
) -> None:
    set_up(world)
    held = approved(world)
    there = make_site(
        world.trial, make_place("southgate", world.admin), "1043", world.admin, world.manager
    )
    today = timezone.localdate(timezone=world.place.zone)
    transfers.transfer(held.subject, to=there, on=today, reason="moves", by=world.manager)
    new = user_with(Role.COORDINATOR, there.place, world.admin)
    page = reverse("workspace:subject_payments", args=["tmr-204", held.subject.number])
    for user, is_linked in ((new, False), (world.manager, True)):
        client.force_login(user)
        said = " ".join(client.get(page).content.decode().split())
        assert held.number in said
        assert (f'href="{held.get_absolute_url()}"' in said) is is_linked
        assert ("at site 1042" in said) is not is_linked
