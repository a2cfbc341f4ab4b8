"""Criteria are answered, the investigator signs over exactly these answers, and enrolment needs it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.roles import Role
from core.actions import RefusedError
from core.audit import coming_from
from core.models import AuditRow, Obligation, Signature, Source
from core.signing import signatures
from core.versions import ConflictError
from subjects.actions import corrections, eligibility, subjects, visits
from subjects.actions.gates import ConsentNeededError, EligibilityNeededError
from subjects.eligibility import content_of, sheet_of, states_of
from subjects.models import CriterionAnswer, DeviationDraft, Eligibility, Subject
from tests.subjects.consented import main_form, record, version
from tests.subjects.criteria import answer, criterion, given, investigator, sign, with_criteria
from tests.world import World, screen, user_with, visit
from trials.actions import trials

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _at_a_page() -> Any:
    with coming_from(source=Source.PAGE):
        yield


@pytest.fixture
def subject(world: World) -> Subject:
    with_criteria(world)
    return screen(world)


def today() -> Any:
    return timezone.localdate()


def state(subject: Subject) -> str:
    return states_of([subject.pk])[subject.pk][1]


def enrol(world: World, subject: Subject) -> Subject:
    held = Subject.objects.get(pk=subject.pk)
    return subjects.enrol(held, on=today(), by=world.coordinator)


def test_the_criteria_are_those_of_the_version_under_which_the_subject_was_screened(
    world: World,
) -> None:
    before = screen(world)
    first = with_criteria(world)
    subject = screen(world)
    second = with_criteria(world, "3.0", today() + DAY)
    assert sheet_of(before) is None
    sheet = sheet_of(subject)
    assert sheet is not None
    assert (sheet.version, [line.label for line in sheet.lines]) == (
        first,
        ["I1", "I2", "E1", "E2"],
    )
    with pytest.raises(RefusedError, match="none of the protocol"):
        eligibility.answer_criteria(subject, answers=[given("I1", "met")], by=world.coordinator)
    assert criterion("I1").version == second


def test_answers_fit_their_criterion_and_are_from_a_day_that_has_come(
    world: World, subject: Subject
) -> None:
    def keep(*rows: eligibility.Given) -> None:
        eligibility.answer_criteria(subject, answers=rows, by=world.coordinator)

    with pytest.raises(RefusedError, match="answered by one of: pending, not present, present"):
        keep(given("E1", "met"))
    with pytest.raises(RefusedError, match="answered by one of: pending, met, not met"):
        keep(given("I1", "absent"))
    with pytest.raises(RefusedError, match="has not come yet"):
        keep(given("I1", "met", on=today() + DAY))
    with pytest.raises(RefusedError, match="on which day"):
        keep(eligibility.Given(criterion("I1"), "met", "Passport"))
    keep(given("I1", "met", ""), given("E1", "pending", ""))
    assert state(subject) == "0 of 4 settled"
    keep(given("I1", "met"), given("E2", "not_applicable"))
    assert state(subject) == "2 of 4 settled"
    rows = CriterionAnswer.objects.values_list("category", "answer")
    assert set(rows) == {("inclusion", "met"), ("exclusion", "not_applicable")}


def test_an_answer_changes_with_a_reason_that_the_trail_keeps(
    world: World, subject: Subject
) -> None:
    held = answer(world, subject)
    with pytest.raises(RefusedError, match="was answered “met” before"):
        answer(world, subject, I2="not_met")
    answer(world, subject, "Worksheet misread", I2="not_met")
    row = AuditRow.objects.filter(tbl="subjects_criterionanswer", op="U").latest("pk")
    assert row.changes["answer"] == ["met", "not_met"]
    with pytest.raises(ConflictError, match="changed while you had it open"):
        eligibility.answer_criteria(
            subject, answers=[given("I1", "met", "GP letter")], revision=held.revision,
            by=world.coordinator,
        )  # fmt: skip
    before = AuditRow.objects.count()
    answer(world, subject, I2="not_met")
    assert AuditRow.objects.count() == before


def test_the_decision_is_signed_and_the_subject_is_eligible(world: World, subject: Subject) -> None:
    signer = investigator(world)
    answer(world, subject)
    signed = sign(subject, signer)
    assert signed.status == "eligible"
    held = Eligibility.objects.get()
    assert (held.is_current, held.decided_on, held.decided_by) == (
        True, today(), signer.get_full_name(),
    )  # fmt: skip
    (one,) = signatures(signed, content_of)
    assert (one.meaning, one.is_intact) == ("eligibility", True)
    assert enrol(world, subject).status == "enrolled"


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"I2": "pending"}, "I2 is pending"), ({"I2": "not_met"}, "I2 is not met"),
        ({"E2": "present"}, "E2 is present"),
    ],
)  # fmt: skip
def test_it_is_not_signed_while_a_criterion_is_open_or_failed(
    world: World, subject: Subject, answers: dict[str, str], why: str
) -> None:
    signer = investigator(world)
    answer(world, subject, **answers)
    with pytest.raises(RefusedError, match=why):
        sign(subject, signer)
    assert not Signature.objects.exists()
    with pytest.raises(EligibilityNeededError, match="has not signed"):
        enrol(world, subject)


def test_it_is_not_signed_without_a_source_a_consent_or_the_delegation(
    world: World, subject: Subject
) -> None:
    signer = investigator(world)
    answer(world, subject)
    eligibility.answer_criteria(subject, answers=[given("I1", "met", "")], by=world.coordinator)
    with pytest.raises(RefusedError, match="I1 has no source"):
        sign(subject, signer)
    answer(world, subject)
    other = user_with(Role.INVESTIGATOR, world.place, world.admin)
    with pytest.raises(RefusedError, match="is not delegated to you"):
        eligibility.decide_eligible.do(subject, proof=None, by=other)  # type: ignore[arg-type]
    with pytest.raises(PermissionDenied):
        sign(subject, world.coordinator)
    first = version(world, main_form(world), "3.0")
    with pytest.raises(ConsentNeededError, match="has not signed Main consent"):
        sign(subject, signer)
    record(world, subject, first)
    assert sign(subject, signer).status == "eligible"


def test_nobody_decides_about_who_has_left_or_has_no_criteria(world: World) -> None:
    plain = screen(world)
    with_criteria(world)
    gone = screen(world)
    signer = investigator(world)
    with pytest.raises(RefusedError, match="has no criteria here"):
        eligibility.answer_criteria(plain, answers=[given("I1", "met")], by=world.coordinator)
    assert "has no criteria here" in str(eligibility.hindrance_of(plain, signer, today()))
    gone.status = "screen_failed"
    assert "Eligibility is decided in screening" in str(
        eligibility.hindrance_of(gone, signer, today())
    )


def test_what_was_shown_before_a_change_is_not_signed(world: World, subject: Subject) -> None:
    signer = investigator(world)
    answer(world, subject)
    shown = eligibility.decide_eligible.hash_of(subject)
    eligibility.answer_criteria(
        subject, answers=[given("I1", "met", "GP letter")], by=world.coordinator
    )
    with pytest.raises(RefusedError, match="changed since it was shown"):
        sign(subject, signer, shown)


def test_a_change_after_the_signature_asks_for_another_before_enrolment(
    world: World, subject: Subject
) -> None:
    signer = investigator(world)
    answer(world, subject)
    sign(subject, signer)
    with pytest.raises(RefusedError, match="Give the reason for changing its answers"):
        eligibility.answer_criteria(
            subject, answers=[given("I1", "met", "GP letter")], by=world.coordinator
        )
    eligibility.answer_criteria(
        subject, answers=[given("I1", "met", "GP letter")], reason="Better source",
        by=world.coordinator,
    )  # fmt: skip
    assert state(subject) == "To be signed again"
    with pytest.raises(EligibilityNeededError, match="signs again"):
        enrol(world, subject)
    sign(subject, signer)
    assert enrol(world, subject).status == "enrolled"


def test_after_enrolment_a_failed_criterion_proposes_a_deviation(
    world: World, subject: Subject
) -> None:
    signer = investigator(world)
    answer(world, subject)
    sign(subject, signer)
    enrol(world, subject)
    answer(world, subject, "Laboratory corrected its report", E2="present")
    draft = DeviationDraft.objects.get()
    assert (draft.kind, draft.state, draft.description) == (
        "eligibility", "occurred", "Enrolled although E2 is present.",
    )  # fmt: skip
    answer(world, subject, "And again", E2="absent")
    draft.refresh_from_db()
    assert draft.state == "withdrawn"


def test_taking_the_status_back_takes_the_decision_back(world: World, subject: Subject) -> None:
    signer = investigator(world)
    answer(world, subject)
    signed = sign(subject, signer)
    back = corrections.take_back(signed, status="eligible", reason="Wrong", by=world.coordinator)
    assert back.status == "screening"
    with pytest.raises(EligibilityNeededError, match="signs again"):
        enrol(world, subject)


def test_where_there_are_criteria_eligible_is_no_step_and_enrolment_is_not_before_the_decision(
    world: World, subject: Subject
) -> None:
    with pytest.raises(EligibilityNeededError, match="when the investigator signs"):
        subjects.find_eligible(subject, on=today(), by=world.coordinator)
    signer = investigator(world)
    answer(world, subject)
    sign(subject, signer)
    held = Subject.objects.get(pk=subject.pk)
    with pytest.raises(EligibilityNeededError, match="was signed later"):
        subjects.enrol(held, on=today() - DAY, by=world.coordinator)


def test_a_waiver_is_refused_unless_the_protocol_has_them_and_the_sponsor_decides(
    world: World, subject: Subject
) -> None:
    signer, monitor = (
        investigator(world),
        user_with(Role.MEDICAL_MONITOR, world.sponsor, world.admin),
    )
    answer(world, subject, I2="not_met")
    ask: dict[str, Any] = {"criterion": criterion("I2"), "by": world.coordinator}
    with pytest.raises(RefusedError, match="has no waivers"):
        eligibility.request_waiver(subject, reason="Close enough", **ask)
    trials.change_trial(world.trial, values={"allows_waivers": True}, by=world.admin)
    with pytest.raises(RefusedError, match="nothing to waive"):
        eligibility.request_waiver(
            subject, criterion=criterion("I1"), reason="Why", by=world.coordinator
        )
    waiver = eligibility.request_waiver(subject, reason="IGA 3 the day before", **ask)
    with pytest.raises(ConflictError, match="requested or approved already"):
        eligibility.request_waiver(subject, reason="Again", **ask)
    assert Obligation.objects.filter(rule="eligibility.waiver", met_at=None).count() == 1
    with pytest.raises(PermissionDenied):
        eligibility.approve_waiver(waiver, reason="Fine", by=world.coordinator)
    with pytest.raises(RefusedError, match="I2 is not met"):
        sign(subject, signer)
    eligibility.approve_waiver(waiver, reason="Agreed with the statistician", by=monitor)
    assert not Obligation.objects.filter(rule="eligibility.waiver", met_at=None).exists()
    assert sign(subject, signer).status == "eligible"
    eligibility.refuse_waiver(waiver, reason="Withdrawn", by=monitor)
    with pytest.raises(EligibilityNeededError, match="signs again"):
        enrol(world, subject)


def test_the_investigator_is_told_when_every_criterion_is_settled(
    world: World, subject: Subject
) -> None:
    due = Obligation.objects.filter(rule="eligibility.decide", met_at=None)
    visits.complete(visit(subject, "SCR"), on=today(), reason="early", by=world.coordinator)
    answer(world, subject, E2="pending")
    assert not due.exists()
    answer(world, subject)
    told = due.get()
    assert (told.label, told.subject_id) == (f"Decide eligibility of {subject}", subject.pk)
    assert told.url.endswith("/eligibility/")
    sign(subject, investigator(world))
    assert not due.exists()


def test_a_screen_failure_names_the_criteria_that_failed(world: World, subject: Subject) -> None:
    answer(world, subject, E2="pending")

    def fail(code: str, reason: str = "") -> Subject:
        held = Subject.objects.get(pk=subject.pk)
        return subjects.end(
            held, status="screen_failed", on=today(), reason_code=code, reason=reason,
            by=world.coordinator,
        )  # fmt: skip

    with pytest.raises(RefusedError, match="No exclusion criterion"):
        fail("exclusion")
    answer(world, subject, "Result came", E2="present")
    left = fail("exclusion", "IGRA positive")
    assert left.why_left == "Exclusion criterion met: E2: IGRA positive"
    again = subjects.rescreen(left, on=today(), consented_on=today(), by=world.coordinator)
    assert state(again) == "0 of 4 settled"


RAW = {
    "criterion_answer_of_category": "UPDATE subjects_criterionanswer SET answer = 'met'"
    " WHERE category = 'exclusion'",
    "criterion_answer_category": "UPDATE subjects_criterionanswer SET category = 'exclusion',"
    " answer = 'absent' WHERE category = 'inclusion'",
    "criterion_answer_has_a_day": "UPDATE subjects_criterionanswer SET answered_on = NULL",
    "eligibility_decided_by_somebody": "UPDATE subjects_eligibility SET is_current = true",
    "waiver_allowed_by_protocol": "INSERT INTO subjects_waiver (eligibility_id, criterion_id,"
    " reason, requested_by, status, decided_by, decision_reason, revision) SELECT eligibility_id,"
    " criterion_id, 'r', 'me', 'requested', '', '', 1 FROM subjects_criterionanswer LIMIT 1",
}


@pytest.mark.parametrize("name", RAW)
def test_the_database_keeps_answers_to_their_criterion_and_waivers_to_the_protocol(
    world: World, subject: Subject, name: str
) -> None:
    answer(world, subject)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('ctms.reason', 'test', true)")
        with pytest.raises(DatabaseError) as said, transaction.atomic():
            cursor.execute(RAW[name])
    assert said.value.__cause__.diag.constraint_name == name  # type: ignore[union-attr]


def test_answers_and_waivers_are_about_criteria_of_the_subject(
    world: World, subject: Subject
) -> None:
    held = answer(world, subject)
    other = with_criteria(world, "3.0", today() + DAY).criteria.filter(category="inclusion")[0]
    with pytest.raises(DatabaseError, match="none of the protocol of this subject"):
        held.answers.filter(category="inclusion").update(criterion=other)
