"""Charts as SVG made on the server: real text, no script, no style attribute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.safestring import SafeString

from core.dates import show_day
from core.markup import markup

SOON = 3
PASSED = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a day lies between two others, in percent of the width."""

    first: int
    last: int

    @classmethod
    def over(cls, days: Iterable[date]) -> Scale:
        """Over these days, and a little more."""
        seen = [day.toordinal() for day in days]
        return cls(min(seen) - 2, max(seen) + 2)

    @classmethod
    def around(cls, today: date, days: int) -> Scale:
        """Over so many days from today on, and half as many before, so that rows compare."""
        return cls(today.toordinal() - days // 2, today.toordinal() + days)

    def holds(self, day: date) -> bool:
        """Whether the day lies in the picture."""
        return self.first <= day.toordinal() <= self.last

    def at(self, day: date) -> float:
        """The position of a day, kept inside the picture."""
        share = (day.toordinal() - self.first) / (self.last - self.first)
        return max(0.0, min(100.0, 2 + 96 * share))


@dataclass(frozen=True, slots=True)
class Span:
    """A window with the day that is booked in it or beside it."""

    earliest: date
    target: date
    latest: date
    booked: date | None

    @property
    def is_missed(self) -> bool:
        """Whether what is booked lies outside."""
        return self.booked is not None and not self.earliest <= self.booked <= self.latest

    @property
    def words(self) -> str:
        """The days of the window, and the one that is booked."""
        days = f"{show_day(self.earliest)} to {show_day(self.latest)}"
        text = f"Window {days}, target {show_day(self.target)}"
        return f"{text}, booked {show_day(self.booked)}" if self.booked else text

    def days(self, today: date, state: str) -> list[date]:
        """What a picture of it holds: of an open one that has passed, some days after it too."""
        is_over = state == "open" and self.latest < today
        end = min(today, self.latest + PASSED) if is_over else self.latest
        return [self.earliest, self.latest, self.booked or self.target, end]


def as_percent(value: float) -> str:
    """A length as a share of the width."""
    return f"{value:.1f}%"


def _svg(body: str, height: int, title: str) -> SafeString:
    return markup(
        '<svg role="img" width="100%" height="{}" aria-label="{}"><title>{}</title>{}</svg>',
        height, title, title, SafeString(body),
    )  # fmt: skip


def window_bar(
    earliest: date | None,
    target: date | None,
    latest: date | None,
    booked: date | None,
    today: date,
    state: str,
    days: int = 0,
) -> SafeString:
    """A visit window: band, target tick, booking mark and today's rule.

    The scale is days around today where ``days`` is given, so that rows compare; else it fits.
    """
    if earliest is None or latest is None or target is None:
        return markup('<span class="text-small text-muted">{}</span>', "No window")
    span = Span(earliest, target, latest, booked)
    scale = Scale.around(today, days) if days else Scale.over(span.days(today, state))
    kind = "out" if span.is_missed else _urgency(latest, today, state)
    parts = [
        '<line class="ch-window-track" x1="0" x2="100%" y1="9" y2="9"/>',
        _band(scale, earliest, latest, _classes("ch-window-band", kind)),
        _rule(scale.at(target), "ch-window-target", 4, 14),
    ]
    if scale.holds(today):
        parts.append(_rule(scale.at(today), "ch-window-today", 0, 18))
    if booked is not None:
        parts.append(_mark(as_percent(scale.at(booked)), outside=span.is_missed, state=state))
    return _svg("".join(parts), 18, span.words)


def time_bar(
    earliest: datetime, target: datetime, latest: datetime, marks: tuple[datetime | None, datetime],
    title: str,
) -> SafeString:  # fmt: skip
    """The minutes in which something is allowed: band, target tick, when it was done, and now."""
    done, now = marks
    length = (latest - earliest).total_seconds() or 60
    margin = length / 4

    def place(at: datetime) -> float:
        share = ((at - earliest).total_seconds() + margin) / (length + 2 * margin)
        return 100 * max(0.0, min(1.0, share))

    left = place(earliest)
    width = as_percent(place(latest) - left)
    parts = [
        '<line class="ch-window-track" x1="0" x2="100%" y1="9" y2="9"/>',
        f'<rect class="ch-window-band" x="{as_percent(left)}" y="4" height="10" rx="3" width="{width}"/>',
        _rule(place(target), "ch-window-target", 4, 14),
    ]
    if done is not None:
        outside = not earliest <= done <= latest
        parts.append(_mark(as_percent(place(done)), outside=outside, state="done"))
    else:
        parts.append(_rule(place(now), "ch-window-today", 0, 18))
    return _svg("".join(parts), 18, title)


def _band(scale: Scale, first: date, last: date, classes: str) -> str:
    left = scale.at(first)
    width = as_percent(max(1.5, scale.at(last) - left))
    return (
        f'<rect class="{classes}" x="{as_percent(left)}" y="4" height="10" rx="3" width="{width}"/>'
    )


def _rule(place: float, css: str, top: int, foot: int) -> str:
    at = as_percent(place)
    return f'<line class="{css}" x1="{at}" x2="{at}" y1="{top}" y2="{foot}"/>'


def _urgency(latest: date, today: date, state: str) -> str:
    """An open window is in time, ends soon, or has passed."""
    left = (latest - today).days
    if state != "open" or left > SOON:
        return ""
    return "warn" if left >= 0 else "late"


def _mark(at: str, *, outside: bool, state: str) -> str:
    if outside:
        return f'<svg x="{at}" y="9" overflow="visible"><path class="ch-window-diamond" d="M0-6 6 0 0 6-6 0z"/></svg>'
    kind = "done" if state == "done" else ""
    return f'<circle class="{_classes("ch-window-dot", kind)}" cx="{at}" cy="9" r="4.5"/>'


def _classes(part: str, state: str) -> str:
    return f"{part} is-{state}" if state else part


def bar(percent: int, title: str, state: str = "") -> SafeString:
    """A share between 0 and 100 as a bar: of what is over, full, or neither."""
    width = max(0, min(100, percent))
    body = (
        '<rect class="ch-bar-track" width="100%" height="4" y="2" rx="2"/>'
        f'<rect class="{_classes("ch-bar-share", state)}" width="{width}%" height="4" y="2" rx="2"/>'
    )
    return _svg(body, 8, title)
