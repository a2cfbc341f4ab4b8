"""A visit is done procedure by procedure, and completed once every one is answered."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from core.actions import RefusedError
from core.models import Obligation
from core.versions import ChangedError
from sites.actions import places
from subjects.actions import procedures, visits
from subjects.actions.closing import Gap, IncompleteError
from subjects.conduct import Step, conduct_of
from subjects.models import DeviationDraft, OtherAnswer, Outcome, ProcedureRecord, Visit
from tests.subjects.conducted import answer, begun, not_done, said, slug
from tests.world import World, make_place, user_with, visit

pytestmark = pytest.mark.usefixtures("afternoon")

NORMAL = {"SYSBP": 124, "DIABP": 80, "PULSE": 66, "TEMP": "36.6", "RESP": 14}
VITALS = {name: Decimal(value) for name, value in NORMAL.items()}


def step(held: Visit, name: str) -> Step:
    """The step whose name begins so."""
    return next(one for one in conduct_of(held).steps if one.name.startswith(name))


def do_everything(world: World, held: Visit) -> None:
    """Answer every procedure of week 2 that is asked for in any case."""
    before = timezone.now() - timedelta(minutes=70)
    answer(world, held, "Adverse events")
    answer(world, held, "Vital signs", values=VITALS)
    answer(world, held, "PK serum samples, −30", done_at=before - timedelta(minutes=40))
    answer(world, held, "Study drug", done_at=before)
    answer(world, held, "PK serum samples, 1 h", done_at=before + timedelta(minutes=60))
    answer(world, held, "Weight", values={"WEIGHT": Decimal("82.6")})


def test_steps_stand_in_protocol_order_with_samples_around_the_dose(world: World) -> None:
    conduct = conduct_of(begun(world))
    assert [one.name.split(",")[0] for one in conduct.steps] == [
        "Adverse events", "Vital signs", "Urine pregnancy test", "PK serum samples",
        "Study drug 300 mg SC", "PK serum samples", "Weight",
    ]  # fmt: skip
    assert [one.minute for one in conduct.steps] == [None, None, None, -30, None, 60, None]
    dose, after = conduct.steps[4], conduct.steps[5]
    assert (dose.waits_for, after.waits_for) == (4, 5)
    assert conduct.now is conduct.steps[0]


def test_a_procedure_is_done_now_by_somebody_and_opened_again(world: World) -> None:
    held = begun(world)
    made = answer(world, held, "Adverse events", note="None new")
    assert (made.outcome, made.performer, made.note) == ("done", world.person, "None new")
    assert conduct_of(held).counted == "1 done, 6 open"
    answer(world, held, "Adverse events", outcome=Outcome.OPEN)
    assert conduct_of(held).counted == "0 done, 7 open"
    assert ProcedureRecord.objects.count() == 1


def test_nothing_is_answered_before_the_visit_starts(world: World) -> None:
    held = visit(begun(world).subject, "W4")
    with pytest.raises(RefusedError, match="Start the visit, then document it"):
        procedures.add_unplanned(held, name="Repeat ECG", by=world.coordinator)


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("Adverse events", {"done_at": None}, "Say when Adverse events was done"),
        ("Adverse events", {"performer": None}, "Say who did Adverse events"),
        ("Adverse events", {"outcome": Outcome.NOT_DONE}, "Say why Adverse events was not done"),
        ("Study drug", {}, "comes after PK serum samples"),
        ("PK serum samples, 1 h", {}, "comes after Study drug"),
        ("Vital signs", {}, "Type the values of Vital signs"),
        ("Vital signs", {"values": {"SYSBP": Decimal(1480)}}, "Systolic 1480 mmHg cannot be"),
        ("Vital signs", {"values": {"WEIGHT": Decimal(80)}}, "does not measure WEIGHT"),
    ],
)
def test_a_wrong_answer_is_refused_with_the_way_out(
    world: World, name: str, wrong: dict[str, object], words: str
) -> None:
    held = begun(world)
    with pytest.raises(RefusedError, match=words):
        answer(world, held, name, **wrong)
    assert not ProcedureRecord.objects.exists()


def test_no_procedure_is_done_in_the_future(world: World) -> None:
    held = begun(world)
    with pytest.raises(RefusedError, match="a time that has not come yet"):
        answer(world, held, "Adverse events", done_at=timezone.now() + timedelta(minutes=5))


def test_whoever_does_it_and_with_what_belongs_to_the_place(world: World) -> None:
    held = begun(world)
    other = make_place("southgate", world.admin)
    stranger = places.add_person(
        other, values={"name": "Tom"}, by=user_with(Role.COORDINATOR, other, world.admin)
    )
    with pytest.raises(RefusedError, match="Tom does not work at Northgate"):
        answer(world, held, "Adverse events", performer=stranger)
    cuff = places.add_equipment(
        world.place, name="BP-03", kind="Blood pressure", by=world.coordinator,
        calibration_due_on=timezone.localdate() - timedelta(days=1),
    )  # fmt: skip
    with pytest.raises(RefusedError, match="The calibration of BP-03 ended"):
        answer(world, held, "Vital signs", values=VITALS, equipment=cuff)


def test_values_out_of_range_are_repeated_or_kept_with_a_reason(world: World) -> None:
    held = begun(world)
    made = answer(world, held, "Vital signs", values=VITALS | {"SYSBP": Decimal(148)})
    assert made.outcome == Outcome.OPEN
    assert [value.measure.code for value in step(held, "Vital signs").unsettled] == ["SYSBP"]
    fields = [value.field for value in step(held, "Vital signs").values]
    assert fields == ["SYSBP", "DIABP", "PULSE", "TEMP", "RESP", "SYSBP-2"]
    assert answer(world, held, "Vital signs", values={"SYSBP-2": Decimal(136)}).outcome == "done"
    taken = list(made.measurements.order_by("attempt", "measure").values_list("measure", "value"))
    assert taken[-1] == ("SYSBP", Decimal("136.00"))
    assert len(taken) == 6


def test_a_value_out_of_range_is_kept_with_a_reason(world: World) -> None:
    held = begun(world)
    made = answer(
        world, held, "Vital signs", values=VITALS | {"SYSBP": Decimal(148)},
        kept={"SYSBP": "known hypertension"},
    )  # fmt: skip
    assert made.outcome == Outcome.DONE
    assert made.measurements.get(measure="SYSBP").kept_because == "known hypertension"


def test_values_may_be_typed_bit_by_bit(world: World) -> None:
    held = begun(world)
    answer(world, held, "Vital signs", values={"SYSBP": Decimal(120)})
    assert [value.measure.code for value in step(held, "Vital signs").untyped] == [
        "DIABP", "PULSE", "TEMP", "RESP",
    ]  # fmt: skip
    rest = {name: value for name, value in VITALS.items() if name != "SYSBP"}
    assert answer(world, held, "Vital signs", values=rest).outcome == Outcome.DONE


def test_a_sample_outside_its_minutes_is_a_gap(world: World) -> None:
    held = begun(world)
    before = timezone.now() - timedelta(minutes=120)
    answer(world, held, "PK serum samples, −30", done_at=before)
    answer(world, held, "Study drug", done_at=before + timedelta(minutes=30))
    answer(world, held, "PK serum samples, 1 h", done_at=before + timedelta(minutes=101))
    assert [one.minute for one in conduct_of(held).gaps] == [60]
    assert step(held, "PK serum samples, 1 h").is_mistimed


def test_a_visit_is_not_completed_while_procedures_are_open(world: World) -> None:
    held = begun(world)
    with pytest.raises(IncompleteError, match="Not answered yet: Adverse events, Vital signs"):
        visits.complete(held, on=timezone.localdate(), by=world.coordinator)
    held.refresh_from_db()
    assert held.status == "in_progress"


def test_gaps_become_deviations_and_what_does_not_apply_is_said(world: World) -> None:
    held = begun(world)
    do_everything(world, held)
    not_done(world, held, "Weight", "equipment")
    done = visits.complete(held, on=timezone.localdate(), by=world.coordinator)
    assert done.status == "completed"
    draft = DeviationDraft.objects.get(visit=held)
    assert (draft.kind, draft.state) == ("missed_procedure", "occurred")
    assert draft.description == "Weight was not done at W2."
    assert draft.reason == "Equipment failed"
    assert step(held, "Urine pregnancy test").outcome == Outcome.NOT_APPLICABLE


def test_what_is_left_open_is_explained_when_the_visit_is_completed(world: World) -> None:
    held = begun(world)
    do_everything(world, held)
    answer(world, held, "Weight", outcome=Outcome.OPEN)
    gaps = {slug(conduct_of(held), "Weight"): Gap("time", deviates=False)}
    visits.complete(held, on=timezone.localdate(), by=world.coordinator, gaps=gaps)
    assert step(held, "Weight").outcome == Outcome.NOT_DONE
    assert not DeviationDraft.objects.exists()


def test_a_visit_is_not_completed_before_it_began(world: World) -> None:
    held = begun(world)
    yesterday = timezone.localdate() - timedelta(days=1)
    with pytest.raises(RefusedError, match="cannot be completed on"):
        visits.complete(held, on=yesterday, by=world.coordinator)


def test_the_first_procedure_is_done_on_the_day_of_the_visit(world: World) -> None:
    held = begun(world)
    do_everything(world, held)
    answer(world, held, "Adverse events", done_at=timezone.now() - timedelta(days=2))
    with pytest.raises(IncompleteError, match="Correct one of the two days"):
        visits.complete(held, on=timezone.localdate(), by=world.coordinator)


def test_a_completed_visit_is_corrected_with_a_reason(world: World) -> None:
    held = begun(world)
    do_everything(world, held)
    visits.complete(held, on=timezone.localdate(), by=world.coordinator)
    with pytest.raises(RefusedError, match="Give the reason for the correction"):
        not_done(world, held, "Weight")
    procedures.answer(
        held, slug=slug(conduct_of(held), "Weight"), reason="Typed at the wrong visit",
        said=said(world, outcome=Outcome.NOT_DONE, why_not="other"), by=world.coordinator,
    )  # fmt: skip
    assert step(held, "Weight").outcome == Outcome.NOT_DONE


def test_two_answers_given_apart_are_both_kept_until_somebody_decides(world: World) -> None:
    held = begun(world)
    answer(world, held, "Weight", values={"WEIGHT": Decimal(80)})
    where = slug(conduct_of(held), "Weight")
    other = procedures.answer(
        held, slug=where, revision=0, said=said(world, values={"WEIGHT": Decimal(81)}),
        by=world.coordinator,
    )  # fmt: skip
    assert isinstance(other, OtherAnswer)
    assert step(held, "Weight").values[0].shown == "80.0"
    with pytest.raises(IncompleteError, match="two answers to Weight"):
        visits.complete(held, on=timezone.localdate(), by=world.coordinator)
    procedures.settle(other, is_taken=True, by=world.coordinator)
    assert step(held, "Weight").values[0].shown == "81.0"
    assert not step(held, "Weight").others


def test_the_same_answer_twice_is_no_second_one(world: World) -> None:
    held = begun(world)
    now = timezone.now().replace(second=0, microsecond=0)
    answer(world, held, "Adverse events", done_at=now)
    with pytest.raises(ChangedError):
        procedures.answer(
            held, slug=slug(conduct_of(held), "Adverse events"), revision=0,
            said=said(world, done_at=now), by=world.coordinator,
        )  # fmt: skip
    assert not OtherAnswer.objects.exists()


def test_an_awaited_result_is_a_duty_until_it_is_here(world: World) -> None:
    held = begun(world)
    made = answer(world, held, "Adverse events", is_pending=True)
    duty = Obligation.objects.get(rule="procedure.result", met_at=None)
    assert duty.due_on == timezone.localdate() + timedelta(days=7)
    procedures.receive(made, note="normal", by=world.coordinator)
    duty.refresh_from_db()
    assert duty.met_at is not None
    assert ProcedureRecord.objects.get(pk=made.pk).note == "normal"


def test_what_the_protocol_does_not_ask_for_is_added(world: World) -> None:
    held = begun(world)
    procedures.add_unplanned(held, name="12-lead ECG (repeat)", by=world.coordinator)
    extra = conduct_of(held).steps[-1]
    assert (extra.name, extra.need) == ("12-lead ECG (repeat)", "")
    assert extra.values[0].measure.code == "EGHRMN"


def test_the_last_value_of_an_earlier_visit_stands_beside_the_field(world: World) -> None:
    held = begun(world)
    answer(world, held, "Weight", values={"WEIGHT": Decimal(80)})
    later = visit(held.subject, "W4")
    visits.check_in(later, by=world.coordinator)
    later = visits.start(later, by=world.coordinator)
    procedures.add_unplanned(later, name="Weight", by=world.coordinator)
    assert conduct_of(later, with_last=True).steps[-1].values[0].hint == "last 80.0"


def test_only_the_site_answers_and_another_site_sees_nothing(world: World, client: Client) -> None:
    held = begun(world)
    url = f"/visits/{held.pk}/procedures/{step(held, 'Weight').slug}/"
    client.force_login(world.cra)
    assert client.get(held.conduct_url).status_code == 200
    assert client.post(url, {"outcome": "done"}).status_code == 403
    other = make_place("southgate", world.admin)
    client.force_login(user_with(Role.COORDINATOR, other, world.admin))
    assert client.get(held.conduct_url).status_code == 404
    assert client.post(url, {"outcome": "done"}).status_code == 404


@pytest.mark.parametrize("count", [1, 5])
def test_the_page_asks_a_fixed_number_of_queries(
    world: World, client: Client, count: int, django_assert_max_num_queries: object
) -> None:
    held = begun(world)
    for number in range(count):
        procedures.add_unplanned(held, name=f"Extra {number}", by=world.coordinator)
    client.force_login(world.coordinator)
    client.get(held.conduct_url)
    with django_assert_max_num_queries(40):  # type: ignore[operator]
        assert client.get(held.conduct_url).status_code == 200
