"""Criteria that an amendment changes are asked anew of subjects in screening, and of nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.bootstrap import system_account
from core.audit import coming_from
from core.models import Source
from subjects.actions import eligibility
from subjects.actions.follow import follow_all
from subjects.actions.gates import EligibilityNeededError
from subjects.eligibility import sheet_of, standing_of
from subjects.models import CriterionAnswer, Eligibility, Subject
from tests.subjects.criteria import (
    CRITERIA,
    answer,
    criterion,
    given,
    investigator,
    sign,
    with_criteria,
)
from tests.subjects.test_randomisation import randomise
from tests.world import World, screen
from trials.actions import trials

pytestmark = pytest.mark.django_db
# The second is worded anew, the last is gone, and one is new.
AMENDED = (
    CRITERIA[0], ("inclusion", "2", "IGA 4"), CRITERIA[2], ("exclusion", "3", "Hepatitis B"),
)  # fmt: skip


def amended(world: World, criteria: Sequence[tuple[str, str, str]] = AMENDED) -> None:
    """The site works under a further version, and its subjects come under it."""
    with_criteria(world, "3.0", criteria=criteria)
    follow_all(by=system_account())


def answers_of(subject: Subject) -> dict[str, str]:
    sheet = sheet_of(Subject.objects.get(pk=subject.pk))
    assert sheet is not None
    return {line.label: line.answer for line in sheet.lines}


def signed(world: World) -> Subject:
    """A subject in screening whom the investigator found eligible under the criteria so far."""
    with_criteria(world, from_on=timezone.localdate() - timedelta(days=1))
    subject = screen(world)
    answer(world, subject)
    signer = investigator(world)
    with coming_from(source=Source.PAGE):
        return sign(subject, signer)


def test_what_changed_is_pending_and_the_decision_is_out_of_date(world: World) -> None:
    subject = signed(world)
    amended(world)
    assert answers_of(subject) == {"I1": "met", "I2": "pending", "E1": "absent", "E3": "pending"}
    held = Eligibility.objects.get()
    assert (held.version.number, held.is_current, held.decided_by != "") == ("3.0", False, True)
    standing = standing_of(subject)
    assert (standing.criteria, standing.settled, standing.is_decided) == (4, 2, False)
    with pytest.raises(EligibilityNeededError):
        randomise(world, Subject.objects.get(pk=subject.pk))
    # What was said of the criteria before stays to be read.
    assert CriterionAnswer.objects.filter(criterion__text="IGA 3 or 4", answer="met").exists()


def test_the_new_ones_are_answered_and_signed_again(world: World) -> None:
    subject = signed(world)
    amended(world)
    rows = [given("I2", "met"), given("E3", "absent")]
    eligibility.answer_criteria(subject, answers=rows, reason="Amendment 1", by=world.coordinator)
    with coming_from(source=Source.PAGE):
        sign(subject, investigator(world))
    assert randomise(world, Subject.objects.get(pk=subject.pk)).number == "R-1"


def test_who_is_enrolled_was_decided_on_and_stays_so(world: World) -> None:
    subject = signed(world)
    randomise(world, subject)
    amended(world)
    held = Eligibility.objects.get()
    assert (held.version.number, held.is_current) == ("2.0", True)
    assert answers_of(subject)["I2"] == "met"


def test_the_same_criteria_are_not_asked_again(world: World) -> None:
    subject = signed(world)
    amended(world, CRITERIA)
    held = Eligibility.objects.get()
    assert (held.version.number, held.is_current) == ("2.0", True)
    assert standing_of(subject).is_decided


def test_a_criterion_that_has_another_number_keeps_its_answer(world: World) -> None:
    subject = signed(world)
    new = ("inclusion", "2", "Weight over 40 kg")
    amended(world, (CRITERIA[0], new, ("inclusion", "3", CRITERIA[1][2]), *CRITERIA[2:]))
    assert answers_of(subject) == {
        "I1": "met", "I2": "pending", "I3": "met", "E1": "absent", "E2": "absent",
    }  # fmt: skip


def test_who_has_answered_nothing_is_asked_what_the_new_version_asks(world: World) -> None:
    with_criteria(world, from_on=timezone.localdate() - timedelta(days=1))
    subject = screen(world)
    amended(world)
    assert set(answers_of(subject)) == {"I1", "I2", "E1", "E3"}
    assert standing_of(subject).criteria == 4


def test_a_waiver_goes_along_with_its_criterion_unless_that_is_worded_anew(world: World) -> None:
    with_criteria(world, from_on=timezone.localdate() - timedelta(days=1))
    subject = screen(world)
    trials.change_trial(world.trial, values={"allows_waivers": True}, by=world.admin)
    answer(world, subject, I1="not_met", I2="not_met")
    for label in ("I1", "I2"):
        eligibility.request_waiver(
            subject, criterion=criterion(label), reason="Borderline", by=world.coordinator
        )
    amended(world)
    sheet = sheet_of(Subject.objects.get(pk=subject.pk))
    assert sheet is not None
    waived = {line.label: line.waiver is not None for line in sheet.lines}
    assert waived == {"I1": True, "I2": False, "E1": False, "E3": False}


def test_the_impact_page_says_of_whom_criteria_are_asked(world: World, client: Client) -> None:
    with_criteria(world, from_on=timezone.localdate() - timedelta(days=1))
    screen(world)
    screen(world)
    with_criteria(world, "3.0", criteria=AMENDED, is_in_effect=False)
    client.force_login(world.manager)
    shown = client.get(reverse("subjects:impact", args=["tmr-204", "3.0"])).content.decode()
    words = " ".join(shown.split())
    assert "Asked of 2 subjects in screening" in words
    assert "No longer asked in screening" in words
