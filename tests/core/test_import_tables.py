"""Files from outside as tables: letters, separators, limits, and what is hostile."""

import codecs
from datetime import date, datetime

import pytest

from core.actions import RefusedError
from core.imports import columns, table
from core.imports.checks import lines_of, refuse_repeated
from core.imports.columns import Column, day, guess, guess_order, moment, text, whole


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("cp1252", b""),
        ("utf-16-le", codecs.BOM_UTF16_LE),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_letters_and_separators_are_found_out(encoding: str, mark: bytes, separator: str) -> None:
    city = "City" if separator == "," else "City, or town"
    rows = [["Number", city], ["7", "Köln"]]
    raw = mark + "\r\n".join(separator.join(cells) for cells in rows).encode(encoding)
    found = table.read(raw)
    assert found.rows == [(2, ["7", "Köln"])]
    assert found.head[0] == "Number"


def test_lines_are_those_of_the_file_and_empty_ones_are_passed_by() -> None:
    found = table.read(b'A,B\n\n1,"two\nlines"\n,,\n2\n')
    assert found.rows == [(3, ["1", "two\nlines"]), (6, ["2", ""])]


def test_columns_without_a_name_or_with_one_twice_get_a_number() -> None:
    assert table.read(b"A,,A\n1,2,3\n").head == ("A", "Column 2", "A (3)")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is empty"),
        (b"  \n ", "is empty"),
        (b"A,B\n", "no rows"),
        (b"PK\x03\x04rest", "is a spreadsheet"),
        (b"%PDF-1.7", "is a PDF"),
        (b"A,B\n1,\x002\n", "NUL bytes"),
        (b"A,B\n1,\x81\x8d\x90\n", "cannot be read"),
        (b"A,B\n1,2,3\n", "Line 2 has 3 cells"),
        (b'A,B\n1,"2\n', "Line 2 cannot be read"),
        (b"A,B\n1," + b"x" * 2_001 + b"\n", "2,001 characters"),
        (b"A,B\n1,\"" + b"x" * 200_000 + b"\"\n", "Line 2 cannot be read"),
        (b"A\n" + b"1\n" * 1_000_000, "more than 50,000 rows"),
        (b",".join(b"c%d" % n for n in range(101)) + b"\n1\n", "101 columns"),
        (b"x" * (table.MAX_BYTES + 1), "20.0 MB"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_way_out(raw: bytes, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        table.read(raw)


def test_control_characters_are_left_out_and_formulas_come_back_as_they_were() -> None:
    hostile = ["=1+1", "+44 113", "-5", "@cmd", "x\x1b[31m\u202e"]
    written = table.write(["A"], [[cell] for cell in hostile]).decode("utf-8-sig")
    assert all(not line.startswith(("=", "+", "-", "@")) for line in written.splitlines())
    found = table.read(written.encode())
    assert [cells[0] for _, cells in found.rows] == ["=1+1", "+44 113", "-5", "@cmd", "x[31m"]


@pytest.mark.parametrize(
    ("cell", "order", "expected"),
    [
        ("2026-06-12", "dmy", date(2026, 6, 12)),
        ("2026-06-12T00:00:00", "dmy", date(2026, 6, 12)),
        ("12.06.2026", "dmy", date(2026, 6, 12)),
        ("3/4/2026", "dmy", date(2026, 4, 3)),
        ("3/4/2026", "mdy", date(2026, 3, 4)),
        ("12-Jun-2026", "mdy", date(2026, 6, 12)),
        ("1 September 2026", "dmy", date(2026, 9, 1)),
    ],
)
def test_days_are_read_in_the_forms_people_write(cell: str, order: str, expected: date) -> None:
    assert day(cell, order) == expected


@pytest.mark.parametrize("cell", ["2026-02-30", "31/31/2026", "12/6/26", "June", "1 Ju 2026", "0"])
def test_what_is_no_day_says_what_to_write(cell: str) -> None:
    with pytest.raises(ValueError, match=r"Write the day|not a day of the calendar"):
        day(cell, "dmy")


def test_moments_need_a_time_of_the_day() -> None:
    assert moment("12/6/2026 9:30", "dmy") == datetime(2026, 6, 12, 9, 30)  # noqa: DTZ001
    assert moment("2026-06-12T09:30", "dmy") == datetime(2026, 6, 12, 9, 30)  # noqa: DTZ001
    for cell in ("2026-06-12", "2026-06-12 25:00", "09:30"):
        with pytest.raises(ValueError, match="Write"):
            moment(cell, "dmy")


def test_countries_numbers_choices_and_texts() -> None:
    assert [columns.country(cell, "") for cell in ("de", "Germany", "USA", "UK")] == [
        "DE", "DE", "US", "GB",
    ]  # fmt: skip
    read = columns.choice([("open", "Open for enrolment")], {"active": "open"})
    assert {read(cell, "") for cell in ("open", "OPEN FOR ENROLMENT", "Active")} == {"open"}
    assert whole(0, 10)("7.0", "") == 7
    for reader, cell in (
        (read, "shut"),
        (whole(0, 10), "11"),
        (whole(0, 9), "²"),
        (whole(0, 9), "0000000009999999999"),
        (columns.day, "0001-01-01"),
        (columns.day, "31.12.9999"),
        (text(3), "long"),
        (columns.country, "Atlantis"),
    ):
        with pytest.raises(ValueError, match=r"Write|Shorten"):
            reader(cell, "")


def test_columns_are_guessed_by_their_names_and_dates_by_a_day_past_twelve() -> None:
    wanted = [
        Column("number", "Site number", text(9), ("site no",)),
        Column("city", "City", text(9)),
    ]
    assert guess(["CITY", "Site No.", "Other"], wanted) == {"city": 0, "number": 1}
    assert guess_order(table.read(b"A\n3/4/2026\n3/25/2026\n")) == "mdy"
    assert guess_order(table.read(b"A\n3/4/2026\n25/3/2026\n")) == "dmy"


def test_a_missing_column_an_empty_cell_and_a_repeated_row_are_faults() -> None:
    wanted = [
        Column("a", "A", text(9), is_required=True), Column("b", "B", text(9), is_required=True),
    ]  # fmt: skip
    found = table.read(b"A,B\n1,x\n,y\n1,z\n")
    lines = lines_of(found, wanted, {"a": 0, "b": 99}, "dmy")
    assert all("No column" in line.faults[0].text for line in lines)
    lines = lines_of(found, wanted, {"a": 0, "b": 1}, "dmy")
    refuse_repeated(lines, ["a"], "This")
    assert [[fault.text for fault in line.faults] for line in lines] == [
        [], ["It is empty. Fill it in."], ["This stands on line 2 already. Keep one of the two."],
    ]  # fmt: skip
