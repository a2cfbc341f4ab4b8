"""Eligibility criteria with their tags resolved."""

from __future__ import annotations

from trials.untrusted import Code, Node
from trials.usdm.document import Document
from trials.usdm.findings import Findings
from trials.usdm.order import in_order
from trials.usdm.texts import Texts
from trials.usdm.values import Category, Criterion

_INCLUSION = "C25532"
_EXCLUSION = "C25370"


def read_criteria(document: Document, findings: Findings) -> tuple[Criterion, ...]:
    """The criteria in order; one that is neither inclusion nor exclusion is left out and said."""
    texts = Texts(document.objects, document.about("dictionaries"))
    nodes = in_order(_nodes(document), "eligibility criteria", findings)
    found = [_criterion(node, document, texts, findings) for node in nodes]
    return tuple(criterion for criterion in found if criterion)


def _nodes(document: Document) -> list[Node]:
    population = next(iter(document.design.nodes("population", "populations")), Node())
    return (
        document.design.nodes("eligibilityCriteria")
        or population.nodes("criteria")
        or document.version.nodes("criteria")
    )


def _criterion(
    node: Node, document: Document, texts: Texts, findings: Findings
) -> Criterion | None:
    category = _category(node.code("category"))
    name = f"Criterion {node.short('identifier', 'name', 'id')}"
    if category is None:
        findings.warn("criterion_unsorted", f"{name} is neither inclusion nor exclusion.", node.id)
        return None
    item = document.objects.get(node.text("criterionItemId"), node)
    text = texts.read(item.text("text"), item.text("dictionaryId"))
    if not text.plain:
        findings.warn("criterion_empty", f"{name} has no text.", node.id)
    if text.unresolved:
        tags = ", ".join(text.unresolved[:5])
        findings.warn(
            "tag_unresolved", f"{name} has tags that lead to nothing: {tags}.", item.id or node.id
        )
    return Criterion(
        node.id, node.short("identifier", "name"), category, text.raw, text.html, text.plain
    )


def _category(code: Code) -> Category | None:
    if code.means({_EXCLUSION}, "exclu"):
        return Category.EXCLUSION
    return Category.INCLUSION if code.means({_INCLUSION}, "inclu") else None
