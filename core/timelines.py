"""Lanes of one record's story under a common axis of days, as SVG made on the server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.html import escape
from django.utils.safestring import SafeString

from core.charts import Scale, as_percent
from core.dates import show_span, study_day
from core.markup import markup

STEPS = (7, 14, 28, 56, 84, 168, 364)  # days between two ticks
TICKS_AT_MOST = 9
APART = 4.0  # percent of the width that keeps two labels from touching
LAST_TICK = 95.0  # percent; a label further right would leave the picture
LETTER = 0.95  # percent that a letter takes at most
VISITS, POINTS = 52, 26  # heights
LABEL_ROWS, LABEL_ROW = 2, 12  # how many rows of labels, and the height of one


@dataclass(frozen=True, slots=True)
class Mark:
    """A visit in its lane: the window, and when it took place or is booked."""

    label: str
    title: str
    earliest: date
    target: date
    latest: date
    on: date | None = None
    is_done: bool = False
    kind: str = ""  # what else is to be seen of the window: is-changed, is-warn, is-optional

    @property
    def is_outside(self) -> bool:
        """Whether it lies out of its window."""
        return self.on is not None and not self.earliest <= self.on <= self.latest


@dataclass(frozen=True, slots=True)
class Point:
    """Something that happened on a day."""

    on: date
    title: str
    is_deviation: bool = False
    label: str = ""


class Timeline:
    """The days from one to another, counted from day 1 where it is known, grey after the end."""

    def __init__(
        self, first: date, last: date, today: date | None, day_1: date | None,
        ended_on: date | None = None,
    ) -> None:  # fmt: skip
        self.first, self.last, self.day_1, self.ended_on = first, last, day_1, ended_on
        self.today = today if today is not None and first <= today <= last else None
        self.scale = Scale(first.toordinal(), max(last, first + timedelta(days=1)).toordinal())
        self.ticks = self._ticks()

    def axis(self) -> SafeString:
        """Study days where day 1 is known, and dates, with today between them."""
        if not self.day_1:
            return self._row([(day, show_span(day, day)) for day in self.ticks])
        apart = [day for day in self.ticks if self._is_apart_from_today(day)]
        days = self._row([(day, self.study_day(day)) for day in apart], is_with_today=True)
        return SafeString(days + self._row([(day, show_span(day, day)) for day in apart]))

    def visits(self, marks: Sequence[Mark]) -> SafeString:
        """Window bands with targets, and a mark where a visit was done or is booked."""
        shown = [mark for mark in marks if mark.latest >= self.first and mark.earliest <= self.last]
        labels = self._labels(shown)
        lowest = max((row for _, _, row in labels), default=0)
        body = [self._visit(mark) for mark in shown]
        body += [
            _text(at, VISITS - 8 + LABEL_ROW * row, label, "ch-label", "middle")
            for at, label, row in labels
        ]
        height = VISITS + LABEL_ROW * lowest
        return self._lane(body, height, "Visits against their windows", "timeline-today")

    def points(self, points: Iterable[Point], title: str) -> SafeString:
        """A dot for each day, or a diamond where it deviates; named where there is room."""
        shown = [point for point in points if self.first <= point.on <= self.last]
        body = [self._point(point) for point in shown]
        body += self._names_beside(sorted(shown, key=lambda point: point.on))
        return self._lane(body, POINTS, title)

    def study_day(self, day: date) -> str:
        """The day as trials count it; nothing while day 1 is not known."""
        return f"D{study_day(self.day_1, day)}".replace("-", "−") if self.day_1 else ""

    def _ticks(self) -> list[date]:
        length = (self.last - self.first).days
        step = next((step for step in STEPS if length / step <= TICKS_AT_MOST), STEPS[-1])
        origin = self.day_1 or self.first
        start = origin - timedelta(days=(origin - self.first).days // step * step)
        days = [start + timedelta(days=step * n) for n in range(length // step + 1)]
        return [day for day in days if self.scale.at(day) < LAST_TICK]

    def _is_apart_from_today(self, day: date) -> bool:
        """Whether a label at the day leaves room for that of today."""
        here = self.scale.at(day)
        return self.today is None or abs(here - self.scale.at(self.today)) > 2 * APART

    def _row(self, labels: list[tuple[date, str]], *, is_with_today: bool = False) -> SafeString:
        texts = [_text(self.scale.at(day), 14, label, "ch-tick") for day, label in labels]
        if self.today and is_with_today:
            today = f"Today · {self.study_day(self.today)}"
            now = self.scale.at(self.today)
            texts.append(_text(now, 14, today, "ch-label ch-today-label", "middle"))
        return _picture(texts, 18, "")

    def _lane(self, body: list[str], height: int, title: str, today: str = "") -> SafeString:
        lines = [
            f'<line class="ch-grid" x1="{at}" x2="{at}" y1="0" y2="{height}"/>'
            for at in (as_percent(self.scale.at(day)) for day in self.ticks)
        ]
        if self.ended_on is not None and self.ended_on < self.last:
            end = self.scale.at(max(self.ended_on, self.first))
            lines.insert(0, (
                f'<rect class="ch-after" x="{as_percent(end)}" width="{as_percent(100 - end)}"'
                f' height="{height}"/>'
            ))  # fmt: skip
        if self.today:
            now = as_percent(self.scale.at(self.today))
            name = f' id="{today}"' if today else ""
            lines.append(
                f'<line class="ch-today"{name} x1="{now}" x2="{now}" y1="0" y2="{height}"/>'
            )
        return _picture([*lines, *body], height, title)

    def _visit(self, mark: Mark) -> str:
        left, right = self.scale.at(mark.earliest), self.scale.at(mark.latest)
        target, width = as_percent(self.scale.at(mark.target)), as_percent(max(right - left, 0.5))
        band = f"ch-window-band {mark.kind}".strip()
        parts = [
            f'<rect class="{band}" x="{as_percent(left)}" width="{width}" y="13" height="14" rx="3"/>',
            f'<line class="ch-window-target" x1="{target}" x2="{target}" y1="13" y2="27"/>',
        ]
        if mark.on is not None:
            at = as_percent(self.scale.at(mark.on))
            kind = "ch-window-dot is-done" if mark.is_done else "ch-window-dot"
            parts.append(
                _diamond(at, 20) if mark.is_outside
                else f'<circle class="{kind}" cx="{at}" cy="20" r="5.5"/>'
            )  # fmt: skip
        return _titled(mark.title, "".join(parts))

    def _point(self, point: Point) -> str:
        at = as_percent(self.scale.at(point.on))
        dot = f'<circle class="ch-point" cx="{at}" cy="{POINTS // 2}" r="3"/>'
        return _titled(point.title, _diamond(at, POINTS // 2) if point.is_deviation else dot)

    def _names_beside(self, points: Sequence[Point]) -> list[str]:
        """The names that reach neither the next point nor the edge."""
        ends = [*(self.scale.at(point.on) for point in points[1:]), 100.0]
        return [
            _text(at + 1, POINTS // 2 + 4, point.label, "ch-label")
            for point, end in zip(points, ends, strict=False)
            if point.label and (at := self.scale.at(point.on)) + 1 + LETTER * len(point.label) < end
        ]

    def _labels(self, marks: Sequence[Mark]) -> list[tuple[float, str, int]]:
        """Each label in the first row where it touches no other; none where there is no room."""
        ends = [-APART] * LABEL_ROWS
        found: list[tuple[float, str, int]] = []
        for mark in sorted(marks, key=lambda one: one.target):
            at = self.scale.at(mark.target)
            free = [row for row, end in enumerate(ends) if at - end >= APART]
            if free and self.first <= mark.target <= self.last:
                ends[free[0]] = at
                found.append((at, mark.label, free[0]))
        return found


def _text(at: float, y: int, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{as_percent(at)}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _titled(title: str, body: str) -> str:
    return f"<g><title>{escape(title)}</title>{body}</g>"


def _diamond(at: str, y: int) -> str:
    return (
        f'<svg x="{at}" y="{y}" overflow="visible">'
        '<path class="ch-window-diamond" d="M0-7 7 0 0 7-7 0z"/></svg>'
    )


def _picture(body: Iterable[str], height: int, title: str) -> SafeString:
    role = markup('role="img" aria-label="{}"', title) if title else 'aria-hidden="true"'
    return markup(
        '<svg class="ch-lane" width="100%" height="{}" {}>{}</svg>',
        height, SafeString(role), SafeString("".join(body)),
    )  # fmt: skip
