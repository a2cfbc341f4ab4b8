"""How colours are seen: contrasts as WCAG reckons them, distances as the eye sees them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from math import dist

Three = tuple[float, float, float]

# What is left of red, green and blue without one kind of cone (Machado 2009, severity 1).
KINDS: dict[str, tuple[Three, Three, Three]] = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.95047, 1.0, 1.08883)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours."""
    low, high = sorted(_times(TO_XYZ, _linear(colour))[1] for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def closest(colours: Iterable[str], kind: str) -> float:
    """The distance in Lab of the two colours that are most alike to such eyes."""
    seen = [_lab(_shown(_times(KINDS[kind], _linear(colour)))) for colour in colours]
    return min(dist(one, other) for one, other in combinations(seen, 2))


def _linear(colour: str) -> Three:
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return red, green, blue


def _times(rows: tuple[Three, Three, Three], values: Three) -> Three:
    first, second, third = (sum(a * b for a, b in zip(row, values, strict=True)) for row in rows)
    return first, second, third


def _shown(linear: Three) -> Three:
    red, green, blue = (min(1.0, max(0.0, part)) for part in linear)
    return red, green, blue


def _lab(linear: Three) -> Three:
    x, y, z = (
        part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116
        for part in (
            value / white for value, white in zip(_times(TO_XYZ, linear), WHITE, strict=True)
        )
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)
