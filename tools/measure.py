"""Counts the code: sizes, types, docstrings and tests, beside the limits the project sets itself.

Run it by `make numbers`. Migrations are left out; tests are counted apart.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

CHECKOUT = Path(__file__).resolve().parent.parent
ASIDE = {"migrations", "benchmarks", "tools"}
FILE_LIMIT, FUNCTION_LIMIT, BRANCH_LIMIT = 400, 40, 8
Function = ast.FunctionDef | ast.AsyncFunctionDef
BRANCHES = (
    ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.comprehension,
    ast.match_case,
)  # fmt: skip


@dataclass(slots=True)
class Count:
    """What one set of files holds."""

    files: dict[str, int] = field(default_factory=dict)
    functions: dict[str, int] = field(default_factory=dict)
    complexities: dict[str, int] = field(default_factory=dict)
    typed: int = 0
    named: int = 0
    documented: int = 0

    def add(self, path: Path) -> None:
        """Count one file."""
        source = path.read_text()
        tree = ast.parse(source)
        name = str(path.relative_to(CHECKOUT))
        self.files[name] = code_lines(source)
        if self.files[name]:
            self._note(tree)
        for node in ast.walk(tree):
            if isinstance(node, Function):
                self._add_function(f"{name}:{node.lineno} {node.name}", node)
        for public in public_names(tree):
            self._note(public)

    def _add_function(self, name: str, function: Function) -> None:
        self.functions[name] = (function.end_lineno or function.lineno) - function.lineno + 1
        self.complexities[name] = complexity(function)
        self.typed += is_typed(function)

    def _note(self, node: ast.Module | ast.ClassDef | Function) -> None:
        self.named += 1
        self.documented += ast.get_docstring(node) is not None


def code_lines(source: str) -> int:
    """Lines that are neither blank nor comment."""
    lines = (line.strip() for line in source.splitlines())
    return sum(1 for line in lines if line and not line.startswith("#"))


def complexity(function: Function) -> int:
    """One, and one more for each way the function can branch."""
    nodes = list(ast.walk(function))
    choices = sum(len(node.values) - 1 for node in nodes if isinstance(node, ast.BoolOp))
    return 1 + choices + sum(isinstance(node, BRANCHES) for node in nodes)


def is_typed(function: Function) -> bool:
    """Whether every parameter and the answer have a type."""
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    named += [star for star in (given.vararg, given.kwarg) if star]
    untyped = [one.arg for one in named if not one.annotation and one.arg not in {"self", "cls"}]
    return function.returns is not None and not untyped


def public_names(tree: ast.Module) -> Iterator[ast.ClassDef | Function]:
    """The module's own public classes and functions."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield node


def spread(values: Iterable[int]) -> str:
    """Median and ninetieth percentile."""
    known = list(values)
    return f"{median(known):.0f} / {quantiles(known, n=10)[-1]:.0f}"


def over(sizes: dict[str, int], limit: int) -> list[str]:
    """What is larger than the limit, the largest first."""
    ordered = sorted(sizes.items(), key=lambda item: -item[1])
    return [f"{name} ({size})" for name, size in ordered if size > limit]


def share(part: int, whole: int) -> str:
    """Per cent."""
    return f"{100 * part / max(whole, 1):.1f} %"


def counted() -> tuple[Count, Count]:
    """The product and its tests, as far as git knows or would know their files."""
    code, tests = Count(), Count()
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"]
    names = subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True)
    for path in sorted(CHECKOUT / name for name in names.stdout.splitlines()):
        parts = set(path.relative_to(CHECKOUT).parts)
        if path.exists() and not parts & ASIDE:
            (tests if "tests" in parts else code).add(path)
    return code, tests


def main() -> None:
    """Print each number beside its target."""
    code, tests = counted()
    lines, test_lines = sum(code.files.values()), sum(tests.files.values())
    large = over(code.files, FILE_LIMIT)
    long = over(code.functions, FUNCTION_LIMIT)
    branched = over(code.complexities, BRANCH_LIMIT)
    rows = [
        ("code lines", f"{lines:,} in {len(code.files)} files", ""),
        ("tests to code", f"{test_lines / lines:.2f}", "1.2 to 2.0"),
        ("file, median / p90", spread(code.files.values()), "80 / 250"),
        (f"files over {FILE_LIMIT} lines", str(len(large)), "0"),
        ("function, median / p90", spread(code.functions.values()), "8 / 25"),
        (f"functions over {FUNCTION_LIMIT} lines", str(len(long)), "0"),
        (f"functions more complex than {BRANCH_LIMIT}", str(len(branched)), "0"),
        ("typed functions", share(code.typed, len(code.functions)), "100 %"),
        ("documented public names", share(code.documented, code.named), "100 %"),
    ]
    for name, value, target in rows:
        print(f"{name:<34}{value:<26}{target and f'target {target}'}")
    for name in (*large, *long, *branched):
        print(f"  over the limit: {name}")


if __name__ == "__main__":
    main()
