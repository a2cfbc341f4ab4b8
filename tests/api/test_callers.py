"""Who may call: tokens that live and die, sessions, strangers; every address for every role."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from rest_framework.throttling import UserRateThrottle

from accounts import actions as accounts
from accounts.models import ServiceToken
from accounts.roles import Role
from core.actions import RefusedError
from ctms.api import RESOURCES
from sites.models import Site
from tests.api.conftest import Caller, secret_of, service_with
from tests.world import World, make_place, make_site, screen, visit
from trials.actions import trials

pytestmark = pytest.mark.django_db


def records(world: World) -> dict[str, str]:
    """The key of one record of each kind that lies in the world's trial."""
    subject = screen(world)
    keys: dict[str, str] = {"trials": "tmr-204", "places": "northgate"}
    for word, resource in RESOURCES.items():
        held = resource.model._default_manager.order_by("pk")
        if word == "obligations":
            held = held.filter(trial_id=world.trial.pk)
        if word == "events":
            held = held.filter(subject_id=subject.pk)
        if word not in keys and held.exists():
            keys[word] = str(held.last().pk)
    return keys


def addresses(world: World) -> list[tuple[str, str]]:
    """Every method and address about one record."""
    keys = records(world)
    found = []
    for word, resource in RESOURCES.items():
        if word not in keys:
            continue
        path = f"{word}/{keys[word]}/"
        found.append(("GET", path))
        for extra in resource.get_extra_actions():
            method = "POST" if "post" in extra.mapping else "GET"
            found.append((method, f"{path}{extra.url_path}/"))
    return found


def ask(client: Client, method: str, path: str) -> int:
    call = client.get if method == "GET" else client.post
    status: int = call(f"/api/v1/{path}", content_type="application/json").status_code
    return status


def test_without_a_token_or_session_there_is_nothing(world: World) -> None:
    client = Client()
    for word in [*RESOURCES, "trails/subjects.subject/1", "schema", "no-such-thing"]:
        answer = client.get(f"/api/v1/{word}/")
        assert answer.status_code == 401, word
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["status"] == 401
    for method, path in addresses(world):
        assert ask(client, method, path) == 401, path


def test_a_service_without_a_role_finds_nothing(world: World) -> None:
    service = accounts.add_service(
        accounts.deployment(), name="idle", owner=world.manager, by=world.admin
    )
    idle = Caller(secret_of(service, world.admin))
    for method, path in addresses(world):
        assert ask(idle.client, method, path) == 404, path
    for word in RESOURCES:
        assert idle.get(f"{word}/").json() == {"results": [], "next": None}, word


def test_the_token_of_another_trial_finds_nothing(
    world: World, caller: Callable[..., Caller]
) -> None:
    walked = addresses(world)
    other = trials.add_trial(
        world.sponsor, by=world.admin,
        values={"code": "xyz-1", "protocol_number": "XYZ-1", "name": "Other"},
    )  # fmt: skip
    make_site(other, make_place("southgate", world.admin), "1", world.admin, world.manager)
    stranger = caller(Role.SERVICE, other)
    for method, path in walked:
        assert ask(stranger.client, method, path) == 404, path
    assert [row["code"] for row in stranger.get("trials/").json()["results"]] == ["xyz-1"]
    assert stranger.get("subjects/").json()["results"] == []
    assert stranger.get(f"sites/{Site.objects.get(number='1042').pk}/").status_code == 404


READERS = (Role.CRA, Role.AUDITOR, Role.DATA_REVIEWER, Role.FINANCE, Role.MEDICAL_MONITOR)


@pytest.mark.parametrize("role", READERS)
def test_who_may_only_read_changes_nothing(
    world: World, caller: Callable[..., Caller], role: str
) -> None:
    reader = caller(role)
    may = {"set-status", "snooze"} if role == Role.CRA else {"snooze"}
    may |= {"waive"} if role == Role.CRA else set()
    seen = 0
    for method, path in addresses(world):
        status = ask(reader.client, method, path)
        if method == "GET":
            assert status in {200, 403, 404}, path
            seen += status == 200
        elif path.rstrip("/").rpartition("/")[2] not in may:
            assert status in {403, 404}, path
    assert seen > 5


