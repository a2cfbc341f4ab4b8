"""What the stylesheet says and what pages are written with: classes, colours, contrasts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tools import styles

CHECKOUT = Path(__file__).resolve().parent.parent
OWN = [(styles.SHEETS / f"{name}.css").read_text() for name in styles.OWN]
SHEET = re.sub(r"/\*.*?\*/", "", "\n".join([styles.stylesheet(), *OWN]), flags=re.DOTALL)

CLASS = re.compile(r"\.([a-zA-Z][\w-]*)")
ATTRIBUTE = re.compile(r'class="((?:\{%.*?%\}|\{\{.*?\}\}|[^"])*)"', re.DOTALL)
TAG, HOLE = re.compile(r"\{%.*?%\}", re.DOTALL), re.compile(r"\{\{.*?\}\}", re.DOTALL)
TOKEN = re.compile(r"--([\w-]+): (?:light-dark\((#\w+), (#\w+)\)|(#\w+));")


def selectors() -> list[str]:
    """What every rule of the stylesheet is for."""
    heads = [head.strip() for head in re.findall(r"([^{};]+)\{", SHEET)]
    return [
        selector.strip()
        for head in heads
        if not head.startswith("@")
        for selector in re.split(r",(?![^(]*\))", head)
    ]


@cache
def styled() -> frozenset[str]:
    """Every class that has a rule."""
    return frozenset(name for each in selectors() for name in CLASS.findall(each))


def written() -> set[str]:
    """Every class in a template; where a value is put in stands a star."""
    return {
        name
        for path in (CHECKOUT / "templates").rglob("*.html")
        for attribute in ATTRIBUTE.findall(path.read_text())
        for name in HOLE.sub("*", TAG.sub(" ", attribute)).split()
    }


def sources() -> Iterator[str]:
    """Our scripts, and our Python without tests."""
    apps = [path.parent for path in CHECKOUT.glob("*/apps.py")]
    found = [path for app in apps for path in app.rglob("*.py")]
    for path in [*found, *(CHECKOUT / "static" / "js").glob("*.js")]:
        yield path.read_text()


def words() -> set[str]:
    """Every word in what makes pages beside the templates."""
    return {word for text in sources() for word in re.findall(r"[a-zA-Z][\w-]*", text)}


def tokens() -> dict[str, tuple[str, str]]:
    """The colours in light and in dark."""
    sheet = (styles.SHEETS / "tokens.css").read_text().partition("@layer print")[0]
    return {name: (light or both, dark or both) for name, light, dark, both in TOKEN.findall(sheet)}
