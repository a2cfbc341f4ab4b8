"""The order that objects of a file give themselves by naming the one before and the one after."""

from __future__ import annotations

from collections.abc import Iterator

from trials.untrusted import Node
from trials.usdm.findings import Findings


def in_order(nodes: list[Node], what: str, findings: Findings) -> list[Node]:
    """The nodes along their chain; in the order of the file where the chain is missing or broken."""
    if not any(node.has("previousId") or node.has("nextId") for node in nodes):
        return nodes
    if rules := sorted(set(_broken_rules(nodes))):
        findings.warn(
            "order_broken",
            f"Previous and next of the {what} do not agree ({', '.join(rules)}).",
            what,
        )
    chain = list(_chain(nodes))
    if len(chain) == len(nodes):
        return chain
    findings.warn(
        "order_incomplete",
        f"The chain of {what} reaches {len(chain)} of {len(nodes)}, "
        "so they stand in the order of the file.",
        what,
    )
    return nodes


def _broken_rules(nodes: list[Node]) -> Iterator[str]:
    before, after = _named(nodes, "previousId"), _named(nodes, "nextId")
    for named, answers, rule in ((before, after, "DDF00021"), (after, before, "DDF00022")):
        if any(one == other for one, other in named.items()):
            yield rule
        if any(answers.get(other, one) != one for one, other in named.items()):
            yield "DDF00023"
        if len(set(named.values())) < len(named):
            yield "DDF00027"


def _named(nodes: list[Node], key: str) -> dict[str, str]:
    return {node.id: node.text(key) for node in nodes if node.has(key)}


def _chain(nodes: list[Node]) -> Iterator[Node]:
    """From the first that names none before it, onwards as long as the way is clear."""
    by_id = {node.id: node for node in nodes if node.id}
    follower = {node.id: node.text("nextId") for node in nodes if node.has("nextId")}
    for node in nodes:
        if node.has("previousId"):
            follower.setdefault(node.text("previousId"), node.id)
    here = next((node for node in nodes if not node.has("previousId")), None)
    while here is not None:
        yield here
        by_id.pop(here.id, None)
        here = by_id.get(follower.get(here.id, ""))
