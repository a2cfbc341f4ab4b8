"""Quantities and ranges, which the versions of the standard nest in different ways."""

from __future__ import annotations

from trials.untrusted import Node, as_text
from trials.usdm.values import Span

_ENDS = ("minValue", "maxValue")


def read_span(node: Node) -> Span:
    """A quantity, or a range of numbers (version 3) or of quantities (version 4)."""
    if node.has("value"):
        return Span(node.number("value"), node.number("value"), node.code("unit").decode)
    ends = [node.node(key) for key in _ENDS]
    unit = next((end.code("unit").decode for end in ends if end.code("unit")), "")
    low, high = (
        end.number("value") if end else node.number(key)
        for end, key in zip(ends, _ENDS, strict=True)
    )
    return Span(low, high, unit or node.code("unit").decode)


def in_words(span: Span) -> str:
    """The span as it is said in a sentence."""
    numbers = dict.fromkeys(filter(None, map(as_text, (span.minimum, span.maximum))))
    return f"{' to '.join(numbers)} {span.unit}".strip() if numbers else ""