def test_who_may_not_see_subjects_does_not(world: World, caller: Callable[..., Caller]) -> None:
    subject = screen(world)
    for role in (Role.TMF_SPECIALIST, Role.VENDOR_USER):
        reader = caller(role)
        assert reader.get("trials/tmr-204/").status_code == 200
        assert reader.get(f"subjects/{subject.pk}/").status_code == 404
        assert reader.get(f"subjects/{subject.pk}/history/").status_code == 404
        assert reader.get(f"visits/{visit(subject, 'W2').pk}/slots/").status_code == 404
        assert reader.get("visits/").json()["results"] == []


def test_a_signed_in_person_may_call_with_the_session(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.coordinator)
    subject = screen(world)
    assert client.get(f"/api/v1/subjects/{subject.pk}/").status_code == 200
    held = visit(subject, "W2")
    refused = client.post(f"/api/v1/visits/{held.pk}/check-in/", content_type="application/json")
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["detail"]


@pytest.mark.parametrize("ending", ["expired", "revoked", "disabled", "ownerless", "unknown"])
def test_a_token_that_has_ended_is_refused(world: World, ending: str) -> None:
    service = service_with(Role.SERVICE, world.trial, world.manager, world.admin)
    secret = secret_of(service, world.admin)
    caller = Caller(secret)
    assert caller.get("trials/").status_code == 200
    now = timezone.now()
    if ending == "expired":
        now += timedelta(days=31)
    elif ending == "revoked":
        accounts.revoke_token(ServiceToken.objects.get(), reason="leaked", by=world.admin)
    elif ending == "disabled":
        accounts.disable(service, reason="over", by=world.admin)
    elif ending == "ownerless":
        accounts.disable(world.manager, reason="left", by=world.admin)
    else:
        caller = Caller(secret + "x")
    with time_machine.travel(now, tick=False):
        answer = caller.get("trials/")
    assert answer.status_code == 401
    assert "not valid" in answer.json()["detail"]


def test_a_secret_is_kept_nowhere(world: World) -> None:
    service = service_with(Role.SERVICE, world.trial, world.manager, world.admin)
    secret = secret_of(service, world.admin)
    assert secret.startswith("ctms_")
    assert secret not in ServiceToken.objects.get().token_hash
    held = ServiceToken.objects.get()
    client = Client()
    client.force_login(world.admin)
    trail = client.get(f"/api/v1/trails/accounts.servicetoken/{held.pk}/").content.decode()
    assert "EDC" in trail
    assert held.token_hash not in trail


@pytest.mark.parametrize("days", [0, 367])
def test_tokens_are_for_services_and_for_a_time(world: World, days: int) -> None:
    service = service_with(Role.SERVICE, world.trial, world.manager, world.admin)
    with pytest.raises(RefusedError, match="1 to 366 days"):
        accounts.issue_token(service, label="EDC", days=days, by=world.admin)
    with pytest.raises(RefusedError, match="service accounts"):
        accounts.issue_token(world.cra, label="EDC", days=1, by=world.admin)
    secret_of(service, world.admin)
    with pytest.raises(RefusedError, match="reason"):
        accounts.revoke_token(ServiceToken.objects.get(), reason=" ", by=world.admin)


def test_a_token_opens_the_api_and_no_page(world: World, edc: Caller) -> None:
    assert edc.client.get("/today/").status_code == 302
    assert edc.client.get("/livez").status_code == 200


def test_who_calls_too_often_is_told_when_to_go_on(
    world: World, edc: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "3/min"})
    statuses = [edc.get("trials/").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    answer = edc.get("trials/")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.json()["code"] == "throttled"


def test_what_is_not_there_or_not_spoken_is_a_problem_too(world: World, edc: Caller) -> None:
    assert edc.get("no-such-thing/").json()["code"] == "not_found"
    assert edc.get("subjects/abc/").status_code == 404
    assert edc.get("trials/%00/").status_code == 404
    assert edc.get("trials/..%2f..%2fetc/").status_code == 404
    assert edc.client.delete("/api/v1/subjects/1/").json()["code"] == "method_not_allowed"
    assert edc.client.put("/api/v1/trials/tmr-204/", {}, "application/json").status_code == 405
    assert edc.get("trials/", Accept="text/csv").status_code == 406
    for path in ("trials/", "visits/1/book/", "trails/subjects.visit/1/"):
        assert edc.client.options(f"/api/v1/{path}").status_code == 405
