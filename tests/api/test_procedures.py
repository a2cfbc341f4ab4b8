"""Procedures over REST: answered from elsewhere, kept beside an earlier answer, results received."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from subjects.conduct import conduct_of
from subjects.models import OtherAnswer, ProcedureRecord, Visit
from tests.api.conftest import Caller
from tests.subjects.conducted import answer, begun
from tests.world import World

pytestmark = pytest.mark.django_db


def body(world: World, held: Visit, name: str, **more: Any) -> dict[str, Any]:
    """Done now, by the beginning of its name."""
    step = next(one for one in conduct_of(held).steps if one.name.startswith(name))
    now = timezone.now().replace(microsecond=0).isoformat()
    given = {"procedure": step.definition_id, "done_at": now, "performer": world.person.pk}
    return given | ({"minute": step.minute} if step.minute is not None else {}) | more


def test_a_procedure_is_answered_with_its_values(world: World, edc: Caller) -> None:
    held = begun(world)
    path = f"visits/{held.pk}/answer/"
    assert edc.post(path, body(world, held, "Adverse events", note="None")).status_code == 200
    values = {"SYSBP": "124", "DIABP": "80", "PULSE": "66", "TEMP": "39.9", "RESP": "14"}
    kept = {"TEMP": "Fever since yesterday"}
    vitals = body(world, held, "Vital signs", values=values, kept=kept)
    assert edc.post(path, vitals).status_code == 200
    sample = body(world, held, "PK serum samples, −30", is_pending=True)
    assert edc.post(path, sample).status_code == 200

    rows = edc.get(f"procedures/?visit={held.pk}&outcome=done").json()["results"]
    assert [(row["name"], row["minute"], row["revision"]) for row in rows] == [
        ("Adverse events", None, 1), ("Vital signs", None, 1), ("PK serum samples, −30 min (−30 min)", -30, 1),
    ]  # fmt: skip
    taken = edc.get(f"measurements/?subject={held.subject_id}").json()["results"]
    temperature = next(row for row in taken if row["measure"] == "TEMP")
    assert (temperature["value"], temperature["kept_because"]) == ("39.90", kept["TEMP"])

    (waiting,) = edc.get("procedures/?is_pending=true").json()["results"]
    assert edc.post(f"procedures/{waiting['id']}/receive/", {"note": "Normal"}).status_code == 200
    assert edc.get("procedures/?is_pending=true").json()["results"] == []
    assert edc.post(f"procedures/{waiting['id']}/receive/").status_code == 409


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"outcome": "not_done"}, "Say why Adverse events was not done"),
        ({"done_at": None}, "Say when Adverse events was done"),
        ({"performer": 999_999}, "performer"),
        ({"procedure": 999_999}, "has no such procedure"),
        ({"values": {"SYSBP": "120"}}, "does not measure SYSBP"),
        ({"values": {"SYSBP": "high"}}, "values"),
        ({"outcome": "sometimes"}, "outcome"),
        ({"by": "me"}, "Not known here"),
    ],
)
def test_a_bad_answer_says_what_is_wrong_and_writes_nothing(
    world: World, edc: Caller, changes: dict[str, Any], words: str
) -> None:
    held = begun(world)
    refused = edc.post(f"visits/{held.pk}/answer/", body(world, held, "Adverse events", **changes))
    assert refused.status_code in {409, 422}, refused.content
    assert words in refused.content.decode()
    assert not ProcedureRecord.objects.exists()


def test_an_answer_that_was_not_read_is_kept_beside_the_first(world: World, edc: Caller) -> None:
    held = begun(world)
    first = answer(world, held, "Adverse events")
    other = body(world, held, "Adverse events", outcome="not_done", why_not="forgotten")
    assert edc.post(f"visits/{held.pk}/answer/", other).status_code == 200
    assert OtherAnswer.objects.get().record_id == first.pk
    first.refresh_from_db()
    assert first.outcome == "done"
    (kept,) = edc.get("other-answers/?is_settled=false").json()["results"]
    assert (kept["record"], kept["outcome"]) == (first.pk, "not_done")
    settle = f"other-answers/{kept['id']}/settle/"
    assert edc.post(settle, {"is_taken": False}).status_code == 200
    assert edc.post(settle, {"is_taken": True}).status_code == 409
    assert edc.get("other-answers/?is_settled=false").json()["results"] == []
    first.refresh_from_db()
    assert first.outcome == "done"
    read = other | {"revision": first.revision}
    assert edc.post(f"visits/{held.pk}/answer/", read).status_code == 200
    first.refresh_from_db()
    assert first.outcome == "not_done"
