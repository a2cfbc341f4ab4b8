"""A signature is one person's, given anew, on exactly what was shown."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import User
from accounts.roles import Role
from core.actions import RefusedError
from core.audit import cause, coming_from, record, under_event
from core.models import Event, Signature, Source
from core.permissions import Permission
from core.signing import (
    PAUSED,
    REFUSED,
    STATEMENT,
    Meaning,
    Proof,
    SigningFailedError,
    SigningPausedError,
    content_hash,
    paused_until,
    signatures,
)
from core.signing.action import SignedAction, authors
from tests.world import World, user_with
from trials.actions import drafts, schedules
from trials.models import ScheduleVersion

pytestmark = pytest.mark.django_db

PASSWORD = "a long password"


def content(version: ScheduleVersion) -> dict[str, str]:
    return {"number": version.number}


def confirm_number(version: ScheduleVersion, *, proof: Proof, by: User) -> ScheduleVersion:
    """Sign the number and change nothing."""
    return version


REVIEW = Meaning("review", "I read the number.")
confirm = SignedAction(
    confirm_number, Permission.PROTOCOL_APPROVE, "confirm number", REVIEW, content, schedules.parts
)


@pytest.fixture
def signer(world: World) -> User:
    accounts.set_password(world.manager, password=PASSWORD, by=world.admin)
    return world.manager


def sign(version: ScheduleVersion, by: User, **changes: str) -> ScheduleVersion:
    """Sign the number of a version at a page, with a proof that may be wrong."""
    given = {"username": by.username, "password": PASSWORD, "shown_hash": confirm.hash_of(version)}
    with coming_from(source=Source.PAGE):
        return confirm(version, proof=Proof(**{**given, **changes}), by=by)


def refusals(version: ScheduleVersion) -> list[tuple[str, str]]:
    """What the trail of the version says of signatures that were refused."""
    about = Event.objects.filter(target_type="trials.scheduleversion", target_id=version.pk)
    return list(about.filter(verb=REFUSED).order_by("pk").values_list("actor_name", "reason"))


def test_a_signature_keeps_name_role_meaning_statement_and_instant(
    world: World, signer: User
) -> None:
    """6.2: 20 manifestation, 26 statement kept with the signature."""
    with time_machine.travel("2026-06-11T09:47:12Z", tick=False):
        sign(world.version, signer)
    made = Signature.objects.get()
    assert made.statement == f"I read the number. {STATEMENT}"
    assert [str(shown) for shown in signatures(world.version, content)] == [
        (
            f"Signed by {signer.get_full_name()} (Senior manager) on 11 Jun 2026 10:47:12 UTC+01:00,"
            " meaning: review"
        )
    ]
    assert signatures(world.site, content) == []
    event = Event.objects.get(pk=made.event_id)
    assert (event.verb, event.actor_id) == ("confirm number", signer.pk)


def test_a_signature_holds_for_exactly_what_was_signed(world: World, signer: User) -> None:
    """6.2: 21 bound to the content, a later change is visible."""
    sign(world.version, signer)
    assert [shown.is_intact for shown in signatures(world.version, content)] == [True]
    (changed,) = signatures(world.version, lambda _: {"number": "1.1"})
    assert not changed.is_intact
    assert str(changed).endswith("meaning: review. The content changed since")


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper()])
def test_nothing_is_signed_without_the_password(world: World, signer: User, password: str) -> None:
    """6.2: 22 both components, 29 failed attempts are on the trail."""
    with pytest.raises(SigningFailedError, match=r"^Wrong password, 4 tries left\. Nothing was"):
        sign(world.version, signer, password=password)
    assert not Signature.objects.exists()
    assert refusals(world.version) == [(signer.get_full_name(), "Wrong password")]


def test_the_user_name_is_the_signers_own(world: World, signer: User) -> None:
    with pytest.raises(SigningFailedError, match="That is not your user name, 4 tries left"):
        sign(world.version, signer, username=world.admin.username)
    sign(world.version, signer, username=f" {signer.email.upper()} ")
    assert Signature.objects.get().signer_id == signer.pk


def test_five_wrong_passwords_pause_signing_and_tell_the_person(
    world: World, signer: User, django_capture_on_commit_callbacks
) -> None:
    """6.2: 29 failed signing counts towards a pause, which is a security event."""
    for left in ("4 tries", "3 tries", "2 tries", "1 try"):
        with pytest.raises(SigningFailedError, match=f"{left} left"):
            sign(world.version, signer, password="x")
    with (
        django_capture_on_commit_callbacks(execute=True),
        pytest.raises(SigningPausedError, match="paused until"),
    ):
        sign(world.version, signer, password="x")
    event = Event.objects.get(verb="pause signing")
    assert (event.target_type, event.target_id) == ("accounts.user", signer.pk)
    assert [(letter.subject, letter.to) for letter in mail.outbox] == [
        ("CTMS: signing paused", [signer.email])
    ]
    with pytest.raises(SigningPausedError, match="ask an administrator to end the pause"):
        sign(world.version, signer)
    assert refusals(world.version)[-1] == (signer.get_full_name(), "Signing is paused")
    assert Event.objects.filter(verb="pause signing").count() == 1
    assert confirm.hindrance(world.version, signer).startswith("Signing under your name is paused")
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert confirm.hindrance(world.version, signer) == ""
        sign(world.version, signer)
    assert Signature.objects.count() == 1


def test_a_right_password_and_time_begin_the_count_anew(world: World, signer: User) -> None:
    for password in ("x", "x", PASSWORD):
        with contextlib.suppress(SigningFailedError):
            sign(world.version, signer, password=password)
    with pytest.raises(SigningFailedError, match="4 tries left"):
        sign(world.version, signer, password="x")
    with (
        time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False),
        pytest.raises(SigningFailedError, match="4 tries left"),
    ):
        sign(world.version, signer, password="x")


def test_an_administrator_ends_the_pause_with_a_reason(world: World, signer: User) -> None:
    """6.2: 29, ended as a pause of sign-in is."""
    with pytest.raises(RefusedError, match="is not paused"):
        accounts.end_signing_pause(signer, reason="asked", by=world.admin)
    for _ in range(5):
        with pytest.raises(SigningFailedError):
            sign(world.version, signer, password="x")
    with pytest.raises(RefusedError, match="Give the reason"):
        accounts.end_signing_pause(signer, reason=" ", by=world.admin)
    accounts.end_signing_pause(signer, reason="asked by phone", by=world.admin)
    assert paused_until(signer) is None
    with pytest.raises(SigningFailedError, match="4 tries left"):
        sign(world.version, signer, password="x")
    sign(world.version, signer)
    assert Event.objects.get(verb="end pause of signing").reason == "asked by phone"


def test_nobody_ends_their_own_pause(world: World) -> None:
    with under_event("test"):
        record(PAUSED, cause.get(), target=world.admin, by=world.admin)
    with pytest.raises(RefusedError, match="Ask another administrator"):
        accounts.end_signing_pause(world.admin, reason="me", by=world.admin)


def test_nothing_is_signed_that_changed_since_it_was_shown(world: World, signer: User) -> None:
    """6.2: 27."""
    with pytest.raises(RefusedError, match="changed since it was shown"):
        sign(world.version, signer, shown_hash=content_hash({"number": "1.1"}))
    assert not Signature.objects.exists()
    assert refusals(world.version) == []


def test_only_the_person_at_a_page_signs(world: World, signer: User) -> None:
    """6.2: 23."""
    given = Proof(signer.username, PASSWORD, confirm.hash_of(world.version))
    for origin in (
        {"source": Source.API},
        {"source": Source.SYSTEM},
        {"source": Source.PAGE, "acting_for": world.cra},
    ):
        with coming_from(**origin), pytest.raises(PermissionDenied, match="at a page"):
            confirm(world.version, proof=given, by=signer)
    signer.is_service = True
    with pytest.raises(PermissionDenied, match="Only a person at a page"):
        sign(world.version, signer)
    with pytest.raises(PermissionDenied, match="Your role does not allow"):
        sign(world.version, world.cra)
    assert not Signature.objects.exists()


def test_a_signature_is_an_action_of_its_own(world: World, signer: User) -> None:
    with under_event("test"), pytest.raises(RuntimeError, match="action of its own"):
        sign(world.version, signer)


def test_authors_do_not_sign_where_four_eyes_are_asked(world: World, signer: User) -> None:
    """6.2: 28 author is not approver where configured."""
    version = drafts.copy(world.version, number="2.0", by=signer)
    colleague = user_with(Role.TRIAL_MANAGER, world.trial, world.admin)
    accounts.set_password(colleague, password=PASSWORD, by=world.admin)
    assert confirm.hindrance(version, signer) == ""
    four_eyes = {"needs_four_eyes": True}
    with pytest.raises(RefusedError, match="Give the reason"):
        accounts.set_up(accounts.deployment(), values=four_eyes, reason="", by=world.admin)
    accounts.set_up(accounts.deployment(), values=four_eyes, reason="SOP 7", by=world.admin)
    assert "somebody else has to sign it" in confirm.hindrance(version, signer)
    with pytest.raises(RefusedError, match=r"You worked on Schedule 2\.0"):
        sign(version, signer)
    assert refusals(version) == []
    sign(version, colleague)
    assert Signature.objects.get().signer_id == colleague.pk


def test_whoever_added_or_removed_a_part_is_an_author_and_a_refused_signer_is_not(
    world: World, signer: User
) -> None:
    version = drafts.copy(world.version, number="2.0", by=signer)
    adds, removes, tries = (
        user_with(Role.TRIAL_MANAGER, world.trial, world.admin) for _ in range(3)
    )
    drafts.add_procedure(version, name="ECG", group="", by=adds)
    drafts.remove_visit(version.visits.get(code="W4"), by=removes)
    with pytest.raises(SigningFailedError):
        sign(version, tries, password="x")
    assert authors(version, schedules.parts(version)) == {signer.pk, adds.pk, removes.pk}
