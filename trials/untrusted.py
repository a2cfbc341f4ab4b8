"""Files from outside: read within limits, then looked at without trust in their shape."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, NoReturn

MEGABYTE = 1_000_000
MAX_BYTES = 20 * MEGABYTE
MAX_DEPTH = 64
MAX_OBJECTS = 150_000
MAX_VALUES = 750_000
MAX_TEXT = 50_000
MAX_NAME = 200
MAX_NUMBER = 1e15
# Legal in JSON strings, but control characters and lone surrogates are refused by databases and
# terminals, and orders to turn the direction of writing would reach beyond their own text.
_UNWRITABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_COMPRESSED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ")


class RefusedFileError(Exception):
    """The file cannot be read at all; the text says why and offers a way out."""


def load(raw: bytes, *, max_bytes: int = MAX_BYTES) -> Node:
    """The JSON object in a file, once it is known to be neither too large nor too deep."""
    if not raw.strip():
        raise RefusedFileError("The file is empty. Choose the file again.")
    if len(raw) > max_bytes:
        raise RefusedFileError(
            f"The file is larger than {max_bytes / MEGABYTE:.1f} MB, the most that is read. "
            "Ask the sender for a file of this one study only."
        )
    # Counted before parsing, because small texts can stand for very many objects in memory.
    if raw.count(b"{") + raw.count(b"[") > MAX_OBJECTS or raw.count(b",") > MAX_VALUES:
        raise RefusedFileError(
            "The file holds more objects than any one study has. Export a single study."
        )
    root = _parse(_decode(raw))
    if not isinstance(root, dict):
        raise RefusedFileError(
            "The file is JSON, but not one object with a study in it. Export a single study."
        )
    if any(islice(_levels(root), MAX_DEPTH, None)):
        raise RefusedFileError(_TOO_DEEP)
    return Node(root)


_TOO_DEEP = (
    f"The file is nested deeper than {MAX_DEPTH} levels, which no study is. Export the study again."
)


def _decode(raw: bytes) -> str:
    if raw.startswith(_COMPRESSED):
        raise RefusedFileError("The file is compressed. Unpack it and choose the JSON file inside.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedFileError(
            f"The file is not UTF-8 text (byte {error.start + 1:,}). "
            "Choose a JSON file, or save it again with the encoding UTF-8."
        ) from error


def _parse(text: str) -> Any:
    if text.lstrip().startswith("<"):
        raise RefusedFileError("The file is XML or a web page, not JSON. Choose the JSON export.")
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unambiguous)
    except RecursionError as error:
        raise RefusedFileError(_TOO_DEEP) from error
    except json.JSONDecodeError as error:
        raise RefusedFileError(
            f"The file is not JSON: {error.msg} at line {error.lineno:,}, column {error.colno:,}. "
            "Export it again, or ask the sender for an unbroken copy."
        ) from error
    except ValueError as error:  # a number of thousands of figures
        raise RefusedFileError(
            "The file is not JSON: it has a number too long to read. Export it again."
        ) from error


def _refuse_constant(name: str) -> NoReturn:
    raise RefusedFileError(f"The file is not JSON: {name} is not a JSON number. Export it again.")


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are each said once; of two values none can be trusted."""
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(key for key, _ in pairs)
        key = clean(times.most_common(1)[0][0])[:MAX_NAME]
        raise RefusedFileError(
            f"An object in the file says “{key}” twice. Ask the sender for a corrected file."
        )
    return found


def _levels(root: Any) -> Iterator[list[Any]]:
    """The objects and lists of each depth, the outermost first, without recursion."""
    level = [root]
    while level:
        yield level
        children = chain.from_iterable(
            value.values() if isinstance(value, dict) else value for value in level
        )
        level = [child for child in children if isinstance(child, dict | list)]


def _start(value: Any) -> Any:
    """No more of a text than a name can be made of."""
    return value[: 2 * MAX_NAME] if isinstance(value, str) else value


def clean(text: str) -> str:
    """The text without characters that cannot be stored, trimmed."""
    return _UNWRITABLE.sub("", text).strip()


def as_text(value: Any) -> str:
    """A string or number as clean text; nothing for anything else."""
    if isinstance(value, str):
        return clean(value[:MAX_TEXT])
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.0f}" if value.is_integer() else str(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


@dataclass(frozen=True, slots=True)
class Code:
    """A term of a code list; files differ in the code, so the word is kept beside it."""

    code: str = ""
    decode: str = ""

    def __bool__(self) -> bool:
        return bool(self.code or self.decode)

    def means(self, codes: set[str], *words: str) -> bool:
        """Whether the code is one of these or, failing that, the word contains one of those."""
        return self.code in codes or any(word in self.decode.casefold() for word in words)


@dataclass(frozen=True, slots=True)
class Node:
    """An object of the file; what is missing or of the wrong kind reads as empty."""

    data: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.data)

    def has(self, key: str) -> bool:
        """Whether anything is said under the key."""
        return self.data.get(key) not in (None, "", [], {})

    def text(self, *keys: str) -> str:
        """The first of these that is said."""
        for key in keys:
            if text := as_text(self.data.get(key)):
                return text
        return ""

    def short(self, *keys: str) -> str:
        """The first of these that is said, on one line and cut to the length of a name."""
        for key in keys:
            if text := " ".join(as_text(_start(self.data.get(key))).split()):
                return text if len(text) <= MAX_NAME else f"{text[: MAX_NAME - 1]}…"
        return ""

    def flag(self, key: str) -> bool | None:
        """Yes, no, or not said."""
        value = self.data.get(key)
        return value if isinstance(value, bool) else None

    def number(self, key: str) -> float | None:
        """A finite number, or nothing."""
        value = self.data.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value) if abs(value) < MAX_NUMBER else None

    def node(self, key: str) -> Node:
        """The object under the key, an empty one where there is none."""
        value = self.data.get(key)
        return Node(value) if isinstance(value, dict) else Node()

    def nodes(self, *keys: str) -> list[Node]:
        """The objects of the first of these lists that has any."""
        for key in keys:
            value = self.data.get(key)
            values = value if isinstance(value, list) else [value]
            if found := [Node(item) for item in values if isinstance(item, dict) and item]:
                return found
        return []

    def texts(self, key: str) -> tuple[str, ...]:
        """The strings of a list, each once."""
        value = self.data.get(key)
        found = [as_text(item) for item in value] if isinstance(value, list) else [as_text(value)]
        return tuple(dict.fromkeys(filter(None, found)))

    def code(self, key: str) -> Code:
        """The term under the key, also where it is wrapped with aliases or a bare word."""
        term = self.node(key)
        term = term.node("standardCode") or term
        if not term:
            return Code(decode=self.short(key))
        return Code(term.short("code"), term.short("decode"))

    def codes(self, *keys: str) -> tuple[Code, ...]:
        """The terms of the first of these lists that has any."""
        wrapped = (Node({"term": node.data}).code("term") for node in self.nodes(*keys))
        return tuple(code for code in wrapped if code)

    @property
    def id(self) -> str:
        """What other objects call it."""
        return as_text(self.data.get("id"))

    @property
    def name(self) -> str:
        """Its name, else its label, else its id."""
        return self.short("name", "label", "id")

    @property
    def label(self) -> str:
        """What people read: its label, else its name, else its id."""
        return self.short("label", "name", "id")

    def within(self) -> Iterator[Node]:
        """Every object in this one, itself included, the outermost first."""
        values = chain.from_iterable(_levels(self.data))
        return (Node(data) for data in values if data and isinstance(data, dict))
