"""Countries by their ISO 3166 codes and the names people use."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parent / "data" / "countries.csv"


@cache
def names() -> dict[str, str]:
    """The English name of every country by its code of two letters."""
    with SOURCE.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


@cache
def code_of(name: str) -> str:
    """The code of a country; nothing where the name is not known."""
    wanted = name.casefold()
    return next((code for code, known in names().items() if known.casefold() == wanted), "")
