"""Consents: what is refused and why, what stands in the database, and what it opens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.utils import timezone

from core.actions import RefusedError
from core.models import AuditRow, Event
from core.versions import ConflictError
from sites.actions import places
from subjects.actions import consents, subjects, visits
from subjects.actions.consents import Signed
from subjects.actions.gates import ConsentNeededError
from subjects.consents import latest, needs
from subjects.models import Consent, ConsentNote, Subject, SubjectAnchor, Visit
from tests.subjects.consented import DAY, FIRST, main_form, photo, record, signed, version
from tests.trail import nothing_written
from tests.world import World, screen, visit
from trials.actions import consents as forms
from trials.actions import trials
from trials.models import ConsentType, ConsentVersion

pytestmark = pytest.mark.django_db


def today() -> date:
    return timezone.localdate()


@pytest.fixture
def form(world: World) -> ConsentType:
    return main_form(world)


@pytest.fixture
def first(world: World, form: ConsentType) -> ConsentVersion:
    return version(world, form, "3.0")


def test_the_first_main_consent_is_the_day_the_subject_consented(
    world: World, first: ConsentVersion
) -> None:
    subject = screen(world)
    on = today() - 2 * DAY
    made = record(world, subject, first, on)
    subject.refresh_from_db()
    assert subject.consented_on == made.signed_on == on
    assert SubjectAnchor.objects.get(subject=subject, code="consent").on == on
    assert Event.objects.filter(parent_id=None).latest("pk").verb == "record consent"


def test_a_later_consent_leaves_the_day_of_consent_alone(world: World, form: ConsentType) -> None:
    old = version(world, form, "3.0")
    subject = screen(world)
    record(world, subject, old, today() - 3 * DAY)
    new = version(world, form, "4.0", today())
    record(world, subject, new)
    subject.refresh_from_db()
    assert subject.consented_on == today() - 3 * DAY
    assert list(latest().values_list("version__number", flat=True)) == ["4.0"]


def test_the_process_note_is_encrypted_and_stays_at_the_site(
    world: World, first: ConsentVersion
) -> None:
    subject = screen(world)
    made = consents.record_consent(
        subject, signed=signed(world, first), note="Jo Doe had time to ask.", by=world.coordinator
    )
    assert ConsentNote.objects.visible_to(world.cra).count() == 0
    assert ConsentNote.objects.visible_to(world.coordinator).get().text == "Jo Doe had time to ask."
    assert Consent.objects.visible_to(world.cra).get() == made
    written = str(list(AuditRow.objects.values_list("changes", flat=True)))
    assert "Jo Doe" not in written


def ahead(world: World, subject: Subject, first: ConsentVersion) -> Signed:
    return signed(world, first, today() + DAY)


def later_today(world: World, subject: Subject, first: ConsentVersion) -> Signed:
    at = datetime.combine(today(), time.max, world.place.zone)
    return signed(world, first, today(), signed_at=at)


def other_day(world: World, subject: Subject, first: ConsentVersion) -> Signed:
    return signed(world, first, today() - DAY, signed_at=timezone.now())


def other_language(world: World, subject: Subject, first: ConsentVersion) -> Signed:
    return signed(world, first, language="pl")


def too_early(world: World, subject: Subject, first: ConsentVersion) -> Signed:
    return signed(world, first, FIRST - DAY)


def replaced(world: World, subject: Subject, first: ConsentVersion) -> Signed:
    version(world, first.type, "4.0", today() - 5 * DAY)
    return signed(world, first)


def not_delegated(world: World, subject: Subject, first: ConsentVersion) -> Signed:
    other = places.add_person(world.place, values={"name": "Tom Reed"}, by=world.coordinator)
    return Signed(first, "en", today(), other)


def another_trial(world: World, subject: Subject, first: ConsentVersion) -> Signed:
    trial = trials.add_trial(
        world.sponsor, values={"code": "tmr-301", "protocol_number": "TMR-301", "name": "T"},
        by=world.admin,
    )  # fmt: skip
    type_ = forms.add_consent_type(trial, kind="main", name="Main consent", by=world.manager)
    made = forms.add_consent_version(type_, number="1.0", dated=FIRST, by=world.manager)
    return signed(world, made)


def not_optional(world: World, subject: Subject, first: ConsentVersion) -> Signed:
    return signed(world, first, decision="refused")


def twice(world: World, subject: Subject, first: ConsentVersion) -> Signed:
    record(world, subject, first)
    return signed(world, first)


Wrong = Callable[[World, Subject, ConsentVersion], Signed]


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (ahead, "signed on a day that has not come yet"),
        (later_today, "at a time that has not come yet"),
        (other_day, "Day and time of the signature do not agree"),
        (other_language, "In use that day: v3.0 (en), ethics approval 10 Jan 2024"),
        (too_early, "No version of Main consent was. Check the day"),
        (replaced, "In use that day: v4.0 (en), ethics approval 10 Jan 2024"),
        (not_delegated, "was not delegated to Tom Reed"),
        (another_trial, "belongs to another trial. Choose a version of"),
        (not_optional, "Main consent is not optional"),
        (twice, "is recorded already, signed on"),
    ],
)
def test_what_is_wrong_is_said_with_the_way_out_and_nothing_is_kept(
    world: World, first: ConsentVersion, wrong: Wrong, text: str
) -> None:
    subject = screen(world)
    form = wrong(world, subject, first)
    with nothing_written(), pytest.raises((RefusedError, ConflictError)) as said:
        consents.record_consent(subject, signed=form, by=world.coordinator)
    assert text in str(said.value)


def test_no_consent_is_signed_after_the_subject_left(world: World, first: ConsentVersion) -> None:
    subject = screen(world, today() - 3 * DAY)
    subjects.end(subject, status="deceased", on=today() - DAY, by=world.coordinator)
    with pytest.raises(RefusedError, match="left the trial on"):
        record(world, subject, first)
    assert record(world, subject, first, today() - 2 * DAY)


def test_the_first_consent_is_not_signed_after_a_visit_that_took_place(
    world: World, first: ConsentVersion
) -> None:
    subject = screen(world, today() - 3 * DAY)
    record(world, subject, first, today() - 3 * DAY)
    held = visit(subject, "SCR")
    visits.complete(held, on=today() - 2 * DAY, by=world.coordinator, reason="early")
    made = Consent.objects.get(subject=subject)
    with pytest.raises(RefusedError, match=r"SCR took place on .* correct the day"):
        consents.correct_consent(
            made, signed=signed(world, first, today()), reason="typed wrong", by=world.coordinator
        )
    consents.void_consent(made, reason="another subject's form", by=world.coordinator)
    with pytest.raises(RefusedError, match="SCR took place on"):
        record(world, subject, first)
    assert record(world, subject, first, today() - 2 * DAY)


def test_a_correction_has_a_reason_and_leaves_both_on_the_trail(
    world: World, first: ConsentVersion
) -> None:
    made = record(world, screen(world), first)
    better = signed(world, first, today() - DAY, signer="witness")
    with pytest.raises(RefusedError, match="Give the reason"):
        consents.correct_consent(made, signed=better, reason=" ", by=world.coordinator)
    held = consents.correct_consent(
        made, signed=better, reason="Read the year wrong", note="Asked twice", by=world.coordinator
    )
    assert (held.signed_on, held.signer) == (today() - DAY, "witness")
    change = AuditRow.objects.get(tbl="subjects_consent", op="U").changes
    assert change["signer"] == ["subject", "witness"]
    other = photo(world)
    with pytest.raises(RefusedError, match="is another form than Main consent"):
        consents.correct_consent(
            held, signed=signed(world, other), reason="x", by=world.coordinator
        )


def test_what_is_voided_counts_no_more_and_stays(world: World, first: ConsentVersion) -> None:
    subject = screen(world)
    made = record(world, subject, first)
    with pytest.raises(RefusedError, match="Give the reason"):
        consents.void_consent(made, reason="", by=world.coordinator)
    consents.void_consent(made, reason="Wrong subject", by=world.coordinator)
    assert not latest().exists()
    with pytest.raises(ConflictError, match="is voided"):
        consents.void_consent(made, reason="Again", by=world.coordinator)
    assert record(world, subject, first).pk != made.pk


@pytest.mark.parametrize(
    ("what", "may_go_on"),
    [("treatment", True), ("samples", True), ("data", True), ("follow_up", False), ("all", False)],
)
def test_a_withdrawal_ends_visits_only_where_it_is_about_them(
    world: World, first: ConsentVersion, what: str, *, may_go_on: bool
) -> None:
    subject = screen(world)
    made = record(world, subject, first)
    consents.withdraw_consent(made, what=[what], on=today(), by=world.coordinator)
    (need,) = needs(subject, today(), timezone.now())
    assert need.blocks(today()) is not may_go_on


def test_a_withdrawal_is_refused_before_the_signature_ahead_twice_and_of_nothing(
    world: World, first: ConsentVersion
) -> None:
    made = record(world, screen(world), first)

    def withdraw(on: date, *what: str) -> None:
        consents.withdraw_consent(made, what=what, on=on, by=world.coordinator)

    for on, text in ((today() - DAY, "was signed on"), (today() + DAY, "has not come yet")):
        with pytest.raises(RefusedError, match=text):
            withdraw(on, "data")
    with pytest.raises(RefusedError, match="Say what"):
        withdraw(today())
    withdraw(today(), "data")
    with pytest.raises(ConflictError, match="withdrawn for this already"):
        withdraw(today(), "data", "samples")
    assert made.withdrawals.count() == 1


def test_an_optional_part_may_be_refused_and_needs_no_withdrawal(
    world: World, form: ConsentType
) -> None:
    made = record(world, screen(world), photo(world), decision="refused")
    with pytest.raises(RefusedError, match="nothing to take back"):
        consents.withdraw_consent(made, what=["all"], on=today(), by=world.coordinator)


def test_a_visit_waits_for_the_consent_it_needs(world: World, first: ConsentVersion) -> None:
    subject = screen(world)
    held = visits.check_in(visit(subject, "SCR"), by=world.coordinator)
    for go_on in (
        lambda: visits.start(held, by=world.coordinator),
        lambda: visits.complete(held, on=today(), by=world.coordinator),
    ):
        with nothing_written(), pytest.raises(ConsentNeededError, match=r"Record v3\.0 first"):
            go_on()
    record(world, subject, first)
    assert visits.start(held, by=world.coordinator).status == Visit.Status.IN_PROGRESS
    assert visits.complete(held, on=today(), by=world.coordinator).frozen_at


def test_a_visit_without_an_approved_form_says_what_to_do(world: World, form: ConsentType) -> None:
    held = visits.check_in(visit(screen(world), "SCR"), by=world.coordinator)
    with pytest.raises(ConsentNeededError, match="Record its ethics approval at the site first"):
        visits.start(held, by=world.coordinator)


def test_trials_without_forms_needed_before_visits_are_as_ever(world: World) -> None:
    photo(world)
    held = visits.check_in(visit(screen(world), "SCR"), by=world.coordinator)
    assert visits.start(held, by=world.coordinator)


def test_what_a_subject_must_hold_is_one_query(
    world: World, first: ConsentVersion, django_assert_num_queries: Any
) -> None:
    subject = screen(world)
    record(world, subject, first)
    with django_assert_num_queries(1):
        (need,) = needs(subject, today(), timezone.now())
    assert (need.held_number, need.blocks(today())) == ("3.0", False)


def test_the_time_is_kept_by_the_clocks_of_the_place(world: World, first: ConsentVersion) -> None:
    """Half past midnight of summer time in London is the evening before in UTC."""
    at = datetime(2025, 6, 30, 23, 30, tzinfo=UTC)
    made = record(world, screen(world), first, date(2025, 7, 1), signed_at=at)
    assert (made.signed_on, made.zone) == (date(2025, 7, 1), "Europe/London")
