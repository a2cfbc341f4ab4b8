"""Safety letters: to every active site, acknowledged by two people of each, with the duty to do so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError
from core.audit import under_event
from core.obligations import seen_by
from core.versions import ConflictError
from safety.actions import letters
from safety.models import LetterReceipt, SafetyLetter
from sites.actions import sites
from tests.safety.events import investigator_of, monitor_of
from tests.test_pages import assert_well_made
from tests.world import World, make_place, make_site

pytestmark = pytest.mark.django_db
LIST = reverse("safety:letters", args=["tmr-204"])
WEEK = timedelta(days=7)


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def sent(world: World, by: User | None = None) -> SafetyLetter:
    return letters.send_letter(
        world.trial, title="Conjunctivitis", text="Ask for red eyes.",
        due_on=timezone.localdate() + WEEK, by=by or monitor_of(world),
    )  # fmt: skip


def due(user: User) -> set[str]:
    rows = seen_by(user).filter(rule__startswith="safety.letter")
    return set(rows.values_list("owner_role", flat=True))


def test_every_active_site_gets_it_and_no_other(world: World) -> None:
    place = make_place("southgate", world.admin)
    other = make_site(world.trial, place, "1043", world.admin, world.manager)
    sites.add_site(
        world.trial, country=other.country, place=make_place("east", world.admin),
        number="1044", by=world.admin,
    )  # fmt: skip
    letter = sent(world)
    got = set(letter.receipts.values_list("site__number", "role"))
    assert got == {(n, r) for n in ("1042", "1043") for r in ("coordinator", "investigator")}
    assert str(letter.receipts.filter(site=world.site)[0]) == f"Conjunctivitis at {world.site}"


def test_the_duty_comes_and_goes_by_itself(world: World) -> None:
    investigator = investigator_of(world)
    letter = sent(world)
    assert due(world.coordinator) == {"coordinator", "investigator"}
    duty = seen_by(world.coordinator).get(rule="safety.letter")
    assert (duty.label, duty.due_on) == (
        "Acknowledge safety letter: Conjunctivitis", letter.due_on,
    )  # fmt: skip
    assert duty.url == letter.get_absolute_url()
    for_all = {one.role: one for one in letter.receipts.all()}
    done = letters.acknowledge_letter(for_all["coordinator"], by=world.coordinator)
    assert done.acknowledged_by_name == world.coordinator.get_full_name()
    assert due(world.coordinator) == {"investigator"}
    with pytest.raises(ConflictError, match="acknowledged it already"):
        letters.acknowledge_letter(for_all["coordinator"], by=investigator)
    letters.acknowledge_letter(for_all["investigator"], by=investigator)
    assert due(world.coordinator) == set()


def test_two_people_acknowledge_and_one_of_them_is_the_investigator(world: World) -> None:
    investigator = investigator_of(world)
    for_all = {one.role: one for one in sent(world).receipts.all()}
    with pytest.raises(PermissionDenied):
        letters.acknowledge_letter(for_all["investigator"], by=world.coordinator)
    with pytest.raises(PermissionDenied):
        letters.acknowledge_letter(for_all["coordinator"], by=world.cra)
    letters.acknowledge_letter(for_all["investigator"], by=investigator)
    with pytest.raises(RefusedError, match="Somebody else does"):
        letters.acknowledge_letter(for_all["coordinator"], by=investigator)


def test_what_cannot_be_sent_is_refused(world: World) -> None:
    monitor, today = monitor_of(world), timezone.localdate()
    with pytest.raises(RefusedError, match="still to come"):
        letters.send_letter(
            world.trial, title="Late", text="x", due_on=today - WEEK, by=monitor
        )  # fmt: skip
    with pytest.raises(PermissionDenied):
        sent(world, by=world.coordinator)
    sites.set_status(world.site, status="on_hold", reason="Audit", by=world.manager)
    sites.set_status(world.site, status="terminated", reason="Closed", by=world.manager)
    with pytest.raises(RefusedError, match="No site of TMR-204 is active"):
        sent(world)


def test_the_database_keeps_what_was_sent(world: World) -> None:
    letter = sent(world)
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        SafetyLetter.objects.filter(pk=letter.pk).update(text="Other")
    rows = LetterReceipt.objects.filter(letter=letter)
    now, wrong = timezone.now(), {"acknowledged_by_id": 1, "acknowledged_by_name": "A"}
    for changes in ({"acknowledged_at": now}, {**wrong, "acknowledged_at": now}):
        with pytest.raises(IntegrityError), transaction.atomic(), under_event("in test"):
            rows.update(**changes)


def test_a_letter_goes_its_way_by_pages(world: World, client: Client) -> None:
    monitor, investigator = monitor_of(world), investigator_of(world)
    client.force_login(monitor)
    assert "No safety letter yet" in text_of(client.get(LIST))
    form = reverse("safety:send_letter", args=["tmr-204"])
    assert_well_made(client.get(form).content.decode(), form)
    due_on = (timezone.localdate() + WEEK).isoformat()
    posted = {"title": "Conjunctivitis", "text": "Ask for red eyes.", "due_on": due_on}
    shown = client.post(form, posted, follow=True)
    assert_well_made(shown.content.decode(), LIST)
    assert "0 of 2" in text_of(shown)
    letter = SafetyLetter.objects.get()
    page = reverse("safety:letter", args=[letter.pk])
    for role, user in (("coordinator", world.coordinator), ("investigator", investigator)):
        client.force_login(user)
        seen = client.get(page)
        assert_well_made(seen.content.decode(), page)
        receipt = letter.receipts.get(role=role)
        url = reverse("safety:acknowledge_letter", args=[receipt.pk])
        assert url in text_of(seen)
        done = client.post(url, follow=True)
        assert user.get_full_name() in text_of(done)
        assert url not in text_of(done)
    client.force_login(monitor)
    assert "All acknowledged" in text_of(client.get(LIST))


def test_pages_run_a_fixed_number_of_queries(world: World, client: Client) -> None:
    monitor, counts = monitor_of(world), []
    client.force_login(monitor)
    for more in (1, 4):
        for number in range(more):
            name = f"place-{more}-{number}"
            place = make_place(name, world.admin)
            make_site(world.trial, place, f"2{more}{number}", world.admin, world.manager)
        letter = sent(world, monitor)
        urls = (LIST, letter.get_absolute_url())
        found = []
        for url in urls:
            client.get(url)
            with CaptureQueriesContext(connection) as seen:
                client.get(url)
            found.append(len(seen))
        counts.append(found)
    assert counts[0] == counts[1]
    assert max(counts[1]) <= 16
