"""Single timings: how far an instance is from another, and how much earlier or later it may be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from core.durations import ZERO, Duration
from trials.untrusted import Code, Node
from trials.usdm.findings import Findings
from trials.usdm.schedule import Window
from trials.words import fits

_START_TO_START = "C201355"
_UNITS = {"minute": "PT{}M", "hour": "PT{}H", "day": "P{}D", "week": "P{}W", "month": "P{}M"}
_UNIT = r"(?P<unit>minute|hour|day|week|month)s?"
_LABEL = re.compile(
    rf"(?:[-−+]?\s*(?P<early>\d{{1,3}})\s*\.\.\s*\+?\s*(?P<late>\d{{1,3}})"
    rf"|(?:±|\+\s*/\s*[-−])\s*(?P<both>\d{{1,3}}))\s*{_UNIT}",
    re.IGNORECASE | re.ASCII,
)


class TimingKind(StrEnum):
    """What a timing says of its instance."""

    FIXED = "Fixed Reference"
    AFTER = "After"
    BEFORE = "Before"
    UNKNOWN = "unknown"


_CODES = {"C201358": TimingKind.FIXED, "C201356": TimingKind.AFTER, "C201357": TimingKind.BEFORE}
_WORDS = {"fixed": TimingKind.FIXED, "after": TimingKind.AFTER, "before": TimingKind.BEFORE}


@dataclass(frozen=True, slots=True)
class Timing:
    """How far the FROM instance is from the TO instance; a step back in time is negative."""

    source_id: str
    kind: TimingKind
    type: str
    step: Duration | None
    value: str
    from_id: str
    to_id: str
    window: Window | None
    window_label: str

    @property
    def is_fixed(self) -> bool:
        """Whether its instance is an anchor."""
        return self.kind is TimingKind.FIXED

    @property
    def follows(self) -> bool:
        """Whether it goes on from another instance and so follows the actual date of that one."""
        return self.kind is TimingKind.AFTER and self.step is not None and self.step.sign != -1


def read_timing(node: Node, findings: Findings) -> Timing:
    """The timing, with findings for all that the standard forbids in it."""
    kind = _kind(node.code("type"))
    timing = Timing(
        source_id=node.id,
        kind=kind,
        type=node.code("type").decode,
        step=ZERO if kind is TimingKind.FIXED else _step(node, kind, findings),
        value=node.short("value"),
        from_id=node.text("relativeFromScheduledInstanceId"),
        to_id=node.text("relativeToScheduledInstanceId"),
        window=_window(node, findings),
        window_label=node.short("windowLabel"),
    )
    if timing.is_fixed:
        _check_fixed(timing, node, findings)
    return timing


def _kind(code: Code) -> TimingKind:
    if code.code in _CODES:
        return _CODES[code.code]
    word = next(iter(code.decode.casefold().split()), "")
    return _WORDS.get(word, TimingKind.UNKNOWN)


def _step(node: Node, kind: TimingKind, findings: Findings) -> Duration | None:
    """The signed distance; a sign in the file always means back in time, whatever the type says."""
    value = read_duration(node, "value", "DDF00060", findings)
    if value is None or kind is TimingKind.UNKNOWN:
        return None
    return -value if kind is TimingKind.BEFORE and value.sign != -1 else value


def read_duration(node: Node, key: str, rule: str, findings: Findings) -> Duration | None:
    """The duration under the key, where there is one and it can lie within a trial."""
    text = node.short(key)
    if not text:
        return None
    try:
        value = Duration.parse(text)
    except ValueError as error:
        findings.warn("duration_unreadable", f"{node.name}: {error} ({rule})", node.id)
        return None
    if not fits(value):
        findings.warn("duration_absurd", f"{node.name}: {text} is longer than a trial.", node.id)
        return None
    if value.sign == -1:
        findings.warn(
            "duration_signed", f"{node.name}: {text} should carry no sign ({rule}).", node.id
        )
    return value


def _window(node: Node, findings: Findings) -> Window | None:
    early = read_duration(node, "windowLower", "DDF00061", findings)
    late = read_duration(node, "windowUpper", "DDF00062", findings)
    has_label = node.has("windowLabel")
    match early, late:
        case None, None:
            if has_label:
                findings.warn(
                    "window_only_text",
                    f"{node.name}: the window stands only as text, "
                    f"“{node.short('windowLabel')}” (DDF00006).",
                    node.id,
                )
            return None
        case (None, _) | (_, None):
            findings.warn(
                "window_one_sided",
                f"{node.name}: one side of the window is missing and read as none (DDF00006).",
                node.id,
            )
        case _ if not has_label:
            findings.inform("window_no_label", f"{node.name}: no window label (DDF00006).", node.id)
    return Window(_forwards(early or ZERO), _forwards(late or ZERO))


def _forwards(value: Duration) -> Duration:
    return -value if value.sign == -1 else value


def _check_fixed(timing: Timing, node: Node, findings: Findings) -> None:
    if timing.window or timing.window_label:
        findings.warn(
            "anchor_window", f"{node.name}: an anchor should have no window (DDF00025).", node.id
        )
    if timing.to_id not in {"", timing.from_id}:
        findings.warn(
            "anchor_two_instances",
            f"{node.name}: a fixed reference should point at one instance (DDF00007).",
            node.id,
        )
    relation = node.code("relativeToFrom")
    if relation and not relation.means({_START_TO_START}, "start to start"):
        findings.warn(
            "anchor_not_start_to_start",
            f"{node.name}: a fixed reference should be Start to Start (DDF00036).",
            node.id,
        )


def window_in_words(label: str) -> Window | None:
    """The window that a label such as `-3..3 days` or `± 1 week` means, for a person to confirm."""
    match = _LABEL.fullmatch(label.strip())
    if not match:
        return None
    pattern = _UNITS[match["unit"].casefold()]
    early, late = (match[side] or match["both"] for side in ("early", "late"))
    return Window(Duration.parse(pattern.format(early)), Duration.parse(pattern.format(late)))
