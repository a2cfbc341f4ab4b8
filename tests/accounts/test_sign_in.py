"""Signing in and out, passwords, the second factor and the pause after wrong passwords."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts import actions, second_factor, tasks
from accounts.models import User
from core.models import AuditRow, Draft, Event, Idempotency
from tests.world import World

pytestmark = pytest.mark.django_db

PASSWORD = "a sentence to keep"
NEXT = "another sentence to keep"


@pytest.fixture
def person(world: World) -> User:
    world.cra.set_password(PASSWORD)
    world.cra.save()
    return world.cra


def sign_in(client: Client, login: str, password: str = PASSWORD, **extra: str):
    data = {"login": login, "password": password}
    return client.post(reverse("account_login"), data, **extra)


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def verbs(person: User) -> list[str]:
    about = Event.objects.filter(target_type="accounts.user", target_id=person.pk)
    return list(about.order_by("pk").values_list("verb", flat=True))


def test_sign_in_refusal_and_sign_out_are_events(person: User, client: Client) -> None:
    """6.2: 9 access events audited."""
    assert sign_in(client, person.username, "wrong").status_code == 200
    assert sign_in(client, person.email).status_code == 302
    assert client.get("/sites/").status_code == 200
    left = client.post(reverse("account_logout"))
    assert left.status_code == 302
    assert left.headers["Clear-Site-Data"] == '"storage"'
    assert client.get("/sites/").status_code == 302
    assert verbs(person)[-3:] == ["refuse sign-in", "sign in", "sign out"]
    sign_in(client, "a password in the wrong field", "x")
    assert Event.objects.filter(verb="refuse sign-in of unknown name").count() == 1
    assert not Event.objects.filter(target_label__contains="wrong field").exists()


def test_the_last_log_in_is_shown(person: User, client: Client) -> None:
    """6.2: 44 last log-in."""
    with time_machine.travel("2026-06-10T15:58:00Z", tick=False):
        sign_in(Client(), person.username)
    sign_in(client, person.username)
    assert "Last log-in Wed 10 Jun 2026 16:58 BST" in text_of(client.get("/sites/"))


def test_the_log_in_page_says_when_this_browser_was_last_used(person: User, client: Client) -> None:
    before = "Last log-in from this browser"
    assert before not in text_of(client.get(reverse("account_login")))
    with time_machine.travel("2026-06-10T15:58:00Z", tick=False):
        sign_in(client, person.username)
        client.post(reverse("account_logout"))
        shown = text_of(client.get(reverse("account_login")))
    assert f"{before}: Wed 10 Jun 2026 16:58 BST" in shown
    assert person.username not in shown
    client.cookies["last-log-in"] = "Mon 1 Jan 2026 10:00 GMT:forged"
    assert before not in text_of(client.get(reverse("account_login")))


def test_wrong_passwords_pause_the_name_and_say_the_way_out(
    person: User, client: Client, django_capture_on_commit_callbacks
) -> None:
    """6.2: 38 lock-out with trail, notification and a way out."""
    for left, login in ((4, person.username), (3, person.username.upper()), (2, person.email)):
        assert f"{left} tries left, then a pause of 15 min" in text_of(sign_in(client, login, "x"))
    assert "1 try left" in text_of(sign_in(client, person.username, "x"))
    with django_capture_on_commit_callbacks(execute=True):
        paused = sign_in(Client(), person.username, "x", REMOTE_ADDR="192.0.2.7")
    assert paused.status_code == 429
    assert "Get a new password" in text_of(paused)
    assert 0 < int(paused.headers["Retry-After"]) <= 900
    assert sign_in(client, person.email).status_code == 429
    assert [letter.subject for letter in mail.outbox] == ["CTMS: log-in paused"]
    assert verbs(person).count("pause sign-in") == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert sign_in(client, person.username).status_code == 302


@override_settings(ACCOUNT_RATE_LIMITS={"login_failed": "2/15m/ip"})
def test_wrong_passwords_from_one_address_pause_the_address_only(person: User) -> None:
    for name in ("one", "two"):
        sign_in(Client(), name, "x", REMOTE_ADDR="192.0.2.8")
    refused = sign_in(Client(), person.username, REMOTE_ADDR="192.0.2.8")
    assert "Too many wrong passwords came from this address" in text_of(refused)
    assert sign_in(Client(), person.username, REMOTE_ADDR="192.0.2.9").status_code == 302


def test_a_new_password_by_mail_ends_the_pause_and_every_session(
    person: User, client: Client
) -> None:
    """6.2: 39 single-use link, 35 sessions end."""
    sign_in(client, person.username)
    for _ in range(5):
        sign_in(Client(), person.username, "x")
    visitor = Client()
    done = visitor.post(reverse("account_reset_password"), {"email": person.email}, follow=True)
    assert "Look into your mail" in text_of(done)
    link = re.search(r"http://testserver(\S+)", mail.outbox[-1].body)
    assert link is not None
    form = visitor.get(link[1]).headers["Location"]
    short = visitor.post(form, {"password1": "short", "password2": "short"})
    assert "at least 12 characters" in text_of(short)
    kept = visitor.post(form, {"password1": NEXT, "password2": NEXT}, follow=True)
    assert "Your new password is kept" in text_of(kept)
    assert "no longer works" in text_of(Client().get(link[1]))
    assert client.get("/sites/").status_code == 302
    assert sign_in(client, person.username, NEXT).status_code == 302
    row = AuditRow.objects.filter(
        tbl="accounts_user", row_id=person.pk, changes__has_key="password"
    )
    assert NEXT not in str(row.latest("pk").changes)
    assert "choose password" in verbs(person)


def test_nobody_learns_which_addresses_have_accounts(client: Client) -> None:
    done = client.post(
        reverse("account_reset_password"), {"email": "nobody@example.org"}, follow=True
    )
    assert "Look into your mail" in text_of(done)
    assert mail.outbox == []


def test_changing_the_password_ends_the_other_sessions(person: User, client: Client) -> None:
    other = Client()
    sign_in(other, person.username)
    sign_in(client, person.username)
    url = reverse("account_change_password")
    form = {"oldpassword": PASSWORD, "password1": NEXT, "password2": NEXT}
    wrong = client.post(url, form | {"oldpassword": "x"})
    assert "That is not your password now" in text_of(wrong)
    same = client.post(url, form | {"password1": PASSWORD, "password2": PASSWORD})
    assert "It is the password you have" in text_of(same)
    assert client.post(url, form).headers["Location"] == reverse("accounts:settings")
    assert client.get("/sites/").status_code == 200
    assert other.get("/sites/").status_code == 302


def test_nobody_signs_up_or_adds_addresses(client: Client) -> None:
    for path in ("/account/signup/", "/account/email/", "/account/confirm-email/"):
        assert client.get(path).status_code == 404


def activate(client: Client) -> tuple[str, list[str]]:
    """Set up a second factor in the browser: its secret and the recovery codes."""
    page = client.get(reverse("mfa_activate_totp"))
    assert 'aria-label="QR code of the key below"' in page.content.decode()
    assert "data:" not in page.content.decode()
    secret = page.context["form"].secret
    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert "That code does not fit" in text_of(wrong)
    with TestCase.captureOnCommitCallbacks(execute=True):
        done = client.post(
            reverse("mfa_activate_totp"), {"code": second_factor.code_of(secret)}, follow=True
        )
    return secret, re.findall(r"<li class=\"identifier\">\s*(\w+)\s*</li>", done.content.decode())


def test_a_second_factor_is_set_up_used_and_replaced_by_a_recovery_code(
    person: User, client: Client
) -> None:
    """6.2: 41 second factor."""
    sign_in(client, person.username)
    secret, codes = activate(client)
    assert len(codes) == 10
    kept = Authenticator.objects.get(user=person, type="totp")
    assert secret not in str(kept.data)
    assert TOTP(kept).validate_code(second_factor.code_of(secret))
    visitor = Client()
    assert (
        sign_in(visitor, person.username)
        .headers["Location"]
        .startswith(reverse("mfa_authenticate"))
    )
    assert visitor.get("/sites/").status_code == 302
    url = reverse("mfa_authenticate")
    assert "The code has 5 digits, it needs 6" in text_of(visitor.post(url, {"code": "418 20"}))
    assert "That code does not fit" in text_of(visitor.post(url, {"code": "000000"}))
    with time_machine.travel(timezone.now() + timedelta(seconds=120), tick=False):
        code = second_factor.code_of(secret)
        assert visitor.post(url, {"code": f"{code[:3]} {code[3:]}"}).status_code == 302
    assert visitor.get("/sites/").status_code == 200
    lost = Client()
    sign_in(lost, person.username)
    assert lost.post(url, {"code": codes[0]}).status_code == 302
    assert lost.get("/sites/").status_code == 200
    again = Client()
    sign_in(again, person.username)
    assert again.post(url, {"code": codes[0]}).status_code == 200
    assert {"set up authenticator app", "set up recovery codes", "second factor refused"} <= set(
        verbs(person)
    )


def test_a_role_that_needs_a_second_factor_leads_there_and_nowhere_else(
    person: User, client: Client, settings
) -> None:
    """6.2: 41 enforceable per role."""
    settings.CTMS_SECOND_FACTOR_ROLES = ["cra"]
    sign_in(client, person.username)
    for path in ("/sites/", reverse("accounts:settings"), reverse("account_change_password")):
        assert client.get(path).headers["Location"] == reverse("mfa_activate_totp"), path
    assert client.get("/api/v1/").status_code in {403, 404}
    secret, _codes = activate(client)
    assert client.get("/sites/").status_code == 200
    refused = client.post(reverse("mfa_deactivate_totp"))
    assert "Your role needs a second factor" in text_of(refused)
    assert Authenticator.objects.filter(user=person, type="totp").exists()
    visitor = Client()
    sign_in(visitor, person.username)
    with time_machine.travel(timezone.now() + timedelta(seconds=120), tick=False):
        visitor.post(reverse("mfa_authenticate"), {"code": second_factor.code_of(secret)})
    assert visitor.get("/sites/").status_code == 200


def test_a_role_without_the_need_may_take_the_second_factor_off(
    person: User, client: Client
) -> None:
    sign_in(client, person.username)
    activate(client)
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.filter(user=person).exists()
    assert "take off authenticator app" in verbs(person)


def test_the_setting_names_known_roles_only(settings) -> None:
    settings.CTMS_SECOND_FACTOR_ROLES = ["administator"]
    with pytest.raises(ImproperlyConfigured, match="administator"):
        second_factor.check_roles()


def test_each_person_keeps_their_own_settings(person: User, client: Client) -> None:
    sign_in(client, person.username)
    url = reverse("accounts:settings")
    form = {
        "first_name": "Jonas", "last_name": "Lindqvist", "time_zone": "Europe/Stockholm",
        "theme": "dark", "density": "compact",
    }  # fmt: skip
    refused = client.post(url, form | {"time_zone": "Moon/Base", "last_name": ""})
    assert refused.status_code == 422
    assert client.post(url, form).status_code == 302
    text = client.get(url).content.decode()
    assert 'data-theme="dark"' in text
    assert 'data-density="compact"' in text
    assert 'data-keys="off"' in text
    assert "change settings" in verbs(person)
    changed = AuditRow.objects.filter(tbl="accounts_user", changes__has_key="theme").latest("pk")
    assert Event.objects.get(pk=changed.event_id).actor_id == person.pk


def help_sign_in(admin: User, person: User, step: str, reason: str = "asked by phone"):
    client = Client()
    client.force_login(admin)
    url = reverse("accounts:help_sign_in", args=[person.pk, step])
    assert client.get(url).status_code in {200, 404}
    return client.post(url, {"reason": reason})


def test_an_administrator_ends_a_pause_with_a_reason(world: World, person: User) -> None:
    """6.2: 38 unlock by an administrator with reason."""
    for _ in range(5):
        sign_in(Client(), person.username, "x")
    assert sign_in(Client(), person.username).status_code == 429
    assert help_sign_in(world.admin, person, "end-pause", " ").status_code == 422
    assert help_sign_in(world.admin, person, "end-pause").status_code == 302
    assert sign_in(Client(), person.username).status_code == 302
    assert Event.objects.get(verb="end pause of sign-in").reason == "asked by phone"


def test_a_lost_second_factor_is_taken_off_and_ends_the_sessions(
    world: World, person: User, client: Client
) -> None:
    """6.2: 42 lost credentials: deauthorise, reissue, audit."""
    sign_in(client, person.username)
    refused = help_sign_in(world.admin, person, "take-off-second-factor")
    assert "has no second factor" in text_of(refused)
    activate(client)
    assert client.get("/sites/").status_code == 200
    assert help_sign_in(world.admin, person, "take-off-second-factor").status_code == 302
    assert client.get("/sites/").status_code == 302
    assert sign_in(client, person.username).headers["Location"] == "/"
    assert help_sign_in(world.coordinator, person, "end-sessions").status_code == 404
    assert help_sign_in(world.admin, person, "no-such-step").status_code == 404


def test_sessions_end_on_other_devices_only(person: User, client: Client) -> None:
    other = Client()
    sign_in(other, person.username)
    sign_in(client, person.username)
    assert client.post(reverse("accounts:leave_elsewhere")).status_code == 302
    assert client.get("/sites/").status_code == 200
    assert other.get("/sites/").status_code == 302
    assert "end own sessions" in verbs(person)


def test_a_closed_account_opens_again_without_roles_and_password(
    world: World, person: User, client: Client
) -> None:
    """6.2: 24 a name stays with its person."""
    assert "is open" in text_of(help_sign_in(world.admin, person, "reopen"))
    actions.disable(person, reason="leave", by=world.admin)
    assert help_sign_in(world.admin, person, "reopen").status_code == 302
    person.refresh_from_db()
    assert person.is_active
    assert not person.has_usable_password()
    assert not person.grants.live().exists()
    assert sign_in(client, person.username).status_code == 200


def test_what_is_no_longer_needed_goes(person: User, client: Client) -> None:
    with time_machine.travel("2026-01-01T12:00:00Z", tick=False):
        sign_in(client, person.username)
        client.post(reverse("draft"), {"summary": "x"})
        client.post("/account/session/", headers={"Idempotency-Key": "k"})
    Draft.objects.update(saved_at="2026-01-01T12:00:00Z")
    Idempotency.objects.update(at="2026-01-01T12:00:00Z")
    assert Session.objects.exists()
    tasks.clear_away()
    assert not Draft.objects.exists()
    assert not Idempotency.objects.exists()
    assert not Session.objects.exists()
