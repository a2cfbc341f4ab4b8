"""A text file as a table: encoding and separator are found out, limits are kept, nothing trusted."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.actions import RefusedError
from core.export import FORMULA, safe

MEGABYTE = 1_000_000
MAX_BYTES = 20 * MEGABYTE
MAX_ROWS = 50_000
MAX_COLUMNS = 100
MAX_CELL = 2_000
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
BINARY = {
    b"PK\x03\x04": "a spreadsheet", b"\xd0\xcf\x11\xe0": "a spreadsheet", b"%PDF": "a PDF file",
    b"\x1f\x8b": "a packed file", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture",
}  # fmt: skip
WIDE = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Control characters but tab and line ends, and orders to turn the direction of writing: legal in
# text files, but refused by databases and terminals, or reaching beyond their own text.
_UNWRITABLE = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Table:
    """The head of a file and its rows, each with the line of the file it begins on."""

    head: tuple[str, ...]
    rows: list[tuple[int, list[str]]]
    encoding: str
    separator: str

    def sample(self, column: int) -> str:
        """The first value of a column that is not empty."""
        return next((cells[column] for _, cells in self.rows if cells[column]), "")


def read(raw: bytes) -> Table:
    """The table in a file; a refusal says what is wrong with it and what to do."""
    text, encoding = _decode(_within_limits(raw))
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines = _lines(reader)
    head = tuple(_named(next(lines, (1, []))[1]))
    if not any(head):
        raise RefusedError("The file has no first line with the names of its columns. Add it.")
    if len(head) > MAX_COLUMNS:
        raise RefusedError(
            f"The file has {len(head):,} columns and the limit is {MAX_COLUMNS}."
            " Keep only the columns to import."
        )
    rows = list(_even(lines, len(head)))
    if not rows:
        raise RefusedError("The file has names of columns and no rows. Choose the file again.")
    return Table(head, rows, encoding, SEPARATORS[separator])


def _within_limits(raw: bytes) -> bytes:
    if not raw.strip():
        raise RefusedError("The file is empty. Choose the file again.")
    if len(raw) > MAX_BYTES:
        raise RefusedError(
            f"The file has {len(raw) / MEGABYTE:.1f} MB and the limit is"
            f" {MAX_BYTES / MEGABYTE:.0f} MB. Divide it into several files."
        )
    for beginning, kind in BINARY.items():
        if raw.startswith(beginning):
            raise RefusedError(f"The file is {kind}, not text. Save the list as CSV first.")
    return raw


def _decode(raw: bytes) -> tuple[str, str]:
    """The text, as UTF-8 or, failing that, as the Western code page of spreadsheets."""
    wide = next((name for mark, name in WIDE.items() if raw.startswith(mark)), "")
    if b"\x00" in raw and not wide:
        raise RefusedError("The file holds NUL bytes, which no text has. Save the list as CSV.")
    for encoding in (wide,) if wide else ("utf-8-sig", "cp1252"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text, {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252", "utf-16": "UTF-16"}[encoding]
    raise RefusedError("The letters of the file cannot be read. Save the list as CSV UTF-8.")


def _separator(text: str) -> str:
    """What stands in each of the first lines, and there most often."""
    lines = re.sub(r'"[^"]*"', "", text[:20_000]).strip().splitlines()[:5]

    def weight(mark: str) -> tuple[int, int]:
        counts = [line.count(mark) for line in lines if line.strip()]
        return min(counts, default=0), sum(counts)

    return max(SEPARATORS, key=weight)


def _lines(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold something, within the limits, with their lines."""
    begins, found = 1, 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise RefusedError(
                f"Line {begins:,} cannot be read: {error}. Often a quotation mark is missing."
            ) from error
        if any(cell.strip() for cell in cells):
            found += 1
            if found > MAX_ROWS + 1:
                raise RefusedError(
                    f"The file has more than {MAX_ROWS:,} rows. Divide it into several files."
                )
            yield begins, [_clean(cell, begins) for cell in cells]
        begins = reader.line_num + 1  # type: ignore[attr-defined]


def _clean(cell: str, line: int) -> str:
    if len(cell) > MAX_CELL:
        raise RefusedError(
            f"A cell on line {line:,} has {len(cell):,} characters and the limit is {MAX_CELL:,}."
            " Shorten it, or add the quotation mark that is missing."
        )
    cell = _UNWRITABLE.sub("", cell.replace("\x00", "")).strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def _named(cells: Iterable[str]) -> Iterator[str]:
    """The names of the columns; those without a name, or with one given before, get a number."""
    seen: set[str] = set()
    for number, cell in enumerate(cells, start=1):
        name = cell or f"Column {number}"
        name = name if name not in seen else f"{name} ({number})"
        seen.add(name)
        yield name


def _even(lines: Iterable[tuple[int, list[str]]], width: int) -> Iterator[tuple[int, list[str]]]:
    """Rows of the width of the head: short ones are filled up, long ones refused."""
    for line, cells in lines:
        if any(cells[width:]):
            raise RefusedError(
                f"Line {line:,} has {len(cells)} cells and the first line {width}."
                " Often a text with a comma in it lacks its quotation marks."
            )
        yield line, (cells + [""] * width)[:width]


def write(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A table as a file that spreadsheets open, without anything they would take for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(safe(cell) for cell in head)
    writer.writerows([safe(cell) for cell in cells] for cells in rows)
    return text.getvalue().encode("utf-8-sig")
