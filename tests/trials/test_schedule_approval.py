"""A schedule of activities approved by a signature: what is shown, what is asked, what it covers."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts import actions as accounts
from core.models import Signature
from core.signing import STATEMENT
from tests.trials.test_schedules import PASSWORD, at, draft, visit_data
from tests.world import World
from trials.actions import schedules
from trials.models import ScheduleVersion, VisitDefinition

pytestmark = pytest.mark.django_db
__all__ = ["draft"]


def signing(version: ScheduleVersion, client: Client, **changes: str) -> dict[str, str]:
    """What the person types on the page of the signature, with the hash the page holds."""
    shown = client.get(at("trials:approve", version)).context["shown_hash"]
    return {"shown_hash": shown, "password": PASSWORD, **changes}


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_approval_takes_the_password_and_makes_the_version_immutable(
    world: World, client: Client, draft: ScheduleVersion
) -> None:
    url, signer = at("trials:approve", draft), world.manager.username
    wrong = client.post(url, signing(draft, client, signer=signer, password="wrong"))
    assert wrong.status_code == 422
    assert "Wrong password, 4 tries left. Nothing was signed." in wrong.content.decode()
    assert not Signature.objects.exists()
    assert client.post(url, signing(draft, client, signer=signer)).status_code == 302
    draft.refresh_from_db()
    assert draft.status == "approved"
    text = text_of(client.get(draft.get_absolute_url()))
    assert f"<b>{world.manager.get_full_name()}</b>, Senior manager" in text
    assert f"Signed {Signature.objects.get().signed_at} · meaning: approval" in text
    assert at("trials:approve", draft) not in text
    visit = draft.visits.get(code="W2")
    with pytest.raises(IntegrityError), transaction.atomic():
        VisitDefinition.objects.filter(pk=visit.pk).update(days=1)
    late = client.post(at("trials:change_visit", draft, visit.pk), visit_data(code="W2", place="2"))
    assert late.status_code == 422
    assert "Make a new version from it" in late.content.decode()


def test_the_files_of_a_version_say_who_signed_it(
    world: World, client: Client, draft: ScheduleVersion
) -> None:
    """6.2: 20."""

    def first_line() -> str:
        sent: Any = client.get(at("trials:export", draft, "csv"))
        return str(sent.getvalue().decode().splitlines()[0])

    assert "not signed" in first_line()
    client.post(at("trials:approve", draft), signing(draft, client, signer=world.manager.username))
    signature = Signature.objects.get()
    assert f"Signed by {world.manager.get_full_name()} (Senior manager)" in first_line()
    assert f"{signature.signed_at}, meaning: approval" in first_line()


def test_meaning_and_statement_are_shown_before_signing(
    world: World, client: Client, draft: ScheduleVersion
) -> None:
    """6.2: 26."""
    text = text_of(client.get(at("trials:approve", draft)))
    assert f"<b>Approval.</b> {schedules.APPROVAL.statement}" in text
    assert f"<b>{world.manager.get_full_name()}</b>, Senior manager" in text
    client.post(at("trials:approve", draft), signing(draft, client, signer=world.manager.username))
    made = Signature.objects.get()
    assert (made.meaning, made.statement) == ("approval", schedules.APPROVAL.statement)
    assert made.statement == f"I reviewed this schedule and approve it. {STATEMENT}"


def test_the_user_name_is_asked_at_the_first_signature_and_after_a_while(
    world: World, client: Client, draft: ScheduleVersion, settings: Any
) -> None:
    """6.2: 22 both components first, then the password alone."""
    settings.CTMS_IDLE_MINUTES = 60
    url = at("trials:approve", draft)
    assert 'name="signer"' in client.get(url).content.decode()
    without = client.post(url, signing(draft, client))
    assert "This field is required" in text_of(without)
    stranger = client.post(url, signing(draft, client, signer="somebody"))
    assert "That is not your user name, 4 tries left" in text_of(stranger)
    assert client.post(url, signing(draft, client, signer=world.manager.email)).status_code == 302
    client.post(at("trials:copy", draft), {"number": "3.0"})
    third = ScheduleVersion.objects.get(number="3.0")
    again = text_of(client.get(at("trials:approve", third)))
    assert 'name="signer"' not in again
    assert "You signed within the last 15 minutes" in again
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert 'name="signer"' in client.get(at("trials:approve", third)).content.decode()
    done = client.post(at("trials:approve", third), signing(third, client))
    assert done.status_code == 302
    client.logout()
    client.force_login(world.manager)
    client.post(at("trials:copy", third), {"number": "4.0"})
    fourth = ScheduleVersion.objects.get(number="4.0")
    assert 'name="signer"' in client.get(at("trials:approve", fourth)).content.decode()


def test_whoever_may_not_sign_reads_why_in_one_line(
    world: World, client: Client, draft: ScheduleVersion
) -> None:
    """6.2: 28, 29."""
    url, signer = at("trials:approve", draft), world.manager.username
    for _ in range(5):
        refused = client.post(url, signing(draft, client, signer=signer, password="x"))
    assert "Signing under your name is paused until" in text_of(refused)
    shown = text_of(client.get(url))
    assert "ask an administrator to end the pause" in shown
    assert "Sign and approve" not in shown
    accounts.end_signing_pause(world.manager, reason="asked", by=world.admin)
    accounts.set_up(
        accounts.deployment(), values={"needs_four_eyes": True}, reason="SOP 7", by=world.admin
    )
    own = text_of(client.get(url))
    assert "You worked on Schedule 2.0, so somebody else has to sign it." in own
    assert "Sign and approve" not in own
    late = client.post(url, signing(draft, client, signer=signer))
    assert "You worked on Schedule 2.0" in text_of(late)
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_what_a_signature_covers_keeps_its_form(world: World) -> None:
    """Another hash would show every signature made before as broken: then keep the old form, too."""
    version = ScheduleVersion.objects.create(trial=world.trial, number="7.0")
    VisitDefinition.objects.create(
        version=version,
        code="D1",
        name="Day 1",
        is_anchor=True,
        position=0,
        lineage=uuid.UUID(int=1),
    )
    assert schedules.approve.hash_of(version) == (
        "ff9fae41a9d2960c0dfa97d8b14552ba2ec6697549f5633286d8cbbfc54e391d"
    )


def test_what_changed_since_it_was_shown_is_not_signed(
    world: World, client: Client, draft: ScheduleVersion
) -> None:
    url = at("trials:approve", draft)
    data = signing(draft, client, signer=world.manager.username)
    client.post(at("trials:add_procedure", draft), {"name": "ECG"})
    client.post(
        at("trials:tick", draft),
        {"cell": f"{draft.visits.get(code='W2').pk}-{draft.procedures.get().pk}"},
    )
    refused = client.post(url, data)
    assert refused.status_code == 422
    assert "changed since it was shown" in refused.content.decode()
    draft.refresh_from_db()
    assert draft.status == "draft"
