"""The pages of a visit that is being done, in a browser without a script and by htmx."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sites.actions import places
from subjects.actions import procedures, subjects
from subjects.conduct import conduct_of
from subjects.models import DeviationDraft, OtherAnswer, Outcome, ProcedureRecord, Visit
from tests.markup import faults
from tests.subjects.conducted import answer, begun, slug
from tests.world import World

pytestmark = pytest.mark.usefixtures("afternoon")


@pytest.fixture
def held(world: World, client: Client) -> Visit:
    """Week 2 of a subject, started, and its coordinator logged in."""
    client.force_login(world.coordinator)
    return begun(world)


def post(client: Client, held: Visit, name: str, **fields: object) -> object:
    """Answer a procedure at its row."""
    url = reverse("subjects:answer", args=[held.pk, slug(conduct_of(held), name)])
    return client.post(url, {"outcome": "done", **fields})


def text_of(client: Client, held: Visit) -> str:
    """The page of the visit."""
    answer = client.get(reverse("subjects:conduct", args=[held.pk]))
    assert answer.status_code == 200
    assert faults(answer.text) == []
    return " ".join(answer.text.split())


def test_a_tick_says_done_now_by_whoever_is_at_the_page(
    world: World, client: Client, held: Visit
) -> None:
    assert "Not answered yet" in text_of(client, held)
    assert post(client, held, "Adverse events").status_code == 302  # type: ignore[attr-defined]
    record = ProcedureRecord.objects.get()
    assert (record.outcome, record.performer) == (Outcome.DONE, world.person)
    assert "Priya Nair" in text_of(client, held)


def test_what_is_refused_stays_in_its_row(world: World, client: Client, held: Visit) -> None:
    nurse = places.add_person(world.place, values={"name": "Tom Ellery"}, by=world.coordinator)
    fields = {
        "SYSBP": "1480", "DIABP": "80", "note": "left arm", "kept-SYSBP": "known", "clock": "08:05",
        "performer": nurse.pk, "is_pending": "on",
    }  # fmt: skip
    answer = post(client, held, "Vital signs", **fields)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    text = answer.text  # type: ignore[attr-defined]
    assert "Systolic 1480 mmHg cannot be" in text
    assert 'value="1480"' in text
    assert 'value="left arm"' in text
    assert 'value="08:05"' in text
    assert re.search(rf'value="{nurse.pk}"\s+selected', text)
    assert re.search(r'name="is_pending"[^>]*checked', text)
    assert not ProcedureRecord.objects.exists()


def test_a_time_that_the_clocks_do_not_show_is_said(client: Client, held: Visit) -> None:
    answer = post(client, held, "Adverse events", clock="25:00")
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert "Enter a valid time" in answer.text  # type: ignore[attr-defined]


def test_values_outside_their_range_ask_for_a_repeat_or_a_reason(
    client: Client, held: Visit
) -> None:
    values = {"SYSBP": "148", "DIABP": "80", "PULSE": "70", "TEMP": "36.6", "RESP": "14"}
    post(client, held, "Vital signs", **values)
    text = text_of(client, held)
    assert "Systolic 148 is" in text
    assert "Repeat" in text
    again = {"SYSBP": "148", "kept-SYSBP": "known"}
    post(client, held, "Vital signs", **again, revision=1)
    assert ProcedureRecord.objects.get().outcome == Outcome.DONE


def test_a_second_answer_is_told_and_settled_at_its_row(
    world: World, client: Client, held: Visit
) -> None:
    answer(world, held, "Adverse events")
    late = post(client, held, "Adverse events", revision=0, outcome="not_done", why_not="forgotten")
    assert late.status_code == 409  # type: ignore[attr-defined]
    assert "Both answers are kept" in late.text  # type: ignore[attr-defined]
    other = OtherAnswer.objects.get()
    settled = client.post(reverse("subjects:settle", args=[other.pk]), {"take": "second"})
    assert settled.headers["Location"] == f"{held.conduct_url}#record-{other.record_id}"
    assert f'id="record-{other.record_id}"' in text_of(client, held)
    assert ProcedureRecord.objects.get().outcome == Outcome.NOT_DONE
    again = client.post(reverse("subjects:settle", args=[other.pk]), {"take": "first"})
    assert again.status_code == 409


def test_a_procedure_beyond_the_protocol_and_an_awaited_result(client: Client, held: Visit) -> None:
    url = reverse("subjects:add_procedure", args=[held.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"name": "Repeat ECG"}).status_code == 302
    post(client, held, "Adverse events", is_pending="on")
    record = ProcedureRecord.objects.get(is_pending=True)
    result = reverse("subjects:receive", args=[record.pk])
    assert client.get(result).status_code == 200
    assert client.post(result, {"note": "normal"}).status_code == 302
    assert "Repeat ECG" in text_of(client, held)


def test_complete_asks_why_of_what_is_open_and_drafts_deviations(
    world: World, client: Client, held: Visit
) -> None:
    before = timezone.now() - timedelta(minutes=70)
    answer(world, held, "PK serum samples, −30", done_at=before - timedelta(minutes=40))
    answer(world, held, "Study drug", done_at=before)
    url = reverse("subjects:complete", args=[held.pk])
    asked = client.get(url).text
    assert "1. Adverse events: why it was not done" in asked
    assert "Urine pregnancy test" not in asked
    open_steps = [step.slug for step in conduct_of(held).missing]
    refused = client.post(url, {"on": timezone.localdate().isoformat()})
    assert refused.status_code == 422
    given = {f"why-{one}": "staff" for one in open_steps}
    given |= {f"deviates-{open_steps[0]}": "on", "on": timezone.localdate().isoformat()}
    assert client.post(url, given).status_code == 302
    held.refresh_from_db()
    assert held.status == "completed"
    assert DeviationDraft.objects.get().description == "Adverse events was not done at W2."
    assert "Book W4 now?" in text_of(client, held)


def test_starting_leads_to_the_procedures(world: World, client: Client, held: Visit) -> None:
    later = Visit.objects.get(subject=held.subject, code="W4")
    client.post(reverse("subjects:check_in", args=[later.pk]))
    started = client.post(reverse("subjects:start", args=[later.pk]))
    assert started.headers["Location"] == later.conduct_url


def test_an_answer_sent_again_from_a_device_is_given_once(client: Client, held: Visit) -> None:
    url = reverse("subjects:answer", args=[held.pk, slug(conduct_of(held), "Adverse events")])
    fields = {"outcome": "done", "revision": "0", "clock": "00:00"}
    headers = {"Idempotency-Key": "a1", "HX-Request": "true"}
    codes = [client.post(url, fields, headers=headers).status_code for _ in range(2)]
    assert codes == [200, 200]
    assert ProcedureRecord.objects.count() == 1
    assert not OtherAnswer.objects.exists()


def test_a_procedure_that_the_visit_does_not_have_is_not_there(
    world: World, client: Client, held: Visit
) -> None:
    url = reverse("subjects:answer", args=[held.pk, "999"])
    assert client.post(url, {"outcome": "done"}).status_code == 404
    extra = procedures.add_unplanned(held, name="Extra", by=world.coordinator)
    url = reverse("subjects:answer", args=[held.pk, f"r{extra.pk}"])
    assert client.post(url, {"outcome": "done"}).status_code == 302


def test_completing_a_visit_takes_few_queries(
    world: World, client: Client, held: Visit, django_assert_max_num_queries: object
) -> None:
    for number in range(7):
        extra = procedures.add_unplanned(held, name=f"Extra {number}", by=world.coordinator)
        answer(world, held, extra.name)
    slugs = [step.slug for step in conduct_of(held).missing]
    fields = {f"why-{one}": "staff" for one in slugs} | {f"deviates-{one}": "on" for one in slugs}
    fields["on"] = timezone.localdate().isoformat()
    url = reverse("subjects:complete", args=[held.pk])
    client.get(url)
    with django_assert_max_num_queries(40):  # type: ignore[operator]
        done = client.post(url, fields)
    assert done.status_code == 302
    assert len(conduct_of(held).steps) == 14
    assert DeviationDraft.objects.count() == len(slugs)


def test_the_worksheet_has_room_to_write_and_no_names(
    world: World, client: Client, held: Visit
) -> None:
    subjects.identify(held.subject, values={"name": "Ada Marker"}, by=world.coordinator)
    answer(world, held, "Adverse events", note="None new")
    text = " ".join(client.get(reverse("subjects:worksheet", args=[held.pk])).text.split())
    assert "Systolic ____ mmHg" in text
    assert "None new" in text
    assert "Ada Marker" not in text


def test_two_answers_stop_completion_and_lead_to_the_procedures(
    world: World, client: Client, held: Visit
) -> None:
    answer(world, held, "Adverse events")
    post(client, held, "Adverse events", revision=0, outcome="not_done", why_not="forgotten")
    slugs = [step.slug for step in conduct_of(held).missing]
    fields = {f"why-{one}": "staff" for one in slugs} | {"on": timezone.localdate().isoformat()}
    refused = client.post(reverse("subjects:complete", args=[held.pk]), fields)
    assert refused.status_code == 422
    assert "There are two answers to Adverse events" in refused.text
    assert f'href="{held.conduct_url}"' in refused.text


def test_a_visit_is_completed_on_the_day_of_its_first_procedure_unless_said_otherwise(
    world: World, client: Client, held: Visit
) -> None:
    answer(world, held, "Adverse events", done_at=timezone.now() - timedelta(days=1))
    form = client.get(reverse("subjects:complete", args=[held.pk])).context["form"]
    assert form.initial["on"] == timezone.localdate() - timedelta(days=1)
