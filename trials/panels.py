"""What is measured at the procedures of a visit: values with units and the ranges of adults.

Codes are those of CDISC SDTM (VSTESTCD, EGTESTCD). ``low`` and ``high`` bound what is usual at rest;
``least`` and ``most`` what can be: a value beyond them is a slip of the keyboard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Measure:
    """One value of a procedure, with its unit, its usual range and what is possible at all."""

    code: str
    name: str
    unit: str
    least: Decimal
    most: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    places: int = 0

    def is_usual(self, value: Decimal) -> bool:
        """Whether a value lies within the usual range; always where there is none."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def is_possible(self, value: Decimal) -> bool:
        """Whether a value can be true."""
        return self.least <= value <= self.most

    @property
    def usual(self) -> str:
        """The usual range in words; empty where there is none."""
        return "" if self.low is None else f"{self.low}–{self.high}"


@dataclass(frozen=True, slots=True)
class Panel:
    """Values that are taken together, how a procedure that asks for them is recognised, and the rest before a repeat."""

    code: str
    name: str
    words: str
    measures: tuple[Measure, ...]
    rest_minutes: int = 0


def _measure(
    code: str, name: str, unit: str, possible: tuple[str, str], usual: tuple[str, str] | None = None,
    places: int = 0,
) -> Measure:  # fmt: skip
    least, most = (Decimal(bound) for bound in possible)
    low, high = (Decimal(bound) for bound in usual) if usual else (None, None)
    return Measure(code, name, unit, least, most, low, high, places)


PANELS = (
    Panel(
        "vital_signs", "Vital signs", r"vital (signs?|parameters?)|vitals",
        (
            _measure("SYSBP", "Systolic", "mmHg", ("40", "300"), ("90", "140")),
            _measure("DIABP", "Diastolic", "mmHg", ("20", "200"), ("50", "90")),
            _measure("PULSE", "Pulse", "/min", ("20", "250"), ("50", "100")),
            _measure("TEMP", "Temperature", "°C", ("30", "43"), ("35.5", "37.5"), 1),
            _measure("RESP", "Respiration", "/min", ("4", "60"), ("12", "20")),
        ),
        rest_minutes=5,
    ),
    Panel(
        "ecg", "ECG", r"ecg|ekg|electrocardiogra(m|ph)s?",
        (
            _measure("EGHRMN", "Heart rate", "/min", ("20", "250"), ("50", "100")),
            _measure("PRAG", "PR", "ms", ("50", "500"), ("120", "200")),
            _measure("QRSAG", "QRS", "ms", ("40", "300"), ("60", "120")),
            _measure("QTAG", "QT", "ms", ("200", "700"), ("300", "460")),
            _measure("QTCFAG", "QTcF", "ms", ("250", "700"), ("330", "450")),
        ),
        rest_minutes=5,
    ),
    Panel(
        "weight", "Weight", r"(body )?weight",
        (_measure("WEIGHT", "Weight", "kg", ("0.3", "400"), places=1),),
    ),
    Panel(
        "height", "Height", r"(body )?height",
        (_measure("HEIGHT", "Height", "cm", ("20", "250"), places=1),),
    ),
    Panel(
        "height_and_weight", "Height and weight", r"height (and|&) weight|weight (and|&) height",
        (
            _measure("HEIGHT", "Height", "cm", ("20", "250"), places=1),
            _measure("WEIGHT", "Weight", "kg", ("0.3", "400"), places=1),
        ),
    ),
    Panel(
        "temperature", "Temperature", r"(body )?temperature",
        (_measure("TEMP", "Temperature", "°C", ("30", "43"), ("35.5", "37.5"), 1),),
    ),
)  # fmt: skip

# What may stand around the words without making it something else: "12-lead ECG, triplicate (supine)".
_AROUND = r"(?:(?:12[- ]lead|standard|safety|supine|seated|standing|resting)\s+)*"
_SHAPES = tuple(
    (re.compile(rf"{_AROUND}(?:{panel.words})(?:\s*[,(/:].*)?$", re.IGNORECASE), panel)
    for panel in PANELS
)


def panel_of(procedure: str) -> Panel | None:
    """The values that a procedure of this name asks for; nothing where its name says none."""
    return next((panel for shape, panel in _SHAPES if shape.match(procedure.strip())), None)
