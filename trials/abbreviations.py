"""Short heads for the columns of a schedule, such as W12 for Week 12."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_WORDS = {
    "screening": "SCR", "baseline": "BL", "randomisation": "RND", "randomization": "RND",
    "termination": "T", "unscheduled": "UNS", "telephone": "T",
}  # fmt: skip
_TOKEN = re.compile(r"-?\d+|[^\W\d_]+")
_SIGNED = re.compile(r"(?<=\s)-(?=\d)|^-(?=\d)")
LENGTH = 12


def abbreviate(name: str) -> str:
    """The numbers of a name with the first letter, or the usual letters, of each word."""
    plain = _SIGNED.sub(" −", name).replace("-", " ")
    tokens = _TOKEN.findall(plain.replace("−", "-").casefold())
    return "".join(_WORDS.get(token, _start(token)) for token in tokens)[:LENGTH]


def _start(token: str) -> str:
    return token[0].upper() if token[0].isalpha() else token


def codes(names: Iterable[str], taken: Iterable[str] = ()) -> Iterator[str]:
    """A short head for each name, none twice."""
    used = set(taken)
    for position, name in enumerate(names, 1):
        start = abbreviate(name) or f"V{position}"
        code, again = start, 1
        while code in used:
            again += 1
            code = f"{start}.{again}"
        used.add(code)
        yield code
