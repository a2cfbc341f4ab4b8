"""Every address by every method for every role: what the table does not allow is refused."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from core.access import Scope
from core.actions import registry
from core.models import AuditRow, Deployment, Event
from core.permissions import Permission
from tests.markers import marked, marked_paths, text_of, told
from tests.test_house import ROOT, SOURCES
from tests.ways import ANSWERED, Table, Who, persons
from tests.ways import table as other_ways
from tests.ways_amendments import amendment_ways
from tests.ways_budgets import budget_ways
from tests.ways_conduct import conduct_ways
from tests.ways_consents import consent_ways
from tests.ways_course import course_ways
from tests.ways_documents import document_ways
from tests.ways_eligibility import eligibility_ways
from tests.ways_lists import list_ways
from tests.ways_quality import quality_ways
from tests.ways_safety import safety_ways
from tests.ways_stays import stay_ways
from tests.ways_trials import trial_ways
from tests.world import World, make_place, user_with
from trials.actions import trials

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST")
SHARES = 6  # in which the persons walk, side by side where the machine can

OURS = {
    "trials",
    "sites",
    "documents",
    "subjects",
    "quality",
    "safety",
    "budgets",
    "inbox",
    "workspace",
    "accounts",
    "audit",
    "core",
    "views",
}
# For whoever asks: each is tested where it is told of.
WITHOUT_SIGNING_IN = {"accounts:session", "subjects:feed"}
# It ends the walk: it signs a person out everywhere else, and the walk is everywhere else.
ENDS_THE_WALK = {"accounts:leave_elsewhere"}


def table(world: World) -> Table:
    """Every address of ours with what it takes."""
    more = {
        name: way if isinstance(way, list) else [way] for name, way in trial_ways(world).items()
    }
    nights = stay_ways(world)  # its schedule is in effect before those of others begin
    return (
        other_ways(world)
        | nights
        | course_ways(world)
        | list_ways(world)
        | conduct_ways(world)
        | quality_ways(world)
        | consent_ways(world)
        | document_ways(world)
        | budget_ways(world)
        | eligibility_ways(world)
        | safety_ways(world)
        | amendment_ways(world)
        | more
    )


def named(patterns: list[URLPattern | URLResolver], namespace: str = "") -> set[str]:
    """Every named address of ours."""
    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace in OURS or not pattern.namespace:
                found |= named(pattern.url_patterns, pattern.namespace or namespace)
        elif namespace:
            found.add(f"{namespace}:{pattern.name}")
    return found


def client_of(who: Who, world: World) -> Client:
    """A browser in which the person is signed in, or nobody."""
    client = Client(raise_request_exception=False)
    if who.role == "anonymous":
        return client
    if who.role == "stranger":
        person = User.objects.create_user(username="stranger", email="stranger@example.org")
    else:
        person = user_with(who.role, scope_of(who, world), world.admin)
    client.force_login(person)
    return client


def scope_of(who: Who, world: World) -> Scope:
    """Where the person holds the role; elsewhere is a place and a sponsor of nobody else."""
    if who.on != "elsewhere":
        own = {"site": world.site, "place": world.place, "trial": world.trial}
        return own[who.on] if who.on in own else Deployment.objects.get()
    if who.role == "coordinator":
        return make_place("southgate", world.admin)
    return trials.add_sponsor(Deployment.objects.get(), name="Other", by=world.admin)


def tried(client: Client, path: str, method: str, *, is_script: bool = False) -> tuple[int, str]:
    """The answer to an address and what it says; what it changes is taken back."""
    asked_by = {"HX-Request": "true"} if is_script else {}
    with transaction.atomic():
        answer = client.generic(
            method, path, content_type="application/x-www-form-urlencoded", headers=asked_by
        )
        said = text_of(answer)
        transaction.set_rollback(True)
    return answer.status_code, said


def walked(client: Client, who: Who, ways: Table) -> Iterator[str]:
    """What a person is answered and should not be.

    Forms and what will be refused come from the script, which is answered without the frame.
    """
    for method in METHODS:
        for name, way in ((name, way) for name, each in ways.items() for way in each):
            right = who.expects(way, method)
            if right == {405}:  # the method is refused before it is known who asks
                continue
            is_script = right != {302} and (method == "POST" or right != ANSWERED)
            status, said = tried(client, way.path, method, is_script=is_script)
            if status not in right:
                yield f"{who}: {method} {name}: {status}, not {sorted(right)}"
            for marker in told(who, way.path, said):
                yield f"{who}: {method} {name} shows the {marker}"


def looked_round(client: Client, who: Who, paths: Iterable[str]) -> Iterator[str]:
    """What a person reads at other addresses and should not."""
    for path in paths:
        _, said = tried(client, path, "GET")
        for marker in told(who, path, said):
            yield f"{who}: GET {path} shows the {marker}"


def test_every_address_stands_in_the_table(world: World) -> None:
    there = named(get_resolver().url_patterns)
    assert there == set(table(world)) | WITHOUT_SIGNING_IN | ENDS_THE_WALK


@pytest.mark.parametrize("share", range(SHARES))
def test_everybody_gets_what_the_table_says_and_nothing_else(share: int, world: World) -> None:
    """Nobody blinded reads an allocation either, and nobody outside the site a name."""
    subject = marked(world)
    ways = table(world)
    besides = list(marked_paths(world, subject))
    persons_of_share = list(persons())[share::SHARES]
    clients = {who: client_of(who, world) for who in persons_of_share}
    written = AuditRow.objects.count()
    wrong = [
        said
        for who, client in clients.items()
        for said in (*walked(client, who, ways), *looked_round(client, who, besides))
    ]
    assert not wrong, "\n".join(wrong)
    assert AuditRow.objects.count() == written


def test_other_methods_are_refused_everywhere(world: World) -> None:
    ways = table(world)
    client = client_of(Who("coordinator", "place"), world)
    for name, each in ways.items():
        for method in {*METHODS, "PUT", "PATCH", "DELETE", "TRACE"} - set(each[0].methods.split()):
            answer = tried(client, each[0].path, method, is_script=True)
            assert answer[0] == 405, (name, method)


def test_every_action_refuses_who_does_not_hold_its_permission(world: World) -> None:
    stranger = User.objects.create_user(username="stranger", email="stranger@example.org")
    events = Event.objects.count()
    for name, act in registry.items():
        for record in (world.site, world.place, world.trial, Deployment.objects.get()):
            with pytest.raises(PermissionDenied, match="Your role does not allow"):
                act(record, by=stranger)
        assert act.permission in Permission, name
    assert Event.objects.count() == events


def test_everything_written_belongs_to_an_event_of_a_person(world: World) -> None:
    before = AuditRow.objects.latest("pk").pk
    table(world)
    events = Event.objects.in_bulk()
    written = AuditRow.objects.filter(pk__gt=before)
    assert written.count() > 20
    for row in written:
        event = events[row.event_id]
        assert event.actor_name, row.tbl
        assert event.verb, row.tbl


WRITERS = {
    "save",
    "create",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "delete",
}
READERS = ("views", "forms", "queries", "api", "pages", "templatetags", "urls")


def test_only_actions_write() -> None:
    """What people see and type is only read; declared pages save inside their own actions."""
    found = set()
    for path in SOURCES:
        if not any(part.removesuffix(".py") in READERS for part in path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                on_rows = "objects" in ast.dump(node.func.value)
                if node.func.attr in WRITERS or (node.func.attr == "update" and on_rows):
                    found.add((path.relative_to(ROOT).as_posix(), node.func.attr))
    last_use_of_a_feed = ("subjects/views/feeds.py", "update")
    assert found == {("core/pages.py", "create"), ("core/pages.py", "save"), last_use_of_a_feed}


def test_nothing_goes_round_the_check_of_an_action() -> None:
    """An action is called, never the function inside it, as `places.add_room.do` would be."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                inside = node.func.attr == "do" and isinstance(node.func.value, ast.Attribute)
                assert not inside, path
