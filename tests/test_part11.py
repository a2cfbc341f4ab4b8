"""The page of requirements for electronic records: complete, and true about its tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = 64


def rows() -> list[list[str]]:
    text = (ROOT / "docs" / "part11.md").read_text()
    lines = (line for line in text.splitlines() if re.match(r"\| \d", line))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_requirement_has_its_row_and_every_test_named_exists() -> None:
    assert [int(row[0]) for row in rows()] == list(range(1, REQUIREMENTS + 1))
    for number, requirement, met_by, shown_by in rows():
        assert requirement, number
        named = re.findall(r"(tests/[a-z0-9_/]+\.py)::(test_\w+)", shown_by)
        assert named or "not yet" in met_by, number
        for path, name in named:
            assert name in functions_of(ROOT / path), f"{number}: {path}::{name}"
