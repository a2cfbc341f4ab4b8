"""Views of lists: kept by one person, shared with those who see the list's record, never rows."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from core.kept import forget
from core.models import Event, SavedView, ViewMark
from core.saved_views import actions, queries
from core.saved_views.queries import at_hand, views_at
from core.versions import ConflictError
from tests.world import World, make_place, user_with

pytestmark = pytest.mark.django_db

SITES = "/trials/tmr-204/sites/"
SUBJECTS = "/places/northgate/subjects/"


def fresh(user: User) -> User:
    """The person in another request."""
    return User.objects.get(pk=user.pk)


def keep(client: Client, path: str, name: str, **more: str) -> SavedView:
    answer = client.post(path, {"name": name, **more})
    assert answer.status_code == 302
    return SavedView.objects.latest("pk")


def test_what_is_shown_is_kept_under_a_name(world: World, client: Client) -> None:
    client.force_login(world.manager)
    view = keep(client, f"{SITES}?status=open&sort=-enrolled&after=9&odd=1", "Züri: open!")
    assert (view.path, view.query) == (SITES, "sort=-enrolled&status=open")
    assert (view.title, view.scope_label, view.owner_id) == ("Sites", "TMR-204", world.manager.pk)
    assert not view.is_shared
    assert view.get_absolute_url() == f"/views/zuri-open-{view.pk}/"
    text = client.get(f"{SITES}?status=open&sort=-enrolled").content.decode()
    tab = " ".join(text.split())
    assert f'href="/views/zuri-open-{view.pk}/" aria-current="page" >Züri: open!' in tab
    assert 'open! <span class="tabs-count">1</span>' in tab
    opened = client.get(view.get_absolute_url())
    assert opened.headers["Location"] == f"{SITES}?sort=-enrolled&status=open"
    assert ViewMark.objects.get(view=view).used_on == timezone.localdate()
    client.get(view.get_absolute_url())
    assert Event.objects.filter(verb="save view", target_id=view.pk).count() == 1


@pytest.mark.parametrize(("name", "status"), [("", 422), ("x" * 61, 422), ("Twice", 409)])
def test_a_view_needs_a_name_of_its_own(
    world: World, client: Client, name: str, status: int
) -> None:
    client.force_login(world.manager)
    keep(client, SITES, "Twice")
    assert client.post(SITES, {"name": name}).status_code == status
    assert SavedView.objects.count() == 1


def test_a_view_is_its_owners_until_it_is_shared(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    view = keep(client, f"{SUBJECTS}?status=screening", "Screening")
    other = user_with(Role.INVESTIGATOR, world.place, world.admin)
    client.force_login(other)
    assert client.get(view.get_absolute_url()).status_code == 404
    assert views_at(fresh(other), SUBJECTS) == []
    actions.share_view(view, is_shared=True, by=world.coordinator)
    forget(fresh(other))
    assert client.get(view.get_absolute_url()).status_code == 302
    assert views_at(fresh(other), SUBJECTS) == [view]
    assert "Screening" in client.get(SUBJECTS).content.decode()
    for verb in ("rename", "share", "remove"):
        url = reverse(f"views:{verb}", args=[view.slug])
        assert client.post(url, {"name": "Mine"}).status_code == 403
    elsewhere = user_with(Role.COORDINATOR, make_place("southgate", world.admin), world.admin)
    client.force_login(elsewhere)
    assert client.get(view.get_absolute_url()).status_code == 404
    assert queries.views_of(fresh(elsewhere)) == []


def test_a_shared_view_shows_everybody_their_own_rows(world: World, client: Client) -> None:
    client.force_login(world.manager)
    view = keep(client, f"{SITES}?status=open", "Open sites", shared="on")
    assert view.is_shared
    client.force_login(world.cra)
    text = client.get(view.get_absolute_url(), follow=True).content.decode()
    assert "1042 Northgate" in text
    stranger = User.objects.create(username="stranger", email="s@example.org")
    client.force_login(stranger)
    assert client.get(view.get_absolute_url()).status_code == 404


def test_sharing_takes_a_role_on_what_the_list_is_of(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    assert "Share with" not in client.get(SITES).content.decode()
    assert client.post(SITES, {"name": "For all", "shared": "on"}).status_code == 403
    assert "Share with everybody in Northgate" in client.get(SUBJECTS).content.decode()
    view = keep(client, SITES, "For me")
    with pytest.raises(PermissionDenied):
        actions.share_view(view, is_shared=True, by=world.coordinator)
    everywhere = keep(client, "/sites/", "Everywhere")
    assert everywhere.audience == "everybody"
    with pytest.raises(PermissionDenied):
        actions.save_view(view, by=User.objects.create(username="s", email="s@example.org"))


def test_views_are_named_again_pinned_shared_and_removed(world: World, client: Client) -> None:
    client.force_login(world.manager)
    view = keep(client, f"{SITES}?need=cra", "No CRA")
    keep(client, SITES, "Other")
    page = client.get(reverse("views:views")).content.decode()
    for words in ("No CRA", "TMR-204", "You", "Nobody", "Never", "Share with"):
        assert words in page

    def post(verb: str, **data: str) -> int:
        return client.post(reverse(f"views:{verb}", args=[view.slug]), data).status_code

    assert post("pin", pinned="yes") == 302
    text = "".join(client.get("/my-work/").content.decode().split())
    assert ">NoCRA</span>" in text
    assert 'class="sidebar-count">2<spanclass="visually-hidden">kept</span>' in text
    assert post("pin") == 302
    client.get("/my-work/")
    assert "No CRA" not in client.get("/my-work/").content.decode()
    assert post("rename", name="") == 422
    assert post("rename", name="Without CRA") == 302
    assert post("share", shared="yes") == 302
    assert "Everybody in TMR-204" in client.get(reverse("views:views")).content.decode()
    assert post("share") == 302
    view.refresh_from_db()
    assert (view.name, view.is_shared) == ("Without CRA", False)
    with pytest.raises(ConflictError):
        actions.save_view(SavedView(
            owner_id=world.manager.pk, name="Other", path=SITES, kind="trial",
            scope_id=world.trial.pk,
        ), by=world.manager)  # fmt: skip
    assert post("remove") == 302
    assert post("remove") == 404
    for slug in ("nonsense", "x-0"):
        assert client.get(reverse("views:open", args=[slug])).status_code == 404


def test_a_pinned_view_of_somebody_else_goes_with_the_sharing(world: World, client: Client) -> None:
    client.force_login(world.manager)
    view = keep(client, SITES, "Ours", shared="on")
    actions.pin(view, is_pinned=True, by=world.cra)
    assert [one.view for one in at_hand(fresh(world.cra), "/my-work/") if one.is_pinned] == [view]
    actions.share_view(view, is_shared=False, by=world.manager)
    forget(fresh(world.cra))
    assert at_hand(fresh(world.cra), "/my-work/") == []
    assert at_hand(fresh(world.cra), SITES) == []


@pytest.mark.parametrize(
    ("role", "begins"),
    [(Role.COORDINATOR, "Something late at Northgate"), (Role.CRA, "Sites that enrol nobody")],
)
def test_who_keeps_no_view_is_offered_some_to_begin_with(
    world: World, client: Client, role: str, begins: str
) -> None:
    client.force_login(world.coordinator if role == Role.COORDINATOR else world.cra)
    text = client.get(reverse("views:views")).content.decode()
    assert begins in text
    client.force_login(User.objects.create(username="stranger", email="s@example.org"))
    assert "begin with one" not in client.get(reverse("views:views")).content.decode()


@pytest.mark.parametrize("count", [1, 5])
def test_the_page_runs_a_fixed_number_of_queries(
    world: World, client: Client, django_assert_max_num_queries, count: int
) -> None:
    client.force_login(world.coordinator)
    for number in range(count):
        keep(client, SUBJECTS, f"View {number}", shared="on")
    client.get(reverse("views:views"))
    with django_assert_max_num_queries(8):
        assert client.get(reverse("views:views")).status_code == 200
