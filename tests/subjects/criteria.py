"""Criteria for tests: a schedule with two that let in and two that keep out, and who may sign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from accounts import actions as accounts
from accounts.models import User
from accounts.roles import Role
from core.audit import coming_from, under_event
from core.audit import record as record_event
from core.models import Source
from core.signing import Proof
from sites.actions import places, sites
from sites.models import Task
from subjects.actions import eligibility, unblinding
from subjects.actions.eligibility import Given
from subjects.models import Answer, Eligibility, Randomisation, Subject, Unblinding
from tests.world import World, user_with
from trials.actions import schedules
from trials.models import Criterion, ScheduleVersion, VisitDefinition

PASSWORD = "a long password"
URGENT = "Seizure, treatment depends on it"
CRITERIA = (
    ("inclusion", "I1", "Age 18 or more"), ("inclusion", "2", "IGA 3 or 4"),
    ("exclusion", "E1", "Pregnant"), ("exclusion", "2", "Tuberculosis"),
)  # fmt: skip


def with_criteria(
    world: World, number: str = "2.0", from_on: date | None = None, *,
    criteria: Sequence[tuple[str, str, str]] = CRITERIA, is_in_effect: bool = True,
) -> ScheduleVersion:  # fmt: skip
    """An approved schedule with criteria, in effect at the site; subjects screened from now on have them."""
    version = schedules.draft(world.trial, number=number, by=world.manager)
    schedules.add_criteria(version, criteria=criteria, by=world.manager)
    with under_event("test") as current:
        for position, (code, days, late) in enumerate((("SCR", -14, 13), ("D1", 0, 0))):
            VisitDefinition.objects.create(
                version=version, code=code, name=code, position=position, days=days,
                late_days=late, is_anchor=code == "D1",
            )  # fmt: skip
        ScheduleVersion.flow.move(version, "approved", by=world.manager, approved_at=timezone.now())
        record_event("approve schedule", current, target=version, by=world.manager)
    if is_in_effect:
        day = from_on or timezone.localdate()
        sites.put_into_effect(world.site, version=version, from_on=day, by=world.manager)
    return version


def investigator(world: World) -> User:
    """An investigator to whom confirming eligibility is delegated."""
    person = user_with(Role.INVESTIGATOR, world.place, world.admin)
    accounts.set_password(person, password=PASSWORD, by=world.admin)
    held = places.add_person(
        world.place, values={"name": "Hannah Osei", "user": person}, by=world.coordinator
    )
    places.delegate(
        world.site, person=held, tasks=[Task.ELIGIBILITY], from_on=date(2020, 1, 1),
        by=world.coordinator,
    )  # fmt: skip
    return User.objects.get(pk=person.pk)


def criterion(label: str) -> Criterion:
    """The criterion of the newest version with this label: I1, I2, E1, E2."""
    category = "inclusion" if label[0] == "I" else "exclusion"
    rows = Criterion.objects.filter(category=category, identifier__in=(label, label[1:]))
    found: Criterion = rows.order_by("-version")[0]
    return found


def given(label: str, answer: str, source: str = "Worksheet 1", on: date | None = None) -> Given:
    """An answer found today."""
    day = None if answer == Answer.PENDING else on or timezone.localdate()
    return Given(criterion(label), answer, source, day)


FITTING = {"I1": "met", "I2": "met", "E1": "absent", "E2": "absent"}


def answer(world: World, subject: Subject, reason: str = "", **answers: str) -> Eligibility:
    """The answers of a subject, all fitting unless said."""
    rows = [given(label, said) for label, said in (FITTING | answers).items()]
    return eligibility.answer_criteria(subject, answers=rows, reason=reason, by=world.coordinator)


def sign(subject: Subject, by: User, shown: str = "") -> Subject:
    """The decision, signed over what is there now or what was shown."""
    held = Subject.objects.get(pk=subject.pk)
    digest = shown or eligibility.decide_eligible.hash_of(held)
    proof = Proof(by.username, PASSWORD, digest)
    return eligibility.decide_eligible(held, proof=proof, by=by)


def break_blind(record: Randomisation, by: User) -> Unblinding:
    """The blind of a subject, broken by signature."""
    shown = unblinding.break_blind.hash_of(record)
    with coming_from(source=Source.PAGE):
        return unblinding.break_blind(
            record, reason=URGENT, proof=Proof(by.username, PASSWORD, shown), by=by
        )
