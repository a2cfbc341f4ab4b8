"""Trials by hand: facts, numbers, countries, status, files, and candidates that become sites."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from sites.models import Site
from tests.trials.test_imports import PILOT, file_of, start
from tests.world import World
from trials.models import Sponsor, Trial

pytestmark = pytest.mark.django_db

FACTS = {
    "protocol_number": "ALD-118", "code": "ald-118", "name": "Alder", "title": "A trial of alder",
    "phase": "Phase 1", "planned_subjects": "24",
}  # fmt: skip


def test_a_trial_is_added_by_hand_and_its_code_is_taken_once(world: World, client: Client) -> None:
    client.force_login(world.admin)
    url = reverse("trials:add")
    made = client.post(url, {**FACTS, "sponsor": world.sponsor.pk})
    assert made.headers["Location"] == reverse("trials:set_up", args=["ald-118"])
    assert Trial.objects.get(code="ald-118").planned_subjects == 24
    again = client.post(url, {**FACTS, "sponsor": world.sponsor.pk})
    assert again.status_code == 422
    assert "exists already" in again.content.decode()
    number = client.post(url, {**FACTS, "sponsor": world.sponsor.pk, "code": "ald-119"})
    assert number.status_code == 409
    assert Trial.objects.count() == 2


def test_a_sponsor_is_added_once(world: World, client: Client) -> None:
    client.force_login(world.admin)
    url = reverse("trials:add_sponsor")
    assert client.post(url, {"name": "Birch Pharma"}).status_code == 302
    assert client.post(url, {"name": "birch pharma"}).status_code == 409
    assert Sponsor.objects.filter(name__iexact="birch pharma").count() == 1


def test_facts_are_changed_and_a_stale_form_is_refused(world: World, client: Client) -> None:
    client.force_login(world.manager)
    url = reverse("trials:change", args=["tmr-204"])
    revision = client.get(url).context["revision"]
    data = {**FACTS, "protocol_number": "TMR-204", "name": "Tamarind 2", "revision": revision}
    assert client.post(url, data).status_code == 302
    late = client.post(url, {**data, "name": "Tamarind 3"})
    assert late.status_code == 409
    assert 'value="Tamarind 3"' in late.content.decode()
    assert Trial.objects.get(code="tmr-204").name == "Tamarind 2"


def test_status_steps_through_the_life_with_a_reason_where_asked(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    url = reverse("trials:status", args=["tmr-204"])
    assert client.post(url, {"status": "archived", "on": "2026-01-01"}).status_code == 422
    assert client.post(url, {"status": "start_up", "on": "2026-01-01"}).status_code == 302
    bare = client.post(url, {"status": "on_hold", "on": "2026-02-01", "reason": ""})
    assert bare.status_code == 422
    assert "Give a reason" in bare.content.decode()
    assert Trial.objects.get(code="tmr-204").status == "start_up"


def test_numbers_and_countries_are_kept(world: World, client: Client) -> None:
    client.force_login(world.manager)
    trial = world.trial
    client.post(
        reverse("trials:add_number", args=["tmr-204"]), {"registry": "CTIS", "value": "2026-1"}
    )
    number = trial.registry_ids.get()
    assert client.post(reverse("trials:remove_number", args=[number.pk])).status_code == 302
    assert not trial.registry_ids.exists()
    add = reverse("trials:add_country", args=["tmr-204"])
    assert client.post(add, {"code": "DE", "planned_sites": "4"}).status_code == 302
    assert client.post(add, {"code": "XX"}).status_code == 422
    germany = trial.countries.get(code="DE")
    assert (germany.name, germany.planned_sites) == ("Germany", 4)
    change = reverse("trials:change_country", args=["tmr-204", "de"])
    assert client.post(change, {"planned_sites": "5"}).status_code == 302
    status = reverse("trials:country_status", args=["tmr-204", "de"])
    assert client.post(status, {"status": "selected", "on": "2026-01-01"}).status_code == 302
    germany.refresh_from_db()
    assert (germany.planned_sites, germany.status) == (5, "selected")


def test_the_file_of_a_trial_is_given_back_as_it_came(world: World, client: Client) -> None:
    client.force_login(world.manager)
    trial = start(client, world, PILOT)
    file = trial.protocol_files.get()
    text = client.get(reverse("trials:set_up", args=[trial.code])).content.decode()
    assert file.sha256[:12] in text
    given = client.get(reverse("trials:file", args=[trial.code, file.pk]))
    assert given.content == file_of(PILOT)
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert client.get(reverse("trials:file", args=["tmr-204", file.pk])).status_code == 404


def test_a_candidate_of_the_register_becomes_a_site(world: World, client: Client) -> None:
    client.force_login(world.manager)
    trial = start(client, world, "NCT02210780.json")
    url = reverse("sites:candidates", args=[trial.code, trial.protocol_files.get().pk])
    rows = client.get(url).context["rows"]
    assert len(rows) == 42
    first = rows[0]
    form = client.get(reverse("sites:add_site", args=[trial.code]) + f"?{first.query}").context[
        "form"
    ]
    data = {bound.html_name: bound.value() or "" for bound in form}
    assert data["city"] == first.location.city
    assert client.post(reverse("sites:add_site", args=[trial.code]), data).status_code == 302
    site = Site.objects.get(trial=trial)
    assert (site.status, site.country.code) == ("identified", "US")
    again = client.get(url).context["rows"]
    taken = [row.site for row in again if row.location.city == first.location.city and row.site]
    assert taken
    assert set(taken) == {site}


def editing(world: World) -> list[str]:
    forms = ["trials:change", "trials:status", "trials:add_number", "trials:add_country"]
    return [
        *(reverse(name, args=["tmr-204"]) for name in forms),
        *(
            reverse(name, args=["tmr-204", "GB"])
            for name in ("trials:change_country", "trials:country_status")
        ),
    ]


def test_only_those_who_run_trials_change_them(world: World, client: Client) -> None:
    client.force_login(world.manager)
    shared = reverse("trials:set_up", args=["tmr-204"])
    for url in [*editing(world), shared, reverse("trials:add")]:
        assert client.get(url).status_code == 200, url
    assert client.get(reverse("trials:add_sponsor")).status_code == 403
    client.force_login(world.coordinator)
    for url in editing(world):
        assert client.get(url).status_code == 403, url
    refused = client.get(reverse("trials:add"))
    assert refused.status_code == 403
    assert "Ask the person who gave you your role" in refused.content.decode()
    text = client.get(shared).content.decode()
    assert "/change/" not in text
    client.force_login(User.objects.create(username="stranger", email="s@example.org"))
    for url in [*editing(world), shared]:
        assert client.get(url).status_code == 404, url
    assert client.get(reverse("trials:add")).status_code == 403


@pytest.mark.parametrize("count", [1, 5])
def test_set_up_runs_a_fixed_number_of_queries(
    world: World, client: Client, django_assert_max_num_queries: Any, count: int
) -> None:
    client.force_login(world.manager)
    add = reverse("trials:add_number", args=["tmr-204"])
    for number in range(count):
        client.post(add, {"registry": "CTIS", "value": str(number)})
    client.get(reverse("trials:set_up", args=["tmr-204"]))
    with django_assert_max_num_queries(12):
        client.get(reverse("trials:set_up", args=["tmr-204"]))
