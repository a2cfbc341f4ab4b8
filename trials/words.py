"""Offsets and windows as protocols write them: "Day 15", "2 wk", "P1M", "-3/+3"."""

from __future__ import annotations

import re

from core.durations import ZERO, Duration

Window = tuple[Duration, Duration]

_UNITS = {
    "months?|mo|mth": Duration(months=1),
    "weeks?|wks?|w": Duration(days=7),
    "days?|d": Duration(days=1),
    "hours?|hrs?|h": Duration(seconds=3600),
    "minutes?|mins?|min": Duration(seconds=60),
}
MAX_MONTHS = 1_440
MAX_DAYS = 32_000
_PART = re.compile(r"([+-]?)\s*(\d{1,5})\s*([a-z]*)\s*", re.ASCII)
_STUDY_DAY = re.compile(r"d(?:ay)?\s*([+-]?\d{1,5})", re.ASCII)
_WEEK = re.compile(r"w(?:eek)?\s*([+-]?\d{1,4})", re.ASCII)
_SIDES = re.compile(r"(?:-\s*([^/+]+?))?\s*/?\s*(?:\+\s*([^/]+))?")
_BOTH = re.compile(r"(?:(?:±|\+/?-)\s*|(?=[\dp]))(.+)", re.ASCII)
_SAMPLE = re.compile(r"\s*(?=±)|\s*[()]")
_WAY_OUT = "Write it as 14 d, -2 d 15 min, 1 mo, P14D or Day 15."


def read_length(text: str) -> Duration:
    """A signed length; a bare number means days, and a sign holds until the next one."""
    plain = _plain(text)
    length = Duration.parse(plain) if plain.lstrip("+-").startswith("p") else _read(plain, text)
    if not fits(length):
        raise ValueError(f"“{text.strip()[:40]}” is longer than a trial. {_WAY_OUT}")
    return length


def fits(length: Duration) -> bool:
    """Whether it is short enough to be planned with."""
    return abs(length.months) <= MAX_MONTHS and abs(length.days) <= MAX_DAYS


def _read(plain: str, text: str) -> Duration:
    found, at, sign = ZERO, 0, 1
    while at < len(plain):
        match = _PART.match(plain, at)
        unit = _unit(match[3]) if match else None
        if match is None or unit is None:
            raise ValueError(f"“{text.strip()[:40]}” is not a length of time. {_WAY_OUT}")
        sign = {"-": -1, "+": 1}.get(match[1], sign)
        found += _times(unit, sign * int(match[2]))
        at = match.end()
    if not plain:
        raise ValueError(f"Nothing is written. {_WAY_OUT}")
    return found


def read_offset(text: str) -> Duration:
    """How far a visit is from what it counts from; study days have no day 0."""
    plain = _plain(text)
    if match := _STUDY_DAY.fullmatch(plain):
        day = int(match[1])
        if day == 0:
            raise ValueError("There is no day 0: the day before Day 1 is Day -1.")
        return read_length(str(day - 1 if day > 0 else day))
    if match := _WEEK.fullmatch(plain):
        return read_length(f"{match[1]} wk")
    return read_length(text)


def read_window(text: str) -> Window | None:
    """How much earlier and later is allowed; nothing where there is no window."""
    plain = _plain(text)
    if plain in {"", "-", "none"}:
        return None
    if match := _BOTH.fullmatch(plain):
        return _magnitude(match[1]), _magnitude(match[1])
    match = _SIDES.fullmatch(plain)
    if match is None or not any(match.groups()):
        raise ValueError(f"“{text.strip()[:40]}” is not a window. Write it as ±3, -3/+4 or +2 wk.")
    early, late = (side or "0" for side in match.groups())
    if early.isdigit():
        early += late.lstrip("0123456789 ")
    return _magnitude(early), _magnitude(late)


def say_length(length: Duration) -> str:
    """The length in short units, each change of sign said."""
    hours, minutes = divmod(abs(length.minutes), 60)
    way = -1 if length.exact_seconds < 0 else 1
    parts = [
        (length.months, "mo"), (length.days, "d"), (way * hours, "h"), (way * minutes, "min"),
    ]  # fmt: skip
    said, sign = [], 1
    for number, unit in parts:
        if number:
            now = 1 if number > 0 else -1
            mark = {(1, -1): "−", (-1, 1): "+"}.get((sign, now), "")
            said.append(f"{mark}{abs(number)} {unit}")
            sign = now
    return " ".join(said) or "0 d"


def say_day(offset: Duration) -> str:
    """The study day where the offset has one to speak of, else the length."""
    day = offset.study_day
    if day is None or offset.seconds:
        return say_length(offset)
    return f"D{day}".replace("-", "−")


def say_window(window: Window | None) -> str:
    """The window as a span around the day."""
    if window is None:
        return ""
    early, late = window
    if early == late:
        return f"±{say_length(early)}" if early != ZERO else "0 d"
    sides = [
        f"{sign}{say_length(side)}" for sign, side in (("−", early), ("+", late)) if side != ZERO
    ]
    return "/".join(sides)


def read_sample(text: str) -> tuple[int, int, int]:
    """A sample as minutes from the start, with how many earlier and later it may be taken."""
    moment, *window = _SAMPLE.split(_plain(text))
    early, late = read_window("".join(window) or "0") or (ZERO, ZERO)
    return _minutes(read_length(moment)), _minutes(early), _minutes(late)


def _minutes(length: Duration) -> int:
    if length.in_minutes is None:
        raise ValueError("Samples are timed in minutes, hours and days. Write 1 h ±10 min.")
    return length.in_minutes


def say_sample(minutes: int, early: int = 0, late: int = 0) -> str:
    """The time of a sample with its window."""
    moment = say_length(Duration(seconds=60 * minutes)) if minutes else "0 min"
    window = Duration(seconds=60 * early), Duration(seconds=60 * late)
    if early == late:
        return f"{moment} {say_window(window)}" if early else moment
    return f"{moment} ({say_window(window)})"


def columns(offset: Duration, window: Window | None) -> dict[str, object]:
    """An offset and a window as the columns of a visit."""
    early, late = window or (ZERO, ZERO)
    return {
        "months": offset.months, "days": offset.days, "minutes": offset.minutes,
        "early_months": early.months, "early_days": early.days, "early_minutes": early.minutes,
        "late_months": late.months, "late_days": late.days, "late_minutes": late.minutes,
        "has_window": window is not None,
    }  # fmt: skip


def _plain(text: str) -> str:
    return " ".join(text.replace("−", "-").replace("–", "-").casefold().split())


def _unit(word: str) -> Duration | None:
    found = (unit for names, unit in _UNITS.items() if re.fullmatch(names, word or "d"))
    return next(found, None)


def _times(unit: Duration, count: int) -> Duration:
    return Duration(unit.months * count, unit.days * count, unit.seconds * count)


def _magnitude(text: str) -> Duration:
    length = read_length(text.strip())
    if length.sign is None or length.sign < 0:
        raise ValueError("A window is written without a second sign, as -3/+4.")
    return length
