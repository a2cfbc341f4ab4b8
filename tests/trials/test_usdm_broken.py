"""Broken and hostile files: a protocol or a refusal, soon and never anything else."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trials.studies import (
    after,
    anchor,
    codes,
    decision,
    design,
    document,
    instance,
    raw,
    read,
    timeline,
)
from trials import registry, untrusted, usdm

DATA = Path(__file__).resolve().parent.parent / "data"
STUDIES = sorted((DATA / "usdm").glob("*.json"))
RECORDS = sorted((DATA / "ctgov").glob("*.json"))
WRONG: list[Any] = [
    None, True, 0, -1, 1.5, 10**400, -(10**18), 1e308, "", " ", "x", "P1D", "P999999Y", "2024-13-45",
    "\x00\ud800\u202e", "A" * 5_000, "<script>", "[]", [], {}, [None], [[]], [{}], {"id": []}, {"": {}},
]  # fmt: skip
SMALL = document(
    design(
        timeline(
            [
                instance("a", "x", activityIds=["lab"], epochId="t"),
                decision("more", "c", ("again", "a")),
                instance("c", "y", timelineId="sub"),
            ],
            [anchor("a"), after("c", "P7D", "a", "P1D", "P1D")],
        ),
        timeline([instance("s1"), instance("s2")], [anchor("s1")], id="sub", mainTimeline=False),
        activities=[{"id": "lab", "name": "Lab", "definedProcedures": [{"id": "p", "name": "P"}]}],
        arms=[{"id": "v", "name": "Verum"}],
        epochs=[{"id": "t", "name": "Treatment"}],
        studyCells=[{"armId": "v", "epochId": "t"}],
        eligibilityCriteria=[{"id": "c1", "category": {"code": "C25532"}, "criterionItemId": "i1"}],
        population={"id": "pop", "plannedAge": {"minValue": 18, "maxValue": 70}},
    ),
    eligibilityCriterionItems=[{"id": "i1", "text": "<p>Adult</p>", "dictionaryId": "d"}],
    amendments=[{"id": "am", "number": "1", "impacts": [{"isSubstantial": True}]}],
    conditions=[{"id": "co", "text": "If ill", "appliesToIds": ["lab"], "contextIds": ["a"]}],
)


def outcome(read_file: Callable[[bytes], object], content: bytes) -> str:
    """Read or refused, each in a way that a person can use; anything else fails."""
    try:
        found = read_file(content)
    except untrusted.RefusedFileError as refusal:
        message = str(refusal)
        assert 20 < len(message) < 1_000
        assert "\n" not in message
        message.encode()
        return "refused"
    repr(found).encode()
    return "read"


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every object or list of a file with each of its keys."""
    found: list[tuple[Any, Any]] = []
    open_values = [value]
    while open_values:
        holder = open_values.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                open_values.append(holder[key])
    return found


def copied(value: Any) -> Any:
    """A copy, so that nothing holds itself; large parts stand for nothing, so that files stay small."""
    text = json.dumps(value)
    return json.loads(text) if len(text) < 10_000 else None


def mutate(content: Any, chance: random.Random, times: int) -> bytes:
    """The file with some of its nodes removed, replaced, doubled or exchanged."""
    for _ in range(times):
        if not (spots := places(content)):
            break
        (holder, key), (other, their) = chance.choice(spots), chance.choice(spots)
        match chance.randrange(4):
            case 0:
                del holder[key]
            case 1:
                holder[key] = chance.choice(WRONG)
            case 2 if isinstance(holder, list):
                holder.append(copied(holder[key]))
            case _:
                holder[key] = copied(other[their])
    return json.dumps(content).encode()


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), times=st.integers(1, 12))
def test_a_small_study_with_any_node_broken_is_read_or_refused(seed: int, times: int) -> None:
    content = json.loads(json.dumps(SMALL))
    outcome(usdm.read, mutate(content, random.Random(seed), times))


def test_every_single_node_of_a_study_may_be_anything() -> None:
    count = len(places(json.loads(json.dumps(SMALL))))
    read_at_all = 0
    for index in range(count):
        for wrong in WRONG:
            content = json.loads(json.dumps(SMALL))
            holder, key = places(content)[index]
            holder[key] = wrong
            read_at_all += outcome(usdm.read, json.dumps(content).encode()) == "read"
    assert read_at_all > count * len(WRONG) * 0.9


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_published_study_with_many_nodes_broken_is_read_or_refused(path: Path) -> None:
    chance = random.Random(path.name)
    for _ in range(2):
        outcome(usdm.read, mutate(json.loads(path.read_bytes()), chance, 40))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_of_the_register_with_nodes_broken_is_read_or_refused(path: Path) -> None:
    chance = random.Random(path.name)
    for times in range(1, 21):
        outcome(registry.read, mutate(json.loads(path.read_bytes()), chance, times))


