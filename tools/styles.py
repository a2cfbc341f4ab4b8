"""Writes the stylesheet of all pages, static/vendor/app.css, and those of single ones, from static/css.

Run it by `make`. What is left out of a sheet by mistake is not shown anywhere, so every sheet is
named here, in the order in which later rules of a layer win.
"""

from __future__ import annotations

import re
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "static"
SHEETS = STATIC / "css"
TARGET = STATIC / "vendor"

LAYERS = "reset, tokens, base, shell, components, charts, screens, print"
NAMES = (
    "tokens", "base", "helpers", "shell", "page", "cards", "lists", "controls", "tables", "listing",
    "forms", "overlays", "charts", "signin", "today", "calendar", "lasting", "booking", "inbox", "soa", "sample",
    "preview", "print",
)  # fmt: skip
# Sheets that one kind of page asks for beside the stylesheet of all pages.
OWN = ("conduct", "stays")

COMMENT = re.compile(r"[ ]*/\*.*?\*/\n?", re.DOTALL)
ROWS = 96  # quarters of an hour in a day
LANES = 4  # visits side by side
PARTS = 12  # of the width of a day, so that two, three and four lanes fit
WEEK = 7  # days that something may last
COLUMNS = 9  # days or rooms; from ten on the sheet's own number holds


def rule(selector: str, declaration: str) -> str:
    """One rule on one line."""
    return f"  {selector} {{ {declaration}; }}\n"


def positions() -> str:
    """Classes for every place in the schedule, since the security policy allows no style attribute."""
    rules = [rule(f".calendar-row-{row}", f"grid-row-start: {row + 1}") for row in range(ROWS + 1)]
    rules += [
        rule(f".calendar-span-{rows}", f"grid-row-end: span {rows}") for rows in range(1, ROWS + 1)
    ]
    for lanes in range(1, LANES + 1):
        width = PARTS // lanes
        rules += [
            rule(
                f".calendar-day > .calendar-lane-{lane}-of-{lanes}",
                f"grid-column: {lane * width + 1} / span {width}",
            )
            for lane in range(lanes)
        ]
    rules += [rule(f".calendar-from-{day}", f"grid-column-start: {day + 2}") for day in range(WEEK)]
    rules += [
        rule(f".calendar-over-{days}", f"grid-column-end: span {days}")
        for days in range(2, WEEK + 1)
    ]
    rules += [
        rule(f'.calendar[data-rows-shown="{rows}"]', f"--rows: {rows}")
        for rows in range(4, ROWS + 1, 4)
    ]
    rules += [
        rule(f'.calendar[data-days="{days}"]', f"--columns: {days}")
        for days in range(1, COLUMNS + 1)
    ]
    return f"@layer screens {{\n{''.join(rules)}}}\n"


def stylesheet() -> str:
    """The order of the layers, then every sheet without its comments, then the positions."""
    sheets = [COMMENT.sub("", (SHEETS / f"{name}.css").read_text()) for name in NAMES]
    return "\n".join([f"@layer {LAYERS};\n", *sheets, positions()])


def main() -> None:
    """Write them anew."""
    TARGET.mkdir(parents=True, exist_ok=True)
    (TARGET / "app.css").write_text(stylesheet())
    for name in OWN:
        (TARGET / f"{name}.css").write_text((SHEETS / f"{name}.css").read_text())


if __name__ == "__main__":
    main()
