"""The palette: records, pages and actions in a few keystrokes, as far as the person may go."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from ctms.templatetags.shell import marked
from sites.actions import sites
from subjects.models import Subject
from tests.budgets.paid import approved, claimed, finance_of, set_up
from tests.safety.events import log
from tests.world import World, make_place, make_site, screen, visit
from trials.actions import trials

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def typed(client: Client, text: str = "") -> str:
    answer = client.get(reverse("palette"), {"q": text}, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def headings(found: str) -> list[str]:
    return re.findall(r'id="palette-\d+">([^<]+)<', found)


def test_the_palette_finds_records_pages_and_what_may_be_begun(
    world: World, client: Client
) -> None:
    subject = screen(world)
    client.force_login(world.coordinator)
    found = typed(client, "1042")
    assert subject.get_absolute_url() in found
    assert world.site.get_absolute_url() in found
    assert reverse("subjects:screen", args=[world.site.pk]) in found
    assert reverse("inbox:work") in typed(client, "work")
    assert reverse("inbox:work") in typed(client)
    assert "<html" not in found


def test_the_palette_offers_actions_on_the_only_match(world: World, client: Client) -> None:
    subject = screen(world)
    contact = reverse("subjects:contact", args=[subject.pk])
    client.force_login(world.coordinator)
    assert contact in typed(client, subject.number)
    client.force_login(world.cra)
    assert contact not in typed(client, subject.number)


def test_an_adverse_event_is_found_by_number_and_term_with_its_steps(
    world: World, client: Client
) -> None:
    event = log(world, "hospital")
    search = reverse("workspace:search")
    client.force_login(world.coordinator)
    report = reverse("safety:send_report", args=[event.pk])
    for words in (event.number, "appendicitis"):
        assert report in typed(client, words)
        assert event.get_absolute_url() in client.get(search, {"q": words}).content.decode()
    mild = log(world, term="Headache")
    assert reverse("safety:mark_serious", args=[mild.pk]) in typed(client, "headache")
    client.force_login(world.cra)
    assert report not in typed(client, event.number)
    client.force_login(world.admin)
    assert "No match" in typed(client, event.number)
    assert "No match" in client.get(search, {"q": "appendicitis"}).content.decode()


def test_a_payment_is_found_by_its_number_with_the_next_step(world: World, client: Client) -> None:
    set_up(world)
    payment, finance = claimed(world), finance_of(world)
    search = reverse("workspace:search")
    step = f"{reverse('budgets:approve_all', args=['tmr-204'])}?row={payment.pk}"
    for person, offered in ((world.manager, True), (world.coordinator, False), (finance, False)):
        client.force_login(person)
        found = typed(client, "pay-1042")
        assert payment.get_absolute_url() in found
        assert (step in found) is offered
        assert payment.get_absolute_url() in client.get(search, {"q": "PAY-"}).content.decode()
    approved(world, payment)
    assert f"{reverse('budgets:pay_all', args=['tmr-204'])}?row={payment.pk}" in typed(
        client, "PAY-1"
    )
    client.force_login(world.cra)
    assert "No match" in typed(client, payment.number)


def test_a_letter_typed_for_a_digit_is_understood(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    found = typed(client, "1O42")
    assert "Did you mean 1042?" in found
    assert world.site.get_absolute_url() in found
    assert "No match for zzz" in typed(client, "zzz")


def test_the_palette_shows_a_stranger_nothing(world: World, client: Client) -> None:
    subject = screen(world)
    client.force_login(User.objects.create(username="stranger", email="s@example.org"))
    found = typed(client, subject.number)
    assert subject.get_absolute_url() not in found
    assert reverse("workspace:trials") not in typed(client)


@pytest.mark.parametrize("count", [1, 5])
def test_the_palette_asks_few_queries(
    world: World, client: Client, django_assert_max_num_queries, count: int
) -> None:
    for _ in range(count):
        screen(world)
    client.force_login(world.coordinator)
    typed(client, "1042")
    with django_assert_max_num_queries(10):
        typed(client, "1042")


def test_the_found_part_is_marked_and_the_rest_escaped() -> None:
    assert marked("<b>1042", "1042") == "&lt;b&gt;<mark>1042</mark>"
    assert marked("Northgate", "") == "Northgate"


def test_zeros_may_be_left_out_of_a_number(world: World, client: Client) -> None:
    first, second = screen(world), screen(world)
    client.force_login(world.coordinator)
    found = typed(client, "1042-2")
    assert second.get_absolute_url() in found
    assert first.get_absolute_url() not in found
    assert headings(found)[0] == "Best match"


def test_the_best_match_stands_first_with_what_can_be_done(world: World, client: Client) -> None:
    subject = screen(world)
    client.force_login(world.coordinator)
    found = typed(client, "1042")
    # The site is named in full; the subject only begins like it.
    assert headings(found)[:2] == ["Best match", "Subjects"]
    assert "Actions on site 1042 Northgate" in headings(found)
    assert found.index(world.site.get_absolute_url()) < found.index(subject.get_absolute_url())
    assert found.count(f'href="{world.site.get_absolute_url()}"') == 1


def test_several_that_fit_as_well_are_no_best_match(world: World, client: Client) -> None:
    screen(world), screen(world)
    client.force_login(world.coordinator)
    assert headings(typed(client, "1042-0"))[0] == "Subjects"


def test_the_trial_at_hand_comes_first(world: World, client: Client) -> None:
    other = trials.add_trial(
        world.sponsor, values={"code": "aaa-1", "protocol_number": "AAA-1", "name": "Amber"},
        by=world.admin,
    )  # fmt: skip
    site = make_site(other, world.place, "1042", world.admin, world.manager)
    client.force_login(world.manager)
    for path in ("/trials/tmr-204/", "/trials/aaa-1/"):
        client.get(path)
        found = typed(client, "1042")
        order = [found.index(each.get_absolute_url()) for each in (world.site, site)]
        assert order == sorted(order, reverse=path == "/trials/aaa-1/")


def test_a_record_of_the_list_says_what_can_be_done_with_it(world: World, client: Client) -> None:
    subject = screen(world)
    address = reverse("palette") + f"?of=subject-{subject.pk}"
    client.force_login(world.coordinator)
    found = client.get(address, headers=HTMX).content.decode()
    assert headings(found) == [f"Actions on subject {subject.number}"]
    assert visit(subject, "SCR").book_url in found
    assert reverse("subjects:contact", args=[subject.pk]) in found
    client.force_login(world.cra)
    found = client.get(address, headers=HTMX).content.decode()
    assert re.findall('<a[^>]*href="([^"]+)"', found) == [
        reverse("quality:report_of_subject", args=[subject.pk]),
        reverse("audit:record", args=["subjects.subject", subject.pk]),
    ]


def test_a_trial_leads_to_its_lists_and_to_what_one_may_add(world: World, client: Client) -> None:
    add = reverse("sites:add_site", args=["tmr-204"])
    client.force_login(world.manager)
    found = typed(client, "TMR-204")
    assert headings(found)[:2] == ["Best match", "Actions on trial TMR-204"]
    for name in ("workspace:sites", "workspace:subjects", "trials:schedule"):
        assert reverse(name, args=["tmr-204"]) in found
    assert add in found
    client.force_login(world.cra)
    assert add not in typed(client, "TMR-204")


@pytest.mark.parametrize("of", ["subject-0", "subject-x", "user-1", "subject", "trial-nothing"])
def test_what_is_not_there_has_no_actions(world: World, client: Client, of: str) -> None:
    client.force_login(world.coordinator)
    assert client.get(reverse("palette"), {"of": of}, headers=HTMX).status_code == 404


def test_a_record_of_others_has_no_actions(world: World, client: Client) -> None:
    subject: Subject = screen(world)
    client.force_login(User.objects.create(username="stranger", email="s@example.org"))
    answer = client.get(reverse("palette"), {"of": f"subject-{subject.pk}"}, headers=HTMX)
    assert answer.status_code == 404


def test_a_prefix_asks_for_pages_and_beginnings_only(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    assert headings(typed(client, ">")) == ["Pages", "New"]
    found = typed(client, "> sche")
    assert reverse("subjects:schedule", args=["northgate"]) in found
    assert reverse("inbox:work") not in found
    assert world.site.get_absolute_url() not in typed(client, ">1042")


def test_a_prefix_asks_for_people_where_one_may_see_accounts(world: World, client: Client) -> None:
    client.force_login(world.admin)
    found = typed(client, "@ada ad")
    assert headings(found) == ["People"]
    assert world.admin.get_absolute_url() in found
    assert world.cra.get_absolute_url() not in found
    client.force_login(world.coordinator)
    assert "No match for @ada" in typed(client, "@ada")


def test_sites_of_other_places_are_found_by_part_of_the_name(world: World, client: Client) -> None:
    other = make_site(
        world.trial, make_place("southend", world.admin), "1043", world.admin, world.manager
    )
    client.force_login(world.manager)
    found = typed(client, "thend")
    assert other.get_absolute_url() in found
    assert "Actions on site 1043 Southend" in headings(found)


def test_a_site_without_a_number_is_found_by_its_place_with_its_state(
    world: World, client: Client
) -> None:
    site = sites.propose(world.trial, place=make_place("southgate", world.admin), by=world.manager)
    client.force_login(world.manager)
    found = typed(client, "southg")
    assert site.get_absolute_url() in found
    assert "Site · TMR-204 · Identified" in found
    assert "Site · TMR-204 · Open" not in typed(client, "1042")