@pytest.mark.parametrize("read_file", [usdm.read, registry.read])
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_refused(read_file: Callable[[bytes], object], content: bytes) -> None:
    assert outcome(read_file, content) == "refused"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (raw(SMALL)[:-1], "not JSON.* at line 1, column"),
        (raw(SMALL) + b"}", "not JSON"),
        (raw(SMALL).decode().encode("utf-16"), "not UTF-8 text"),
        (b"\xef\xbb\xbf\xff{}", "not UTF-8 text"),
        (gzip.compress(raw(SMALL)), "compressed. Unpack it"),
        (b"PK\x03\x04rest", "compressed. Unpack it"),
        (b"%PDF-1.7\n\xe2\xe3", "not UTF-8 text"),
        (b"<html>", "XML or a web page"),
        (b"\xef\xbb\xbf  <?xml version='1.0'?>", "XML or a web page"),
        (b"null", "not one object"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON number"),
        (b'{"a": 1' + b"0" * 5_000 + b"}", "number too long"),
        (b'{"study": {}, "study": {}}', "says “study” twice"),
        (b'{"study": {"\\u0000id": 1, "\\u0000id": 2}}', "says “id” twice"),
        (b'{"study": ' + b"[" * 70 + b"]" * 70 + b"}", "nested deeper"),
        (b"[" * 140_000, "nested deeper"),
        (b'{"a":' * 140_000 + b"1", "nested deeper"),
        (b"[" + b"{}," * 160_000 + b"{}]", "more objects"),
        (b"[" + b"1," * 800_000 + b"1]", "more objects"),
    ],
)  # fmt: skip
def test_what_is_no_usable_json_is_refused_by_what_is_wrong_with_it(content, why) -> None:
    for read_file in (usdm.read, registry.read):
        with pytest.raises(untrusted.RefusedFileError, match=why) as refused:
            read_file(content)
        assert "\x00" not in str(refused.value)


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert usdm.read(b"\xef\xbb\xbf" + raw(SMALL)).visits


def test_a_file_beyond_the_limit_is_refused_by_its_size() -> None:
    with pytest.raises(usdm.RefusedFileError, match=r"larger than 20\.0 MB, the most that is read"):
        usdm.read(b" " * untrusted.MAX_BYTES + b"1")
    with pytest.raises(usdm.RefusedFileError, match=r"larger than 0\.0 MB"):
        usdm.read(raw(SMALL), max_bytes=100)


def test_an_id_as_long_as_a_page_is_refused() -> None:
    with pytest.raises(usdm.RefusedFileError, match="id of 5,000 characters"):
        read(timeline([instance("a" * 5_000, "x")], []))


def test_names_are_cut_and_cleaned_but_stay_text() -> None:
    hostile = (
        "\x00\x1b[31m<script>\u202ealert(1)\u2066</script>\x9b\ud800' OR 1=1 --\r\n" + "x" * 500
    )
    encounters = [{"id": "x", "label": hostile}]
    (visit,) = read(timeline([instance("a", "x")], [anchor("a")]), encounters=encounters).visits
    assert visit.name.startswith("[31m<script>alert(1)</script>' OR 1=1 -- xxx")
    assert len(visit.name) == 200
    assert visit.name.endswith("…")


def test_of_too_many_findings_of_a_kind_the_rest_are_counted() -> None:
    rows = [instance(f"i{n}", "x") for n in range(500)]
    protocol = read(timeline(rows, []))
    assert len(protocol.warnings) < 200
    assert "more_of_a_kind" in codes(protocol)
    assert len(protocol.visits) == 1


def test_more_instances_or_conditions_than_any_study_has_are_refused() -> None:
    many = [("again", "a")] * 5_000
    for rows in (
        [instance(f"i{n}", "x") for n in range(5_001)],
        [instance("a", "x"), decision("d", "", *many)],
    ):
        with pytest.raises(usdm.RefusedFileError, match="5,000 is the most"):
            read(timeline(rows, []))


def test_tags_within_tags_do_not_multiply() -> None:
    words = [{"tag": f"t{n}", "reference": f'<usdm:tag name="t{n + 1}"/>' * 50} for n in range(10)]
    items = [{"id": "i1", "dictionaryId": "d", "text": '<usdm:tag name="t0"/>' * 50}]
    content = document(
        design(eligibilityCriteria=[{"id": "c", "category": {"decode": "Inclusion"}, "criterionItemId": "i1"}]),
        eligibilityCriterionItems=items, dictionaries=[{"id": "d", "parameterMaps": words}],
    )  # fmt: skip
    (criterion,) = usdm.read(raw(content)).criteria
    assert len(criterion.text) <= untrusted.MAX_TEXT


def test_conditions_and_headings_without_end_are_cut() -> None:
    activities = [{"id": str(n), "name": "x", "childIds": [str(n + 1)]} for n in range(200)]
    conditions = [{"text": f"if {n}", "appliesToIds": ["0"]} for n in range(500)]
    content = document(
        design(
            timeline([instance("a", "x", activityIds=["0"])], [anchor("a")]), activities=activities
        ),
        conditions=conditions,
    )
    protocol = usdm.read(raw(content))
    assert max(len(one.parent_ids) for one in protocol.activities) == 8
    assert protocol.cells[0].condition.count("\n") == 99
    assert "too_many_conditions" in codes(protocol)
