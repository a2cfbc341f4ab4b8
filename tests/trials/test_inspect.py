"""What inspect_usdm prints, field by field, and how it refuses."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.trials.studies import (
    after,
    anchor,
    before,
    decision,
    design,
    document,
    instance,
    raw,
    timeline,
)

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data" / "usdm"
STUDY = document(
    design(
        timeline(
            [
                instance("s", "screening", epochId="e1"),
                instance("d1", "day_1", epochId="e2"),
                instance("m1", "month_1", epochId="e2"),
                decision("ask", ""),
                instance("lost", "month_1"),
            ],
            [
                before("s", "PT36H", "d1", "PT12H", "P0D"),
                anchor("d1"),
                after("m1", "P1M", "d1", "P3D", "P3D"),
                after("lost", "P3D", "m1"),
            ],
        ),
        encounters=[
            {"id": "screening", "name": "E1", "label": "Screening"},
            {"id": "day_1", "name": "Day 1", "label": ""},
            {"id": "month_1", "name": "E3", "label": "Month 1"},
        ],
        arms=[{"id": "a1", "name": "Placebo", "label": "P"}, {"id": "a2", "name": "Verum"}],
        epochs=[{"id": "e1", "name": "Screening"}, {"id": "e2", "name": "Treatment"}],
        eligibilityCriteria=[
            {"id": "c1", "category": {"code": "C25532"}, "criterionItemId": "i1"},
            {"id": "c2", "category": {"code": "C25370"}, "criterionItemId": "i2"},
        ],
    ),
    eligibilityCriterionItems=[{"id": "i1", "text": "<p>Adult</p>"}, {"id": "i2", "text": "Ill"}],
    amendments=[{"id": "m2", "number": "2"}, {"id": "m1", "number": 1}],
)


def inspected(path: Path, **options: Any) -> str:
    printed = io.StringIO()
    call_command("inspect_usdm", str(path), stdout=printed, **options)
    return printed.getvalue()


def saved(folder: Path, content: bytes, name: str = "study.json") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_every_field_has_its_shape(tmp_path: Path) -> None:
    report = json.loads(inspected(saved(tmp_path, raw(STUDY)), json=True))
    warnings = report.pop("warnings")
    assert report == {
        "visits": [
            {
                "name": "Screening", "encounter_id": "screening", "offset": "P-1DT-12H",
                "offset_days": -1.5, "earliest_days": -2.0, "latest_days": -1.5, "study_day": -1,
            },
            {
                "name": "Day 1", "encounter_id": "day_1", "offset": "P0D",
                "offset_days": 0.0, "earliest_days": 0.0, "latest_days": 0.0, "study_day": 1,
            },
            {
                "name": "Month 1", "encounter_id": "month_1", "offset": "P1M",
                "offset_days": None, "earliest_days": None, "latest_days": None, "study_day": None,
            },
        ],
        "unreachable": ["lost"],
        "arms": ["Placebo", "Verum"],
        "epochs": ["Screening", "Treatment"],
        "criteria": {"inclusion": ["Adult"], "exclusion": ["Ill"]},
        "amendments": ["1", "2"],
    }  # fmt: skip
    assert all(set(warning) == {"code", "message", "where"} for warning in warnings)
    assert ("unreachable", "lost") in [(one["code"], one["where"]) for one in warnings]


def test_a_visit_without_time_has_nulls(tmp_path: Path) -> None:
    content = document(design(timeline([instance("a", "x")], [])))
    (visit,) = json.loads(inspected(saved(tmp_path, raw(content)), json=True))["visits"]
    assert visit == {
        "name": "Visit x", "encounter_id": "x", "offset": None,
        "offset_days": None, "earliest_days": None, "latest_days": None, "study_day": None,
    }  # fmt: skip


@pytest.mark.parametrize("path", sorted(DATA.glob("*.json")), ids=lambda path: path.stem)
def test_every_published_file_is_printed_whole_in_both_forms(path: Path) -> None:
    report = json.loads(inspected(path, json=True))
    assert report["unreachable"] == []
    assert all(report[key] for key in ("visits", "arms", "epochs", "criteria", "amendments"))
    for visit in report["visits"]:
        assert visit["earliest_days"] <= visit["offset_days"] <= visit["latest_days"]
    table = inspected(path)
    assert all(visit["name"] in table for visit in report["visits"])
    assert all(warning["message"] in table for warning in report["warnings"])


def test_the_design_is_chosen_by_name(tmp_path: Path) -> None:
    first = design(timeline([instance("a", "x")], [anchor("a")]))
    other = design(timeline([instance("b", "y")], [anchor("b")]), id="d2", name="Second")
    path = saved(tmp_path, raw(document(first, other)))
    report = json.loads(inspected(path, json=True, design="Second"))
    assert [visit["encounter_id"] for visit in report["visits"]] == ["y"]
    with pytest.raises(CommandError, match="no design “Third”"):
        inspected(path, design="Third")


def test_it_starts_no_database_and_prints_plain_ascii(tmp_path: Path) -> None:
    content = document(
        design(
            timeline([instance("a", "x")], [anchor("a")]),
            encounters=[{"id": "x", "label": "Visite à 18 h ≥ 1 ✓"}],
        )
    )
    path = saved(tmp_path, raw(content), "étude ✓.json")
    environment = {
        **os.environ,
        "PYTHONIOENCODING": "ascii",
        "DATABASE_URL": "postgres://nobody@nowhere.invalid/no",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "inspect_usdm", str(path), "--json"],
        cwd=ROOT, env=environment, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.decode("ascii"))["visits"][0]["name"] == "Visite à 18 h ≥ 1 ✓"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", b"is empty"),
        (b'{"study":', b"is not JSON"),
        (b'{"usdmVersion": "2.0", "study": {"versions": [{}]}}', b"too old"),
        (b'{"a\\n\\u001b[2Jb": 1, "a\\n\\u001b[2Jb": 2}', b"twice"),
    ],
)
def test_a_refusal_is_one_line_on_standard_error_and_2(tmp_path: Path, content, why) -> None:
    path = saved(tmp_path, content)
    done = subprocess.run(
        [sys.executable, "manage.py", "inspect_usdm", str(path), "--json"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"\n") == 1
    assert why in done.stderr
    assert b"\x1b" not in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_file_that_cannot_be_opened_is_refused_like_one_that_cannot_be_read(
    tmp_path: Path,
) -> None:
    for path, why in ((tmp_path / "gone.json", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(CommandError, match=why) as refused:
            inspected(path)
        assert refused.value.returncode == 2
