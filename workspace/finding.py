"""Records by the start of their number or part of their name, as the person may see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.models import User
from workspace import queries

SHOWN = 10
# Letters that are typed where a number has a digit.
DIGITS = str.maketrans("OoIl", "0011")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found, by kind."""

    subjects: list[dict[str, Any]]
    sites: list[dict[str, Any]]
    trials: list[dict[str, Any]]

    def __bool__(self) -> bool:
        return bool(self.subjects or self.sites or self.trials)


def search(user: User, text: str) -> Found:
    """Subjects, sites and trials that fit the text; nothing for nothing."""
    if not text:
        return Found([], [], [])
    query, wanted = {"q": text}, text.casefold()
    return Found(
        queries.subjects_for(user, query).rows[:SHOWN],
        queries.sites_for(user, query).rows[:SHOWN],
        [
            row
            for row in queries.trials_for(user)
            if wanted in f"{row['protocol_number']} {row['name']}".casefold()
        ][:SHOWN],
    )


def meant(text: str) -> str:
    """The number that was probably meant: 1O42 is 1042."""
    has_digit = any(letter.isdigit() for letter in text)
    return text.translate(DIGITS) if has_digit else text
