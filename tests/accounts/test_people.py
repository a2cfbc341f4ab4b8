"""People, their roles over time, and who can see what (21 CFR 11.10(d), (g), 11.300(a))."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions
from accounts.models import Grant, User
from accounts.roles import Role
from core.access import ScopeKind
from core.actions import RefusedError
from core.models import Event
from sites.models import Site
from tests.world import World, user_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(world: World, client: Client) -> Client:
    client.force_login(world.admin)
    return client


def listed(client: Client, **query: str) -> str:
    return client.get(reverse("accounts:people"), query).content.decode()


def test_the_list_filters_by_words_role_scope_and_state(world: World, admin: Client) -> None:
    coordinator, cra = world.coordinator.get_full_name(), world.cra.get_full_name()
    assert coordinator in listed(admin)
    for query in ({"role": "cra"}, {"scope": "1042"}, {"q": world.cra.email}):
        text = listed(admin, **query)
        assert cra in text
        assert coordinator not in text
    actions.disable(world.cra, reason="left", by=world.admin)
    assert cra in listed(admin, state="disabled")
    assert cra not in listed(admin, state="active")
    assert "No person matches no such person" in " ".join(listed(admin, q="no such person").split())


@pytest.mark.parametrize("count", [1, 5])
def test_the_list_runs_a_fixed_number_of_queries(
    world: World, admin: Client, django_assert_max_num_queries, count: int
) -> None:
    for _ in range(count):
        user_with(Role.CRA, world.site, world.admin)
    listed(admin)
    with django_assert_max_num_queries(10):
        listed(admin)


def test_the_list_goes_on_by_name(world: World, admin: Client) -> None:
    for number in range(52):
        User.objects.create(username=f"p{number}", email=f"p{number}@example.org", last_name="Zz")
    following = re.search(r"after=(\d+)", listed(admin))
    assert following is not None
    rest = listed(admin, after=following[1])
    assert "p51" in rest
    assert world.admin.username not in re.findall(r'class="table-note">(\S+)', rest)


def test_an_invited_person_sets_a_password_by_a_link_that_works_once(
    world: World, admin: Client, django_capture_on_commit_callbacks
) -> None:
    """6.2: 25 identity verified before issue, 31 unique names, 39 single-use link."""
    form = {
        "username": "zoe", "first_name": "Zoë", "last_name": "O'Neill", "job_title": "CRA",
        "email": "zoe@example.org", "time_zone": "Europe/Paris",
    }  # fmt: skip
    unknown = admin.post(reverse("accounts:invite"), form)
    assert unknown.status_code == 422
    assert "Check who the person is" in unknown.content.decode()
    form["is_known"] = "on"
    with django_capture_on_commit_callbacks(execute=True):
        assert admin.post(reverse("accounts:invite"), form).status_code == 302
    person = User.objects.get(username="zoe")
    assert not person.has_usable_password()
    assert person.identity_verified_by == world.admin.get_full_name()
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body)
    assert link is not None
    visitor = Client()
    password = {"password1": "a sentence to keep", "password2": "a sentence to keep"}
    form_page = visitor.get(link[1]).headers["Location"]
    assert visitor.post(form_page, password).status_code == 302
    person.refresh_from_db()
    assert person.check_password("a sentence to keep")
    again = Client().get(link[1])
    assert again.status_code == 200
    assert "password1" not in again.content.decode()
    taken = admin.post(reverse("accounts:invite"), form | {"username": "ZOE"})
    assert taken.status_code == 422
    assert "Zoë" in taken.content.decode()


def test_a_role_is_given_for_a_time_in_the_browser(world: World, admin: Client) -> None:
    """6.2: 34 requester, approver, start and end; expires by itself."""
    person = User.objects.create(username="new", email="new@example.org", first_name="New")
    url = reverse("accounts:give", args=[person.pk]) + "?role=cra&q=1042"
    assert f'value="site:{world.site.pk}"' in admin.get(url).content.decode()
    today = timezone.localdate()
    form = {
        "scope": f"site:{world.site.pk}", "last_day": (today + timedelta(days=9)).isoformat(),
        "requested_by": world.manager.email, "reason": "Covers leave",
    }  # fmt: skip
    assert admin.post(url, form).status_code == 302
    grant = Grant.objects.get(user=person)
    assert (grant.requested_by, grant.approved_by) == (world.manager, world.admin)
    assert Event.objects.get(verb="give role", target_id=grant.pk).reason == "Covers leave"
    with time_machine.travel(timezone.now() + timedelta(days=9), tick=False):
        assert Site.objects.visible_to(User.objects.get(pk=person.pk)).exists()
    with time_machine.travel(timezone.now() + timedelta(days=11), tick=False):
        assert not Site.objects.visible_to(User.objects.get(pk=person.pk)).exists()
        assert actions.give(world.site, person=person, role="cra", by=world.admin).pk != grant.pk


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"last_day": "2020-01-01"}, "end before it begins"),
        ({"requested_by": "nobody"}, "Nobody has the user name"),
        ({"scope": "site:0"}, "valid choice"),
        ({"first_day": "someday"}, "someday is not a day"),
    ],
)
def test_a_role_with_bad_terms_is_refused_with_the_form(
    world: World, admin: Client, change: dict[str, str], message: str
) -> None:
    person = User.objects.create(username="new", email="new@example.org")
    url = reverse("accounts:give", args=[person.pk]) + "?role=cra"
    response = admin.post(url, {"scope": f"site:{world.site.pk}", "reason": "Kept"} | change)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert "Kept" in response.content.decode()
    assert not Grant.objects.filter(user=person).exists()


def test_a_role_ends_with_a_reason(world: World, admin: Client) -> None:
    grant = Grant.objects.get(user=world.cra)
    url = reverse("accounts:end", args=[grant.pk])
    assert admin.post(url, {"reason": "  "}).status_code == 422
    assert admin.post(url, {"reason": "left the trial"}).status_code == 302
    assert Event.objects.get(verb="end role", target_id=grant.pk).reason == "left the trial"
    text = admin.get(reverse("accounts:person", args=[world.cra.pk])).content.decode()
    assert "No role now" in text
    assert "ended early" in " ".join(text.split())
    again = admin.post(url, {"reason": "again"})
    assert "has ended already" in again.content.decode()


def test_a_trial_manager_gives_roles_in_the_trial_and_no_more_than_he_holds(
    world: World, client: Client
) -> None:
    """6.2: 32 least privilege, 58 names of subjects stay at the site."""
    client.force_login(world.manager)
    assert client.get(reverse("accounts:people")).status_code == 403
    url = reverse("accounts:give_here", args=["site", world.site.pk])
    refused = client.post(url, {"person": world.cra.email, "role": "coordinator"})
    assert refused.status_code == 422
    assert "You can give what you hold yourself" in refused.content.decode()
    kept = client.post(url, {"person": world.cra.username, "role": "cta"})
    assert kept.status_code == 302
    grant = Grant.objects.get(user=world.cra, role="cta")
    assert client.post(reverse("accounts:end", args=[grant.pk]), {"reason": "x"}).status_code == 302
    client.force_login(world.cra)
    assert client.post(url, {"person": world.cra.username, "role": "cta"}).status_code == 404
    assert client.get(reverse("accounts:end", args=[grant.pk])).status_code == 404


def test_duties_are_kept_apart(world: World) -> None:
    """6.2: 33 segregation of duties."""
    with pytest.raises(RefusedError, match="themselves"):
        actions.give(world.trial, person=world.admin, role=Role.CRA, by=world.admin)
    other = user_with(Role.ADMINISTRATOR, actions.deployment(), world.admin)
    with pytest.raises(RefusedError, match="does not see subjects"):
        actions.give(world.site, person=world.admin, role=Role.COORDINATOR, by=other)
    with pytest.raises(RefusedError, match="does not see subjects"):
        actions.give(actions.deployment(), person=world.cra, role="administrator", by=world.admin)
    with pytest.raises(RefusedError, match="own account"):
        actions.disable(world.admin, reason="x", by=world.admin)


def test_access_to_a_trial_is_answered_for_today_and_for_a_day_in_the_past(
    world: World, admin: Client
) -> None:
    """6.2: 36 access review, 37 who had access on a day."""
    url = reverse("accounts:access", args=["trial", world.trial.pk])
    text = admin.get(url).content.decode()
    for person in (world.manager, world.cra, world.coordinator, world.admin):
        assert person.get_full_name() in text
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        client = Client()
        client.force_login(world.admin)
        actions.disable(world.cra, reason="left", by=world.admin)
        assert world.cra.get_full_name() not in client.get(url).content.decode()
        before = (timezone.localdate() - timedelta(days=1)).isoformat()
        assert world.cra.get_full_name() in client.get(url, {"on": before}).content.decode()
        long_ago = client.get(url, {"on": "2001-01-01"}).content.decode()
        assert world.cra.get_full_name() not in long_ago
    assert admin.get(url, {"on": "never"}).status_code == 200
    assert admin.get(reverse("accounts:access", args=["moon", 1])).status_code == 404
    assert admin.get(url, {"on": "9999-12-31"}).status_code == 200


def test_the_pages_of_trial_site_and_place_lead_to_the_access_list(
    world: World, client: Client
) -> None:
    for scope in (world.trial, world.site, world.place):
        url = reverse("accounts:access", args=[scope.kind, scope.pk])
        client.force_login(world.admin)
        assert url in client.get(scope.get_absolute_url()).content.decode()
        client.force_login(world.coordinator)
        assert url not in client.get(scope.get_absolute_url()).content.decode()
        assert client.get(url).status_code == 404


def test_a_manager_ends_roles_where_they_manage_and_nowhere_else(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    url = reverse("accounts:access", args=["trial", world.trial.pk])
    access = client.get(url)
    held = [*access.context["access"].whole, *access.context["access"].parts]
    elsewhere = {ScopeKind.DEPLOYMENT, ScopeKind.PLACE}
    offered = {grant.pk for grant in held if grant.kind not in elsewhere}
    assert access.context["ends"] == offered
    assert 0 < len(offered) < len(held)
    for grant in held:
        page = client.get(reverse("accounts:end", args=[grant.pk]))
        assert page.status_code == (200 if grant.pk in offered else 404)
    past = client.get(url, {"on": (timezone.localdate() - timedelta(days=1)).isoformat()})
    assert not past.context["ends"]


@pytest.mark.parametrize("count", [1, 5])
def test_the_access_list_runs_a_fixed_number_of_queries(
    world: World, admin: Client, django_assert_max_num_queries, count: int
) -> None:
    for _ in range(count):
        user_with(Role.CRA, world.site, world.admin)
    url = reverse("accounts:access", args=["site", world.site.pk])
    admin.get(url)
    with django_assert_max_num_queries(10):
        assert admin.get(url).status_code == 200


def test_a_closed_account_signs_out_everywhere_and_gets_no_link(
    world: World, admin: Client
) -> None:
    """6.2: 35 immediate revocation."""
    open_session = Client()
    open_session.force_login(world.cra)
    assert open_session.get("/sites/").status_code == 200
    url = reverse("accounts:disable", args=[world.cra.pk])
    assert admin.post(url, {"reason": ""}).status_code == 422
    assert admin.post(url, {"reason": "left the company"}).status_code == 302
    assert open_session.get("/sites/").status_code == 302
    link = admin.post(reverse("accounts:send_password_link", args=[world.cra.pk]))
    assert link.status_code == 422
    assert mail.outbox == []


def test_details_are_corrected(world: World, admin: Client) -> None:
    url = reverse("accounts:change", args=[world.cra.pk])
    form = {
        "first_name": "Jonas", "last_name": "Lindqvist", "email": world.admin.email.upper(),
        "time_zone": "Europe/Stockholm",
    }  # fmt: skip
    assert admin.post(url, form).status_code == 422
    assert admin.post(url, form | {"email": "jonas@example.org"}).status_code == 302
    person = User.objects.get(pk=world.cra.pk)
    assert (str(person), person.time_zone) == ("Jonas Lindqvist", "Europe/Stockholm")
