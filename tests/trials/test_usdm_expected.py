"""The given study definitions are read with exactly their visits and windows."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from trials import usdm

DATA = Path(__file__).resolve().parent.parent / "data" / "usdm"
MINUTE = 1 / 1440
PILOT = [
    (14, 3), (28, 3), (42, 3), (56, 3), (70, 0), (84, 4), (98, 0), (112, 4), (126, 0), (140, 4),
    (154, 0), (168, 4), (182, 3),
]  # fmt: skip
LATER = [(day, day - span, day + span) for day, span in PILOT]
EXPECTED = {
    "lilly_nct03421379_v4.json": [
        (-29, -29, -3), (-1, -1, -1), (0, 0, 0), (3, 3, 14), (3, 3, 3), (4, 4, 4), (4, 4, 4),
        (32, 30, 34), (33, 33, 33),
    ],
    "cdisc_pilot_lzzt_v3.json": [(-14, -14, -14), (-2, -2 - 4 / 24, -2), (0, 0, 0), *LATER],
    "observational_scope1_v4.json": [
        (-2 - 15 * MINUTE,) * 3, (-15 * MINUTE, -255 * MINUTE, -15 * MINUTE), (0, 0, 0),
        (14, 13, 15), (28, 27, 29), (42, 39, 45),
    ],
}  # fmt: skip


def inspected(name: str) -> list[dict]:
    """The visits that the command prints."""
    printed = io.StringIO()
    call_command("inspect_usdm", str(DATA / name), json=True, stdout=printed)
    return json.loads(printed.getvalue())["visits"]


def read(name: str) -> usdm.Protocol:
    return usdm.read((DATA / name).read_bytes())


@pytest.mark.parametrize("name", EXPECTED)
def test_the_given_files_have_exactly_these_visits(name: str) -> None:
    visits = inspected(name)
    got = [(row["offset_days"], row["earliest_days"], row["latest_days"]) for row in visits]
    assert got == [pytest.approx(expected) for expected in EXPECTED[name]]


def test_the_pilot_has_sixteen_visits_and_a_call_at_the_encounter_of_week_8() -> None:
    visits = inspected("cdisc_pilot_lzzt_v4.json")
    assert [row["offset_days"] for row in visits] == [-14, -2, 0, *(day for day, _ in PILOT)]
    week_8 = [row for row in visits if row["name"] == "Week 8"]
    assert [row["study_day"] for row in week_8] == [57, 71]


def test_the_crossover_warns_that_an_encounter_is_used_again() -> None:
    shared = [
        found for found in read("lilly_nct03421379_v4.json").warnings if "encounter" in found.code
    ]
    assert shared


@pytest.mark.parametrize(
    "raw", [b"", b"not json", b"[]", b"{}", b'{"study": {}}', b"\xff\xfe", b"[" * 100_000]
)
def test_what_is_no_study_definition_is_refused_in_one_sentence(raw: bytes) -> None:
    with pytest.raises(usdm.RefusedFileError) as refused:
        usdm.read(raw)
    assert str(refused.value)


def test_the_command_line_needs_no_database_and_says_why_it_refuses(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    manage = Path(__file__).resolve().parents[2] / "manage.py"
    run = [sys.executable, str(manage), "inspect_usdm"]
    refused = subprocess.run(
        [*run, str(broken), "--json"], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    good = subprocess.run(
        [*run, str(DATA / "lilly_nct03421379_v4.json"), "--json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert len(json.loads(good.stdout)["visits"]) == 9
