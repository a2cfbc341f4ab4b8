"""Words and shapes for adverse events."""

from __future__ import annotations

from datetime import timedelta

OUTCOME_CHIPS = {
    "recovered": "ok", "recovering": "info", "not_recovered": "warn", "sequelae": "warn",
    "fatal": "crit", "unknown": "",
}  # fmt: skip
HOURS = timedelta(hours=48)


def left_in_words(left: timedelta) -> str:
    """How much of a clock is left, as `5 h 38 min left`, `9 days left` or `2 h 5 min late`."""
    word, length = ("left", left) if left >= timedelta() else ("late", -left)
    if length >= HOURS:
        return f"{length.days} days {word}"
    minutes = int(length.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60} min {word}"
