"""Sites in the browser: adding, facts, steps, schedules, the page and the list."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from core.actions import RefusedError
from core.models import StatusChange
from sites.actions import places, sites
from sites.models import Place, Site, SiteSchedule, SiteStatus, Task
from subjects.actions import bookings, subjects
from tests.world import (
    World,
    at,
    make_place,
    make_site,
    make_version,
    screen,
    user_with,
    visit,
    weekday_from,
)
from trials.models import Country, ScheduleVersion

pytestmark = pytest.mark.django_db

SITE = ["tmr-204", "1042"]


@pytest.fixture
def manager(world: World, client: Client) -> Client:
    client.force_login(world.manager)
    return client


def candidate(world: World, slug: str = "southgate") -> Site:
    """A site without a number, at a place of its own."""
    place = make_place(slug, world.admin)
    return sites.propose(world.trial, place=place, by=world.manager)


def test_the_manager_adds_a_known_place(world: World, manager: Client) -> None:
    place = make_place("southgate", world.admin)
    form = {
        "place": place.pk, "number": "1043", "investigator_name": "Dr <i>Ö</i>",
        "planned_subjects": 12, "cra": world.cra.pk,
    }  # fmt: skip
    url = reverse("sites:add_site", args=["tmr-204"])
    made = manager.post(url, form, follow=True)
    text = made.content.decode()
    assert made.redirect_chain
    assert "1043 Southgate" in text
    assert "Dr &lt;i&gt;Ö&lt;/i&gt;" in text
    site = Site.objects.get(number="1043")
    assert (site.status, site.planned_subjects, site.cra) == ("identified", 12, world.cra)
    taken = manager.post(url, form)
    assert taken.status_code == 409
    assert "Site number 1043 is taken in TMR-204" in taken.content.decode()


@pytest.mark.parametrize("number", ["add", "c7", "10/42"])
def test_a_number_that_is_no_address_is_refused(world: World, manager: Client, number: str) -> None:
    said = f"“{number}” cannot stand in an address. Choose another, without / ? # and %."
    for url, form in (
        (reverse("sites:add_site", args=["tmr-204"]), {"place": world.place.pk}),
        (reverse("sites:change_site", args=SITE), {}),
    ):
        answer = manager.post(url, {**form, "number": number})
        assert answer.status_code == 422
        assert said in answer.content.decode()
    with pytest.raises(RefusedError, match="cannot stand"):
        sites.propose(world.trial, place=world.place, number=number, by=world.manager)


def test_a_place_called_add_has_a_page_of_its_own(world: World, client: Client) -> None:
    client.force_login(world.admin)
    form = {"name": "Add", "short_name": "Add", "country": "GB", "time_zone": "Europe/London"}
    assert client.post(reverse("sites:add_place"), form).status_code == 302
    assert Place.objects.get(name="Add").slug == "add-2"


def test_a_site_is_identified_on_the_day_given(world: World) -> None:
    country = Country.objects.get(code="GB")
    place = make_place("southgate", world.admin)
    site = sites.add_site(
        world.trial, country=country, place=place, on=date(2025, 2, 3), by=world.manager
    )
    change = StatusChange.objects.get(flow="sites.site", object_id=site.pk)
    assert (site.status_on, change.on) == (date(2025, 2, 3), date(2025, 2, 3))


def test_a_new_place_comes_with_its_country(world: World, manager: Client) -> None:
    url = reverse("sites:add_site", args=["tmr-204"])
    form = {
        "name": "Szent Anna", "city": "Debrecen", "country": "HU",
        "time_zone": "Europe/Budapest",
    }  # fmt: skip
    assert manager.post(url, {"name": ""}).status_code == 422
    both = manager.post(url, {**form, "place": world.place.pk})
    assert "Choose a place or describe a new one" in both.content.decode()
    assert manager.post(url, form).status_code == 302
    place = Place.objects.get(slug="szent-anna")
    assert place.time_zone == "Europe/Budapest"
    assert Country.objects.get(code="HU").name == "Hungary"
    assert Site.objects.get(place=place).code.startswith("c")


def test_facts_change_and_a_stale_form_does_not(world: World, manager: Client) -> None:
    url = reverse("sites:change_site", args=SITE)
    revision = Site.objects.get(pk=world.site.pk).revision
    form = {"number": "1042", "investigator_name": "Dr New", "planned_subjects": 20}
    assert manager.post(url, {**form, "revision": revision}).status_code == 302
    stale = manager.post(url, {**form, "investigator_name": "Dr Late", "revision": revision})
    assert stale.status_code == 409
    assert Site.objects.get(pk=world.site.pk).investigator_name == "Dr New"
    unnumbered = manager.post(url, {**form, "number": ""})
    assert unnumbered.status_code == 422
    assert "it keeps a number" in unnumbered.content.decode()
    other = candidate(world)
    clash = manager.post(reverse("sites:change_site", args=["tmr-204", other.code]), form)
    assert clash.status_code == 409


def test_a_site_steps_through_its_life(world: World, manager: Client) -> None:
    site = candidate(world)
    url = reverse("sites:status", args=["tmr-204", site.code])
    today = timezone.localdate().isoformat()
    options = manager.get(url).content.decode()
    assert 'value="selected"' in options
    assert 'value="open"' not in options
    assert manager.post(url, {"status": "selected", "on": today}).status_code == 302
    wrong = manager.post(url, {"status": "open", "on": today})
    assert wrong.status_code == 422
    silent = manager.post(url, {"status": "withdrawn", "on": today})
    assert "Give the reason for this step" in silent.content.decode()
    given = {"status": "withdrawn", "on": today, "reason": "No pharmacy"}
    assert manager.post(url, given).status_code == 302
    text = manager.get(url).content.decode()
    assert "No pharmacy" in text
    assert "is final; no step follows" in text
    steps = StatusChange.objects.filter(flow="sites.site", object_id=site.pk).order_by("pk")
    assert [step.to_status for step in steps] == ["identified", "selected", "withdrawn"]


@pytest.mark.parametrize(
    ("days", "words"), [(1, "has not come yet"), (-1, "Choose that day or later")]
)
def test_a_step_is_neither_ahead_nor_before_the_last(
    world: World, manager: Client, days: int, words: str
) -> None:
    on = timezone.localdate(timezone=world.place.zone) + timedelta(days=days)
    answer = manager.post(
        reverse("sites:status", args=SITE), {"status": "enrolment_closed", "on": on.isoformat()}
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_no_number_no_initiation(world: World) -> None:
    site = candidate(world)
    for status in (SiteStatus.SELECTED, SiteStatus.START_UP, SiteStatus.READY):
        sites.set_status(site, status=status, by=world.manager)
    with pytest.raises(RefusedError, match="needs its number"):
        sites.set_status(site, status=SiteStatus.INITIATED, by=world.manager)


def test_holding_a_site_lists_its_booked_visits(world: World, manager: Client) -> None:
    held = visit(screen(world), "W2")
    wanted = bookings.Wanted(at(weekday_from(held.target_on), 9), 60, world.room, None)
    bookings.book(held, wanted=wanted, by=world.coordinator)
    url = reverse("sites:status", args=SITE)
    today = timezone.localdate(timezone=world.place.zone).isoformat()
    given = {"status": "on_hold", "on": today, "reason": "Audit"}
    asked = manager.post(url, given)
    assert asked.status_code == 422
    assert reverse("subjects:slots", args=[held.pk]) in asked.content.decode()
    assert manager.post(url, {**given, "sure": "on"}).status_code == 302


def test_only_approved_versions_go_into_effect(world: World, manager: Client) -> None:
    url = reverse("sites:schedules", args=SITE)
    draft = ScheduleVersion.objects.create(trial=world.trial, number="9.9")
    second = make_version(world.trial, "2.0", world.manager)
    text = manager.get(url).content.decode()
    assert "Schedule 2.0" in text
    assert "9.9" not in text
    assert manager.post(url, {"version": draft.pk, "from_on": "2026-06-01"}).status_code == 422
    assert manager.post(url, {"version": second.pk, "from_on": "2026-06-01"}).status_code == 302
    first, later = SiteSchedule.objects.filter(site=world.site).order_by("during")
    assert (first.during.upper, later.during.lower) == (date(2026, 6, 1), date(2026, 6, 1))
    twice = manager.post(url, {"version": second.pk, "from_on": "2026-06-01"})
    assert twice.status_code == 409
    assert "begins at 1042 Northgate on that day already" in twice.content.decode()


def test_an_approval_is_withdrawn_before_any_site_works_under_it(
    world: World, manager: Client
) -> None:
    """6.2: 30 taken back with a reason; what was signed stays to be read."""
    second = make_version(world.trial, "2.0", world.manager)
    url = reverse("sites:withdraw_version", args=["tmr-204", "2.0"])
    assert "Withdraw approval" in manager.get(second.get_absolute_url()).content.decode()
    assert manager.post(url, {"reason": " "}).status_code == 422
    assert manager.post(url, {"reason": "Wrong window"}).status_code == 302
    second.refresh_from_db()
    assert second.status == "discarded"
    shown = manager.get(second.get_absolute_url()).content.decode()
    assert "Wrong window" in shown
    assert "Withdraw approval" not in shown
    again = manager.post(url, {"reason": "Once more"})
    assert "there is no approval to withdraw" in again.content.decode()
    effect = reverse("sites:schedules", args=SITE)
    assert manager.post(effect, {"version": second.pk, "from_on": "2026-06-01"}).status_code == 422
    with pytest.raises(RefusedError, match="is not approved"):
        sites.put_into_effect(
            world.site, version=ScheduleVersion(pk=second.pk, status="approved"),
            from_on=date(2026, 6, 1), by=world.manager,
        )  # fmt: skip


def test_an_approval_under_which_a_site_works_stays(world: World, manager: Client) -> None:
    url = reverse("sites:withdraw_version", args=["tmr-204", "1.0"])
    refused = manager.post(url, {"reason": "Too late"})
    assert refused.status_code == 422
    assert "Site 1042 works under Schedule 1.0" in refused.content.decode()
    world.version.refresh_from_db()
    assert world.version.status == "approved"


def test_the_page_shows_figures_team_and_only_its_own_subjects(
    world: World, manager: Client
) -> None:
    subject = screen(world)
    subjects.enrol(subject, on=timezone.localdate(), by=world.coordinator)
    Site.objects.filter(pk=world.site.pk).update(planned_subjects=4)
    text = manager.get(reverse("workspace:site", args=SITE)).content.decode()
    for words in ("1042-001", "/ 4</small>", "3 to go", "Priya Nair", "Run subject visits"):
        assert words in text
    other = candidate(world)
    text = manager.get(other.get_absolute_url()).content.decode()
    assert "1042-001" not in text
    assert "no plan" in text


def test_a_site_without_a_number_is_listed_under_the_name_of_its_place(
    world: World, manager: Client
) -> None:
    candidate(world)
    text = manager.get(reverse("workspace:sites", args=["tmr-204"])).content.decode()
    assert ">Southgate<" in text
    assert "no number yet" in text
    assert "Candidate" not in text


def test_the_list_filters_sorts_and_pages(world: World, manager: Client) -> None:
    url = reverse("workspace:sites", args=["tmr-204"])
    candidate(world)
    make_site(world.trial, make_place("eastgate", world.admin), "1043", world.admin, world.manager)
    Site.objects.filter(number="1043").update(active=5)
    words = " ".join(manager.get(url).content.decode().split())
    assert "3 sites" in words
    assert 'Open <span class="tabs-count">2</span>' in words
    start_up = manager.get(url + "?status=identified").content.decode()
    assert "Southgate" in start_up
    assert "Northgate" not in start_up
    busiest = manager.get(url + "?sort=-active").content.decode()
    assert busiest.index("1043 Eastgate") < busiest.index("1042 Northgate")
    none = manager.get(url + "?q=nowhere%26&status=open").content.decode()
    assert "No site matches" in none
    assert "nowhere&amp;" in none
    assert "Remove the filter State: Open for enrolment" in " ".join(none.split())
    place = world.place
    Site.objects.bulk_create(
        Site(trial=world.trial, country=world.site.country, place=place, number=f"2{n:03}")
        for n in range(60)
    )
    first = manager.get(url).content.decode()
    after = re.search(r"after=(\d+)", first)
    assert after is not None
    rest = manager.get(f"{url}?after={after[1]}").content.decode()
    assert "2059" in rest
    assert "1042 Northgate" in first
    assert "1042 Northgate" not in rest


ROUTES = ["sites:change_site", "sites:status", "sites:schedules"]


@pytest.mark.parametrize(
    ("role", "codes"),
    [
        (Role.COORDINATOR, [403, 403, 403]),
        (Role.CRA, [403, 422, 403]),
        (Role.CTA, [422, 403, 422]),
        (Role.TRIAL_MANAGER, [422, 422, 422]),
        (Role.AUDITOR, [403, 403, 403]),
    ],
)
def test_each_role_posts_what_it_may(
    world: World, client: Client, role: str, codes: list[int]
) -> None:
    scope = world.site if role == Role.COORDINATOR else world.trial
    client.force_login(user_with(role, scope, world.admin))
    posted = [
        client.post(reverse(name, args=SITE), {"planned_subjects": "many"}).status_code
        for name in ROUTES
    ]
    assert posted == codes


def test_a_stranger_finds_no_site(world: World, client: Client) -> None:
    client.force_login(User.objects.create(username="stranger", email="s@example.org"))
    for name in ROUTES:
        assert client.get(reverse(name, args=SITE)).status_code == 404
        assert client.post(reverse(name, args=SITE), {}).status_code == 404
    assert client.get(reverse("sites:add_site", args=["tmr-204"])).status_code == 404


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize(
    "path", ["/trials/tmr-204/sites/", "/sites/?q=gate&status=open&sort=-last"]
)
def test_the_list_runs_a_fixed_number_of_queries(
    world: World, manager: Client, django_assert_max_num_queries, count: int, path: str
) -> None:
    for step in range(count - 1):
        place = make_place(f"gate-{step}", world.admin)
        make_site(world.trial, place, f"12{step}", world.admin, world.manager)
    manager.get(path)
    with django_assert_max_num_queries(9):
        assert manager.get(path).status_code == 200


@pytest.mark.parametrize("count", [1, 5])
def test_the_page_runs_a_fixed_number_of_queries(
    world: World, manager: Client, django_assert_max_num_queries, count: int
) -> None:
    for step in range(count):
        screen(world)
        person = places.add_person(world.place, values={"name": f"P{step}"}, by=world.coordinator)
        places.delegate(
            world.site, person=person, tasks=[Task.ECG], from_on=date(2020, 1, 1),
            by=world.coordinator,
        )  # fmt: skip
    url = reverse("workspace:site", args=SITE)
    manager.get(url)
    with django_assert_max_num_queries(15):
        assert manager.get(url).status_code == 200


def test_ticked_sites_get_their_monitor_in_one_step(world: World, manager: Client) -> None:
    other = candidate(world)
    url = reverse("sites:assign_cra", args=["tmr-204"])
    assert f'value="{other.pk}"' in manager.get("/trials/tmr-204/sites/").content.decode()
    asked = manager.get(url, {"row": [world.site.pk, other.pk, "x"]}).content.decode()
    assert "1042 Northgate, Southgate" in " ".join(asked.split())
    assert "No site is ticked" in manager.get(url).content.decode()
    done = manager.post(url, {"row": [world.site.pk, other.pk], "cra": world.cra.pk}, follow=True)
    assert "monitors 2 sites" in done.content.decode()
    assert set(Site.objects.values_list("cra", flat=True)) == {world.cra.pk}
    assert manager.post(url, {"row": [other.pk], "cra": ""}).status_code == 302
    assert Site.objects.get(pk=other.pk).cra is None
    for wrong in ({"cra": world.cra.pk}, {"row": [other.pk], "cra": world.coordinator.pk}):
        assert manager.post(url, wrong).status_code == 422
    with pytest.raises(RefusedError, match="is not a CRA of TMR-204"):
        sites.assign_cra(world.trial, sites=[other], cra=world.coordinator, by=world.manager)
    manager.force_login(world.cra)
    assert manager.post(url, {"row": [other.pk]}).status_code == 403
    assert 'name="row"' not in manager.get("/trials/tmr-204/sites/").content.decode()
