"""Breaking the blind of one subject: by signature, read by one person, told to who must know."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from core.actions import RefusedError
from core.audit import coming_from
from core.models import Event, Notice, Signature, Source
from core.signing import Proof, SigningFailedError
from subjects.actions import randomisation, unblinding
from subjects.models import Randomisation, Unblinding
from tests.subjects.criteria import PASSWORD, URGENT, break_blind, investigator
from tests.subjects.test_randomisation import randomise
from tests.test_pages import assert_well_made
from tests.world import World, screen, user_with

pytestmark = pytest.mark.django_db


def allocated(world: World) -> tuple[Randomisation, User]:
    """A randomised subject whose treatment is kept, and the investigator; the trial has a manager."""
    user_with(Role.TRIAL_MANAGER, world.trial, world.admin)
    held = randomise(world, screen(world))
    pharmacist = user_with(Role.UNBLINDED_PHARMACIST, world.site, world.admin)
    randomisation.allocate(held, treatment="Active 40 mg", by=pharmacist)
    return held, investigator(world)


def test_the_investigator_signs_reads_and_who_must_know_is_told(
    world: World, client: Client
) -> None:
    held, signer = allocated(world)
    client.force_login(signer)
    path = reverse("subjects:break_blind", args=[held.pk])
    page = reverse("subjects:unblinding", args=[held.pk])
    shown = client.get(path).content.decode()
    assert_well_made(shown, path)
    assert "Why it has to be known now" in shown
    given = {
        "signer": signer.username, "password": PASSWORD, "reason": URGENT,
        "shown_hash": unblinding.break_blind.hash_of(held),
    }  # fmt: skip
    assert client.post(path, given | {"reason": ""}).status_code == 422
    assert not Unblinding.objects.exists()
    assert client.post(path, given).headers["Location"] == page
    made = Unblinding.objects.get(reader=signer, kind="emergency")
    assert made.learnt_by == signer.get_full_name()
    assert Signature.objects.get(meaning="unblinding").signer_id == signer.pk
    told = dict(Notice.objects.values_list("recipient_role", "detail"))
    assert set(told) == {"cra", "trial_manager"}
    assert all(URGENT in detail for detail in told.values())


def test_who_broke_the_blind_reads_the_treatment_and_each_time_is_on_the_trail(
    world: World, client: Client
) -> None:
    held, signer = allocated(world)
    made = break_blind(held, signer)
    client.force_login(signer)
    before = client.get(reverse("subjects:unblinding", args=[held.pk]))
    assert "Active 40 mg" not in before.content.decode()
    assert before.headers["Cache-Control"] == "no-store"
    read = reverse("subjects:read_allocation", args=[made.pk])
    answer = client.post(read)
    assert "Active 40 mg" in answer.content.decode()
    assert_well_made(answer.content.decode(), read)
    assert Event.objects.filter(verb="read allocation", actor_id=signer.pk).count() == 1
    assert "Active" not in "".join(str(each) for each in Event.objects.values())


def test_nobody_else_reads_by_it(world: World, client: Client) -> None:
    held, signer = allocated(world)
    made = break_blind(held, signer)
    other = user_with(Role.INVESTIGATOR, world.site, world.admin)
    for person, right in ((other, 404), (world.coordinator, 404), (world.manager, 404)):
        client.force_login(person)
        read = client.post(reverse("subjects:read_allocation", args=[made.pk]))
        assert read.status_code == right
        page = client.get(reverse("subjects:unblinding", args=[held.pk])).content.decode()
        assert signer.get_full_name() in page
        assert "Active" not in page
        assert "Show treatment" not in page
    with pytest.raises(RefusedError, match=f"Only {made.by_name} reads"):
        unblinding.read_allocation(made, by=other)
    with pytest.raises(PermissionDenied):
        unblinding.read_allocation(made, by=world.coordinator)


def test_the_page_of_the_subject_says_so_and_where_nothing_is_kept_where_to_ask(
    world: World, client: Client
) -> None:
    held = randomise(world, screen(world))
    signer = investigator(world)
    client.force_login(signer)
    subject = held.subject.get_absolute_url()
    assert "Break the blind" in client.get(subject).content.decode()
    made = break_blind(held, signer)
    assert "Blind broken in an emergency" in client.get(subject).content.decode()
    answer = client.post(reverse("subjects:read_allocation", args=[made.pk]))
    assert "not kept here" in answer.content.decode()


def test_a_wrong_password_a_coordinator_and_a_voided_randomisation_are_refused(
    world: World,
) -> None:
    held, signer = allocated(world)
    shown = unblinding.break_blind.hash_of(held)
    wrong = Proof(signer.username, "guess", shown)
    with coming_from(source=Source.PAGE):
        with pytest.raises(SigningFailedError):
            unblinding.break_blind(held, reason=URGENT, proof=wrong, by=signer)
        with pytest.raises(PermissionDenied):
            unblinding.break_blind(held, reason=URGENT, proof=wrong, by=world.coordinator)
    randomisation.void_randomisation(held, reason="Wrong subject", by=world.coordinator)
    with pytest.raises(RefusedError, match="is voided"):
        break_blind(Randomisation.objects.get(pk=held.pk), signer)
    assert not Unblinding.objects.exists()


def test_who_recorded_the_randomisation_may_break_the_blind(world: World) -> None:
    signer = investigator(world)
    held = randomise(world, screen(world), by=signer)
    assert break_blind(held, signer).reader == signer


def test_an_accident_is_recorded_and_shows_nothing(world: World, client: Client) -> None:
    held, _ = allocated(world)
    client.force_login(world.cra)
    path = reverse("subjects:record_unblinding", args=[held.pk])
    assert_well_made(client.get(path).content.decode(), path)
    today = timezone.localdate().isoformat()
    given = {"on": today, "clock": "00:00", "learnt_by": "The coordinator", "reason": "Open letter"}
    assert client.post(path, given | {"learnt_by": ""}).status_code == 422
    assert client.post(path, given).status_code == 302
    made = Unblinding.objects.get()
    assert (made.kind, made.reader, made.learnt_by) == ("accident", None, "The coordinator")
    assert Notice.objects.filter(recipient_role="trial_manager").exists()
    late = timezone.now() + timedelta(hours=1)
    for values, why in (
        ({"learnt_at": late}, "has not come yet"), ({"learnt_by": " "}, "who knows"),
        ({"reason": " "}, "Give the reason"),
    ):  # fmt: skip
        said = {"learnt_at": timezone.now(), "learnt_by": "X", "reason": "Y"} | values
        with pytest.raises(RefusedError, match=why):
            unblinding.record_unblinding(held, **said, by=world.cra)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"reader_id": None}, "unblinding_read_in_an_emergency"),
        ({"reason": ""}, "unblinding_says_who_and_why"),
        ({"learnt_at": timezone.now() + timedelta(days=1)}, "unblinding_is_not_to_come"),
    ],
)
def test_the_database_keeps_what_an_unblinding_is(
    world: World, values: dict[str, object], constraint: str
) -> None:
    held = randomise(world, screen(world))
    now = timezone.now()
    right = {
        "randomisation": held, "kind": "emergency", "learnt_at": now, "recorded_at": now,
        "reason": URGENT, "learnt_by": "A", "by_name": "A", "reader_id": world.coordinator.pk,
    }  # fmt: skip
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        Unblinding.objects.create(**right | values)


def test_an_unblinding_stays_as_it_was_recorded(world: World) -> None:
    held, signer = allocated(world)
    rows = Unblinding.objects.filter(pk=break_blind(held, signer).pk)
    for change in (lambda: rows.update(reason="Other"), lambda: rows._raw_delete("default")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
