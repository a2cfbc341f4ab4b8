"""The amendments of a protocol in the order they were made."""

from __future__ import annotations

import re

from trials.untrusted import Node
from trials.usdm.document import Document
from trials.usdm.findings import Findings
from trials.usdm.order import in_order
from trials.usdm.study import read_dates
from trials.usdm.texts import plain
from trials.usdm.values import Amendment, Change

_OTHER = "C17649"


def read_amendments(document: Document, findings: Findings) -> tuple[Amendment, ...]:
    """Amendments by the one before each, else by number, where letters follow figures."""
    nodes = document.version.nodes("amendments")
    ordered = in_order(nodes, "amendments", findings)
    if ordered is nodes:
        ordered = sorted(nodes, key=_rank)
    return tuple(_amendment(node) for node in ordered)


def _rank(node: Node) -> tuple[bool, int, str]:
    number = node.short("number")
    is_figure = bool(re.fullmatch("[0-9]{1,9}", number))
    return (not is_figure, int(number) if is_figure else 0, number)


def _amendment(node: Node) -> Amendment:
    reasons = [node.node("primaryReason"), *node.nodes("secondaryReasons")]
    return Amendment(
        source_id=node.id,
        number=node.short("number") or node.label,
        summary=plain(node.text("summary")),
        reasons=tuple(filter(None, map(_reason, reasons))),
        is_substantial=_is_substantial(node),
        dates=read_dates(node),
        changes=tuple(_change(change) for change in node.nodes("changes")),
    )


def _reason(node: Node) -> str:
    code = node.code("code")
    if code.means({_OTHER}, "other"):
        return node.short("otherReason") or code.decode
    return code.decode


def _is_substantial(node: Node) -> bool | None:
    impacts = [impact.flag("isSubstantial") for impact in node.nodes("impacts")]
    said = [flag for flag in [node.flag("substantialImpact"), *impacts] if flag is not None]
    return any(said) if said else None


def _change(node: Node) -> Change:
    sections = (
        f"{section.short('sectionNumber')} {section.short('sectionTitle')}".strip()
        for section in node.nodes("changedSections")
    )
    return Change(
        plain(node.text("summary")), plain(node.text("rationale")), tuple(filter(None, sections))
    )
