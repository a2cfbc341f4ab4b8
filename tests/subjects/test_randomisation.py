"""Randomisation entered by hand: once, with its number and kit, after the decision; allocation apart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import Grant
from accounts.roles import Role
from core.actions import RefusedError
from core.audit import coming_from
from core.flow import IllegalMoveError
from core.models import Source
from core.versions import ConflictError
from subjects.actions import corrections, randomisation, subjects
from subjects.actions.gates import EligibilityNeededError
from subjects.models import Allocation, Randomisation, Subject, SubjectAnchor
from tests.subjects.criteria import answer, investigator, sign, with_criteria
from tests.test_pages import assert_well_made
from tests.world import World, screen, user_with
from trials.actions import trials
from trials.models import Arm

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def today() -> Any:
    return timezone.localdate()


def randomise(world: World, subject: Subject, number: str = "R-1", **more: Any) -> Randomisation:
    values = {"on": today(), "reason": "IRT mail", "kit": "", "by": world.coordinator} | more
    return randomisation.randomise(subject, number=number, **values)


def test_who_is_randomised_is_enrolled_and_visits_count_from_the_day(world: World) -> None:
    subject = screen(world)
    made = randomise(world, subject, " R-1 ", kit=" K-7 ")
    subject.refresh_from_db()
    assert (subject.status, subject.enrolled_on) == ("enrolled", today())
    assert (made.number, made.kit) == ("R-1", "K-7")
    assert SubjectAnchor.objects.get(subject=subject, code="randomised").on == today()


def test_randomisation_needs_the_signed_decision(world: World) -> None:
    with_criteria(world)
    subject = screen(world)
    with pytest.raises(EligibilityNeededError, match="has not signed"):
        randomise(world, subject)
    answer(world, subject)
    signer = investigator(world)
    with coming_from(source=Source.PAGE):
        sign(subject, signer)
    assert randomise(world, Subject.objects.get(pk=subject.pk)).number == "R-1"


def test_a_number_a_kit_and_a_subject_are_randomised_once(world: World) -> None:
    first, second = screen(world), screen(world)
    made = randomise(world, first, kit="K-7")
    with pytest.raises(ConflictError, match="is randomised already"):
        randomise(world, first, "R-2")
    with pytest.raises(ConflictError, match="Number R-1 is taken"):
        randomise(world, second)
    with pytest.raises(ConflictError, match="Kit K-7 is taken"):
        randomise(world, second, "R-2", kit="K-7")
    for on, why in ((today() + DAY, "not come yet"), (today() - DAY, "screened after that day")):
        with pytest.raises(RefusedError, match=why):
            randomise(world, second, "R-2", on=on)
    with pytest.raises(RefusedError, match="Give the reason"):
        randomise(world, second, "R-2", reason=" ")
    fixed = randomisation.correct_randomisation(
        made, on=today(), number="R-9", kit="K-9", reason="Misread", by=world.coordinator
    )
    assert (fixed.number, fixed.kit) == ("R-9", "K-9")
    with pytest.raises(ConflictError, match="changed while you had it open"):
        randomisation.correct_randomisation(
            made, on=today(), number="R-8", reason="Again", revision=made.revision,
            by=world.coordinator,
        )  # fmt: skip


def test_a_trial_without_randomisation_refuses_it(world: World) -> None:
    trials.change_trial(world.trial, values={"is_randomised": False}, by=world.admin)
    with pytest.raises(RefusedError, match="is not randomised"):
        randomise(world, screen(world))


def test_only_unblinded_people_keep_and_see_the_allocation(world: World, client: Client) -> None:
    subject = screen(world)
    pharmacist = user_with(Role.UNBLINDED_PHARMACIST, world.site, world.admin)
    made = randomise(world, subject)
    for blinded in (world.coordinator, world.manager, world.cra, world.admin):
        with pytest.raises(PermissionDenied):
            randomisation.allocate(made, treatment="A", by=blinded)
        assert not Allocation.objects.visible_to(blinded).exists()
    path = reverse("subjects:allocation", args=[made.pk])
    client.force_login(world.coordinator)
    assert client.get(path).status_code == 403
    client.force_login(pharmacist)
    Arm.objects.create(trial=world.trial, name="Active")
    shown = client.get(path)
    assert_well_made(shown.content.decode(), path)
    assert shown.headers["Cache-Control"] == "no-store"
    first = {"treatment": "Active", "note": "", "revision": "0"}
    assert client.post(path, first).status_code == 302
    assert client.post(path, first).status_code == 409
    assert Allocation.objects.get().treatment == "Active"
    assert "Active" in client.get(path).content.decode()
    monitor = user_with(Role.UNBLINDED_CRA, world.trial, world.admin)
    client.force_login(monitor)
    assert "Active" in client.get(path).content.decode()
    assert client.post(path, {"treatment": "Active"}).status_code == 403


def test_the_pages_record_and_correct_a_randomisation(world: World, client: Client) -> None:
    subject = screen(world)
    client.force_login(world.coordinator)
    path = reverse("subjects:randomise", args=[subject.pk])
    assert_well_made(client.get(path).content.decode(), path)
    form = {"on": today().isoformat(), "number": "R-1", "kit": "K-1", "reason": "IRT mail"}
    assert client.post(path, form).status_code == 302
    shown = client.get(subject.get_absolute_url()).content.decode()
    assert "R-1" in shown
    assert "K-1" in shown
    made = Randomisation.objects.get()
    correct = reverse("subjects:correct_randomisation", args=[made.pk])
    assert_well_made(client.get(correct).content.decode(), correct)
    answer_ = client.post(correct, form | {"kit": "K-2", "revision": made.revision})
    assert answer_.status_code == 302
    made.refresh_from_db()
    assert made.kit == "K-2"


def test_nobody_is_blinded_and_unblinded_in_one_trial(world: World) -> None:
    pharmacist = user_with(Role.UNBLINDED_PHARMACIST, world.site, world.admin)
    with pytest.raises(RefusedError, match="blinded"):
        accounts.give(world.site, person=pharmacist, role=Role.COORDINATOR, by=world.admin)
    with pytest.raises(RefusedError, match="blinded"):
        accounts.give(
            world.site, person=world.coordinator, role=Role.UNBLINDED_PHARMACIST, by=world.admin
        )
    held = Grant.objects.get(user=pharmacist)
    with pytest.raises(DatabaseError, match="an unblinded role"), transaction.atomic():
        Grant.objects.create(
            user=pharmacist, role=Role.CRA, kind=held.kind, scope_id=held.scope_id,
            scope_label=held.scope_label, trial_id=held.trial_id, group=held.group,
            valid_from=held.valid_from, requested_by=held.requested_by,
            approved_by=held.approved_by,
        )  # fmt: skip
    other = trials.add_trial(
        world.sponsor, values={"code": "bsl", "protocol_number": "BSL-305", "name": "Basalt"},
        by=world.admin,
    )  # fmt: skip
    assert accounts.give(other, person=pharmacist, role=Role.CRA, by=world.admin).role == Role.CRA


def test_an_allocation_is_replaced_with_a_note_and_kept(world: World) -> None:
    made = randomise(world, screen(world))
    pharmacist = user_with(Role.UNBLINDED_PHARMACIST, world.site, world.admin)
    first = randomisation.allocate(made, treatment="A", by=pharmacist)
    with pytest.raises(RefusedError, match="Say what the subject"):
        randomisation.allocate(made, treatment=" ", by=pharmacist)
    with pytest.raises(RefusedError, match="in the note why"):
        randomisation.allocate(made, treatment="B", by=pharmacist)
    with pytest.raises(ConflictError, match="changed while you had it open"):
        randomisation.allocate(made, treatment="B", note="Misread", shown=0, by=pharmacist)
    randomisation.allocate(made, treatment="B", note="Misread", shown=first.pk, by=pharmacist)
    rows = [(row.treatment, row.replaced_at is None) for row in Allocation.objects.order_by("pk")]
    assert rows == [("A", False), ("B", True)]
    for change in ({"note": "Other"}, {"treatment": "C"}):
        with pytest.raises(DatabaseError, match="stays as it was"), transaction.atomic():
            Allocation.objects.filter(pk=first.pk).update(**change)


def test_a_wrong_day_moves_the_enrolment_of_that_day(world: World) -> None:
    subject = screen(world, on=today() - 3 * DAY)
    made = randomise(world, subject)
    with pytest.raises(RefusedError, match="randomised under number R-1"):
        corrections.take_back(subject, status="enrolled", reason="Wrong", by=world.coordinator)
    values = {"number": "R-1", "reason": "Misread", "by": world.coordinator}
    fixed = randomisation.correct_randomisation(made, on=today() - DAY, **values)
    subject = Subject.objects.get(pk=subject.pk)
    assert (fixed.on, subject.enrolled_on, subject.status) == (today() - DAY, fixed.on, "enrolled")
    subjects.start_treatment(subject, on=today(), by=world.coordinator)
    with pytest.raises(RefusedError, match="is on treatment by now"):
        randomisation.correct_randomisation(fixed, on=today(), **values)


def test_who_was_enrolled_before_is_randomised_on_that_day_or_later(world: World) -> None:
    subject = screen(world, on=today() - 3 * DAY)
    subjects.enrol(subject, on=today() - DAY, by=world.coordinator)
    with pytest.raises(RefusedError, match="was enrolled after that day"):
        randomise(world, subject, on=today() - 2 * DAY)
    assert randomise(world, subject).on == today()
    subject.refresh_from_db()
    assert subject.enrolled_on == today() - DAY


def test_what_was_recorded_by_mistake_is_voided_and_stays(world: World) -> None:
    subject, other = screen(world), screen(world)
    made = randomise(world, subject, kit="K-7")
    with pytest.raises(RefusedError, match="Give the reason"):
        randomisation.void_randomisation(made, reason=" ", by=world.coordinator)
    randomisation.void_randomisation(made, reason="Wrong subject", by=world.coordinator)
    assert not SubjectAnchor.objects.filter(subject=subject, code="randomised").exists()
    assert randomise(world, other, kit="K-7").number == "R-1"
    with pytest.raises(RefusedError, match="is voided"):
        randomisation.void_randomisation(made, reason="Again", by=world.coordinator)
    with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
        Randomisation.objects.filter(pk=made.pk).update(number="R-3")
    subject = corrections.take_back(
        Subject.objects.get(pk=subject.pk), status="enrolled", reason="Wrong subject",
        by=world.coordinator,
    )  # fmt: skip
    assert subject.status == "screening"


def test_a_screen_failure_is_not_randomised(world: World, client: Client) -> None:
    subject = screen(world)
    subjects.end(
        subject, status="screen_failed", on=today(), reason_code="other", reason="Moved",
        by=world.coordinator,
    )  # fmt: skip
    with pytest.raises(IllegalMoveError, match="cannot become enrolled"):
        randomise(world, subject)
    client.force_login(world.coordinator)
    shown = client.get(subject.get_absolute_url()).content.decode()
    assert "Record randomisation" not in shown


def test_the_database_knows_which_trials_are_randomised(world: World) -> None:
    trials.change_trial(world.trial, values={"is_randomised": False}, by=world.admin)
    subject = screen(world)
    with pytest.raises(DatabaseError, match="no randomised trial"):
        Randomisation.objects.create(
            subject=subject, trial=world.trial, on=today(), number="R-1", reason="x", by_name="x"
        )


def test_a_page_voids_a_randomisation(world: World, client: Client) -> None:
    subject = screen(world)
    made = randomise(world, subject)
    client.force_login(world.coordinator)
    path = reverse("subjects:void_randomisation", args=[made.pk])
    assert_well_made(client.get(path).content.decode(), path)
    assert client.post(path, {"reason": "Wrong subject"}).status_code == 302
    made.refresh_from_db()
    assert made.void_reason == "Wrong subject"
    assert "R-1" not in client.get(subject.get_absolute_url()).content.decode()
