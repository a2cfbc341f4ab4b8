"""A CAPA has a cause, actions with owner and day, a check of their effect, and a signature."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from core.actions import RefusedError
from core.audit import under_event
from core.models import Deployment, Obligation
from core.signing import signatures
from core.versions import ConflictError
from quality.actions import capas, issues
from quality.models import Capa, CapaAction
from quality.queries import content_of, owners_at
from tests.markup import faults
from tests.quality.capas import DAY, PASSWORD, checked, finished, opened, planned, signed, values
from tests.quality.reported import assessed, explained, reported
from tests.quality.test_issues import due
from tests.world import World, make_place, make_site, screen, user_with


def labels(rule: str) -> list[str]:
    """What is due under a rule, in words."""
    return [duty.label for duty in due(rule)]


def test_every_action_is_a_duty_of_its_owner(world: World) -> None:
    capa = opened(world)
    assert capa.number == "CAPA-1042-01"
    assert labels("quality.plan") == ["Plan actions: Tablet does not start"]
    first = planned(world, capa)
    planned(world, capa, world.manager, "preventive", text="Check tablets each month")
    assert labels("quality.plan") == []
    (mine,), (theirs,) = due("quality.act_coordinator"), due("quality.act_senior_manager")
    assert (mine.owner_id, theirs.owner_id) == (world.coordinator.pk, world.manager.pk)
    assert (mine.due_on, mine.ball, theirs.ball) == (first.due_on, "site", "sponsor")
    finished(world, first)
    assert due("quality.act_coordinator") == []
    assert due("quality.check") == []


def test_an_issue_is_closed_once_the_actions_are_done(world: World) -> None:
    held = assessed(world, explained(world, reported(world)))
    capa = opened(world, held)
    step = planned(world, capa)
    held.refresh_from_db()
    with pytest.raises(RefusedError, match="actions of CAPA-1042-01 are not done"):
        issues.close(held, by=world.manager)
    assert due("quality.close") == []
    finished(world, step)
    assert len(due("quality.close")) == 1
    assert issues.close(held, by=world.manager).status == "closed"


def test_what_helped_is_signed_and_closed(world: World) -> None:
    capa = opened(world)
    finished(world, planned(world, capa))
    assert labels("quality.check") == ["Check effectiveness: Tablet does not start"]
    checked(world, capa)
    assert labels("quality.sign") == ["Sign and close: Tablet does not start"]
    signed(world, capa, world.manager)
    capa.refresh_from_db()
    assert capa.status == "closed"
    (signature,) = signatures(capa, content_of)
    assert (signature.meaning, signature.is_intact) == ("closure", True)
    assert due("quality.sign") == []
    with pytest.raises(ConflictError, match="Open another"):
        planned(world, capa)


def test_what_did_not_help_begins_again_with_what_was_closed_upon_it(world: World) -> None:
    held = assessed(world, explained(world, reported(world)))
    capa = opened(world, held)
    finished(world, planned(world, capa))
    held.refresh_from_db()
    issues.close(held, by=world.manager)
    today = timezone.localdate()
    with pytest.raises(RefusedError, match="Choose a later day for the next check"):
        capas.check(capa, is_effective=False, on=today, finding="Again", by=world.manager)
    checked(world, capa, is_effective=False)
    capa.refresh_from_db()
    held.refresh_from_db()
    assert (capa.status, held.status) == ("open", "assessed")
    assert capa.check_on == today + 28 * DAY
    assert labels("quality.plan") == ["Plan actions: Tablet does not start"]
    with pytest.raises(RefusedError, match="actions of CAPA-1042-01 are not done"):
        issues.close(held, by=world.manager)
    last = type(held).flow.last(held)
    assert last
    assert last.reason == "CAPA-1042-01 was not effective"
    finished(world, planned(world, capa))
    checked(world, capa)
    assert [one.is_effective for one in capa.checks.order_by("pk")] == [False, True]


def test_an_action_that_is_added_late_is_done_before_the_check(world: World) -> None:
    capa = opened(world)
    finished(world, planned(world, capa))
    assert len(due("quality.check")) == 1
    late = planned(world, capa)
    assert due("quality.check") == []
    with pytest.raises(ConflictError, match="not ready for its check"):
        checked(world, capa)
    capas.drop_action(late, reason="Bought already", by=world.coordinator)
    assert len(due("quality.check")) == 1
    with pytest.raises(ConflictError, match="dropped already"):
        finished(world, late)


def test_dropping_everything_leaves_nothing_to_check(world: World) -> None:
    capa = opened(world)
    with pytest.raises(RefusedError, match="Give the reason"):
        capas.drop_action(planned(world, capa), reason=" ", by=world.coordinator)
    capas.drop_action(capa.actions.get(), reason="Another way", by=world.coordinator)
    assert (len(due("quality.plan")), due("quality.check")) == (1, [])


def test_who_has_no_role_there_owns_no_action(world: World) -> None:
    place = make_place("southgate", world.admin)
    stranger = user_with(Role.COORDINATOR, place, world.admin)
    with pytest.raises(RefusedError, match="has no role at site"):
        planned(world, opened(world), stranger)
    assert set(owners_at(world.site)) == {world.manager, world.coordinator, world.cra}


@pytest.mark.parametrize("days", [-1])
def test_days_that_cannot_be_are_refused(world: World, days: int) -> None:
    today = timezone.localdate()
    with pytest.raises(RefusedError, match="on a day to come"):
        opened(world, check_on=today)
    capa = opened(world)
    with pytest.raises(RefusedError, match="That day is over"):
        planned(world, capa, due_on=today + days * DAY)
    step = planned(world, capa)
    with pytest.raises(RefusedError, match="not come yet"):
        capas.finish_action(step, on=today + DAY, evidence="x", by=world.coordinator)
    with pytest.raises(RefusedError, match="what shows that it is done"):
        capas.finish_action(step, on=today, evidence=" ", by=world.coordinator)
    finished(world, step)
    with pytest.raises(RefusedError, match="not come yet"):
        capas.check(capa, is_effective=True, on=today + DAY, finding="x", by=world.manager)
    with pytest.raises(RefusedError, match="what was found"):
        capas.check(capa, is_effective=True, on=today, finding=" ", by=world.manager)


def test_an_issue_of_another_site_is_not_linked(world: World) -> None:
    place = make_place("southgate", world.admin)
    there = make_site(world.trial, place, "1050", world.admin, world.manager)
    by = user_with(Role.COORDINATOR, place, world.admin)
    capa = capas.open_capa(there, values=values(), by=by)
    held = reported(world)
    with pytest.raises(RefusedError, match="of another site"):
        capas.link(held, capa=capa, by=world.coordinator)
    issues.void(held, reason="Twice", by=world.coordinator)
    with pytest.raises(ConflictError, match="is voided"):
        opened(world, held)


def test_the_database_asks_for_evidence(world: World) -> None:
    step = planned(world, opened(world))
    with pytest.raises(IntegrityError), transaction.atomic(), under_event("test"):
        CapaAction.objects.filter(pk=step.pk).update(done_on=timezone.localdate())


def test_who_checked_does_not_sign_where_four_eyes_are_asked(world: World) -> None:
    capa = opened(world)
    with pytest.raises(RefusedError, match="not found effective yet"):
        signed(world, capa, world.manager)
    finished(world, planned(world, capa))
    checked(world, capa)
    with under_event("four eyes"):
        Deployment.objects.update(needs_four_eyes=True)
    with pytest.raises(RefusedError, match="somebody else has to sign"):
        signed(world, capa, world.manager)


def test_a_capa_that_was_opened_in_error_is_voided(world: World) -> None:
    held = reported(world)
    capa = opened(world, held)
    capas.void_capa(capa, reason="Same as 02", by=world.manager)
    held.refresh_from_db()
    capa.refresh_from_db()
    assert (held.capa, capa.status) == (None, "voided")
    assert due("quality.plan") == []


def test_the_site_opens_and_acts_on_pages(world: World, client: Client) -> None:
    held = assessed(world, explained(world, reported(world, screen(world))))
    client.force_login(world.coordinator)
    url = reverse("quality:open_capa_of_issue", args=[held.pk])
    form = client.get(url).text
    assert faults(form) == []
    assert "New tablet" in form
    given = {**values(check_on=(timezone.localdate() + 28 * DAY).isoformat()), "issues": [held.pk]}
    assert client.post(url, {**given, "why": ""}).status_code == 422
    assert client.post(url, given).status_code == 302
    capa = Capa.objects.get()
    assert "No action yet" in client.get(capa.get_absolute_url()).text
    add = reverse("quality:add_action", args=[capa.pk])
    action = {
        "kind": "corrective", "text": "Buy a tablet", "owner": world.coordinator.pk,
        "due_on": (timezone.localdate() + DAY).isoformat(),
    }  # fmt: skip
    assert faults(client.get(add).text) == []
    assert client.post(add, action).status_code == 302
    text = client.get(capa.get_absolute_url()).text
    assert faults(text) == []
    assert "tomorrow" in text
    finish = reverse("quality:finish_action", args=[capa.actions.get().pk])
    done = {"on": timezone.localdate().isoformat(), "evidence": "Invoice"}
    assert client.post(finish, done).status_code == 302
    assert "CAPA-1042-01" in client.get(held.get_absolute_url()).text


def test_the_sponsor_checks_and_signs_on_pages(world: World, client: Client) -> None:
    capa = opened(world)
    finished(world, planned(world, capa))
    world.manager.set_password(PASSWORD)
    world.manager.save()
    client.force_login(world.manager)
    check = {"is_effective": "yes", "on": timezone.localdate().isoformat(), "finding": "None"}
    assert client.post(reverse("quality:check", args=[capa.pk]), check).status_code == 302
    sign = reverse("quality:close_capa", args=[capa.pk])
    page = client.get(sign)
    assert faults(page.text) == []
    proof = {
        "signer": world.manager.username, "password": PASSWORD,
        "shown_hash": page.context["shown_hash"],
    }  # fmt: skip
    assert client.post(sign, proof).status_code == 302
    text = client.get(capa.get_absolute_url()).text
    assert "meaning: closure" in text
    assert faults(text) == []


def test_an_issue_is_linked_to_a_capa_under_way(world: World, client: Client) -> None:
    capa, held = opened(world), reported(world)
    client.force_login(world.coordinator)
    url = reverse("quality:link", args=[held.pk])
    assert f"{capa}: Tablet does not start" in client.get(url).text
    assert client.post(url, {"capa": capa.pk}).status_code == 302
    held.refresh_from_db()
    assert held.capa == capa
    change = reverse("quality:change_capa", args=[capa.pk])
    given = {**values(title="Tablet is old"), "revision": 1}
    given["check_on"] = capa.check_on.isoformat()
    assert client.post(change, given).status_code == 302
    capa.refresh_from_db()
    assert capa.title == "Tablet is old"


@pytest.mark.parametrize("count", [1, 5])
def test_the_list_asks_a_fixed_number_of_queries(
    world: World, client: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(count):
        capa = opened(world, reported(world))
        finished(world, planned(world, capa))
        planned(world, capa)
    client.force_login(world.manager)
    url = reverse("quality:capas", args=["tmr-204"])
    client.get(url)
    with django_assert_max_num_queries(10):
        text = client.get(url).text
    assert faults(text) == []
    assert text.count("1 of 2") == count
    assert "in 7 days" in text
    for asked in ("?is=open", "?is=late", "?is=bare", "?status=check"):
        assert client.get(url + asked).status_code == 200
    for kind in ("csv", "xlsx"):
        export = reverse("quality:export_capas", args=["tmr-204", kind])
        assert client.get(export).status_code == 200


def test_the_api_opens_acts_and_checks(world: World, client: Client) -> None:
    held = reported(world)

    def post(path: str, body: object) -> Any:
        return client.post(f"/api/v1/{path}", body, content_type="application/json")

    client.force_login(world.coordinator)
    given = {**values(), "site": world.site.pk, "issues": [held.pk]}
    made = post("capas/", given).json()
    assert made["number"] == "CAPA-1042-01"
    action = {
        "capa": made["id"], "kind": "corrective", "text": "Buy", "owner": world.coordinator.pk,
        "due_on": timezone.localdate().isoformat(),
    }  # fmt: skip
    step = post("capa-actions/", action).json()
    assert step["owner_role"] == "coordinator"
    done = {"on": timezone.localdate().isoformat(), "evidence": "Invoice"}
    assert post(f"capa-actions/{step['id']}/finish-action/", done).json()["evidence"] == "Invoice"
    check = {"is_effective": True, "on": timezone.localdate().isoformat(), "finding": "None"}
    assert post(f"capas/{made['id']}/check/", check).status_code == 403
    client.force_login(world.manager)
    assert post(f"capas/{made['id']}/check/", check).json()["status"] == "effective"
    (row,) = client.get(f"/api/v1/effectiveness-checks/?capa={made['id']}").json()["results"]
    assert (row["is_effective"], row["finding"]) == (True, "None")
    assert Obligation.objects.filter(rule="quality.sign", met_at=None).count() == 1


def test_every_page_is_well_made(world: World, client: Client) -> None:
    held = reported(world, screen(world))
    capa = opened(world, held)
    step = planned(world, capa)
    client.force_login(world.manager)
    of_capa = (
        "quality:change_capa", "quality:add_action", "quality:check", "quality:void_capa",
        "quality:close_capa",
    )  # fmt: skip
    urls = [
        *(reverse(name, args=[capa.pk]) for name in of_capa),
        reverse("quality:capa", args=["tmr-204", capa.number]),
        reverse("quality:open_capa", args=["tmr-204", "1042"]),
        reverse("quality:link", args=[held.pk]),
        reverse("quality:finish_action", args=[step.pk]),
        reverse("quality:drop_action", args=[step.pk]),
    ]
    found = {url: (client.get(url).status_code, faults(client.get(url).text)) for url in urls}
    assert {url: answer for url, answer in found.items() if answer != (200, [])} == {}
    dropped = client.post(
        reverse("quality:drop_action", args=[step.pk]), {"reason": "Another way"}, follow=True
    )
    assert "Not done: Another way" in dropped.text
    voided = client.post(
        reverse("quality:void_capa", args=[capa.pk]), {"reason": "Twice"}, follow=True
    )
    assert f"<s>{capa.number}</s>" in "".join(voided.text.split())
