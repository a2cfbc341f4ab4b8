"""How the product looks is written down once: classes, colours, contrasts, and how heavy it is."""

from __future__ import annotations

import gzip
import re
from fnmatch import fnmatchcase

import pytest

from core.templatetags.ui import CHIP_ICONS
from tests import look, sight
from tools import styles

NAME = re.compile(r"(is|[a-z]{3,})(-[a-z0-9]+)*|ch(-[a-z]+)+")
MOST_LINES, MOST_BYTES = 400, 16 * 1024
ASIDE = {"htmx-request"}  # set by htmx itself
# Put together from a part and a value, so that the whole word stands nowhere.
COMPOSED = {*(f"is-{state}" for state in CHIP_ICONS), "icon-small", "icon-large", "avatar-large"}

TEXTS = [
    ("ink", "surface"), ("ink", "canvas"), ("ink", "hover"), ("ink", "info-t"),
    ("ink-2", "surface"), ("ink-2", "canvas"), ("ink-2", "sunken"), ("ink-2", "neut-t"),
    ("ink-3", "surface"), ("ink-3", "canvas"), ("ink-3", "sunken"), ("ink-3", "hover"),
    ("ink-3", "info-t"), ("surface", "ink"), ("accent", "surface"), ("accent", "canvas"),
    ("accent", "info-t"), ("on-accent", "accent"), ("on-accent", "accent-2"), ("ok", "ok-t"),
    ("warn", "warn-t"), ("crit", "crit-t"), ("plum", "plum-t"), ("ok", "surface"),
    ("warn", "surface"), ("crit", "surface"), ("crit", "canvas"), ("surface", "crit"),
    ("on-fan", "fan-2"), ("ink", "crit-t"), ("ink", "ok-t"), ("ink", "warn-t"), ("ink", "plum-t"),
]  # fmt: skip
MARKS = [
    ("control", "surface"), ("control", "canvas"), ("accent", "surface"), ("accent", "fan-2"),
    ("ok-s", "surface"), ("warn-s", "surface"), ("crit-s", "surface"), ("s1", "surface"),
    ("s2", "surface"), ("s3", "surface"), ("s4", "surface"), ("s5", "surface"),
]  # fmt: skip


def test_every_class_in_a_template_has_a_rule() -> None:
    styled = look.styled()
    strange = {
        name for name in look.written() if not any(fnmatchcase(each, name) for each in styled)
    }
    assert strange == set()


def test_every_rule_is_for_a_class_in_use() -> None:
    written, used = look.written(), look.words() | COMPOSED | ASIDE
    idle = {
        name
        for name in look.styled() - used
        if not any(fnmatchcase(name, pattern) for pattern in written)
    }
    assert idle == set()


def test_a_class_is_a_component_or_its_part_or_a_state() -> None:
    assert {name for name in look.styled() if not NAME.fullmatch(name)} == set()


def test_a_state_belongs_to_a_component() -> None:
    alone = [
        selector
        for selector in look.selectors()
        if (names := look.CLASS.findall(selector)) and all(name.startswith("is-") for name in names)
    ]
    assert alone == []


def test_every_sheet_is_in_the_stylesheet_and_short() -> None:
    sheets = {path.stem: path.read_text() for path in styles.SHEETS.iterdir()}
    assert sorted([*styles.NAMES, *styles.OWN]) == sorted(sheets)
    assert {name for name, text in sheets.items() if text.count("\n") >= MOST_LINES} == set()


def test_colours_are_tokens() -> None:
    loud = {
        path.name
        for path in styles.SHEETS.iterdir()
        if path.stem != "tokens"
        and re.search(
            r"#[0-9a-fA-F]{3,8}\b(?!\s*[,{.:])|\b(rgba?|hsla?|oklch|light-dark)\(", path.read_text()
        )
    }
    assert loud == set()


def test_every_token_is_used_and_every_value_is_there() -> None:
    given = set(re.findall(r"(--[\w-]+):", look.SHEET))
    asked = set(re.findall(r"var\((--[\w-]+)", look.SHEET))
    assert asked - given == set()
    assert given - asked == set()


def test_left_and_right_are_start_and_end() -> None:
    fixed = re.findall(
        r"\n\s+((?:(?:margin|padding|border)-)?(?:left|right)\b.*|text-align: (?:left|right)|float: .*);",
        look.SHEET,
    )
    assert fixed == []


def test_the_stylesheet_is_light() -> None:
    assert len(gzip.compress(styles.stylesheet().encode(), 9)) <= MOST_BYTES


@pytest.mark.parametrize("name", styles.OWN)
def test_a_page_asks_for_its_own_sheet(name: str) -> None:
    pages = [path.read_text() for path in (look.CHECKOUT / "templates").rglob("*.html")]
    assert any(f"vendor/{name}.css" in text for text in pages)


def test_the_schedule_has_a_class_for_every_place() -> None:
    styled = look.styled()
    assert {f"calendar-row-{row}" for row in range(styles.ROWS + 1)} <= styled
    assert {f"calendar-span-{rows}" for rows in range(1, styles.ROWS + 1)} <= styled
    assert "calendar-lane-3-of-4" in styled
    assert ".calendar-day > .calendar-lane-1-of-3 { grid-column: 5 / span 4; }" in look.SHEET


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXTS, 4.5), (MARKS, 3.0)], ids=["texts", "marks"])
def test_everything_is_easy_to_see(pairs: list[tuple[str, str]], least: float, theme: int) -> None:
    colours = {name: both[theme] for name, both in look.tokens().items()}
    found = {pair: sight.contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: round(value, 2) for pair, value in found.items() if value < least} == {}


def test_contrast_is_reckoned_as_the_standard_says() -> None:
    assert sight.contrast("#000", "#fff") == pytest.approx(21)
    assert sight.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("kind", list(sight.KINDS))
def test_series_are_told_apart_by_every_kind_of_eyes(kind: str, theme: int) -> None:
    series = [look.tokens()[f"s{number}"][theme] for number in range(1, 6)]
    assert sight.closest(series, kind) >= 17


def test_colours_are_as_far_apart_as_the_eye_sees_them() -> None:
    assert sight.closest(["#000", "#fff"], "all cones") == pytest.approx(100, abs=0.1)
    assert sight.closest(["#f00", "#0f0"], "all cones") == pytest.approx(170.6, abs=0.5)
    assert sight.closest(["#f00", "#0f0"], "deuteranopia") < 100


@pytest.mark.parametrize(
    "asked", ["forced-colors: active", "prefers-reduced-motion: no-preference", "scripting: none"]
)
def test_what_people_ask_of_their_browser_is_heard(asked: str) -> None:
    assert f"@media ({asked})" in look.SHEET


def test_paper_has_rules_of_its_own() -> None:
    assert look.SHEET.count("@media print") == 2
