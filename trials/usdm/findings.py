"""What was noticed while a file was read, gathered for the person who imports it."""

from __future__ import annotations

from collections import Counter

from trials.usdm.values import Finding, Level

MAX_OF_A_KIND = 50


class Findings:
    """Findings in the order they were made, each once and none by the thousand."""

    def __init__(self) -> None:
        self._found: dict[Finding, None] = {}
        self._times: Counter[str] = Counter()

    def error(self, code: str, message: str, where: str = "") -> None:
        """Note something that a person must answer before the schedule is complete."""
        self._add(Finding(code, message, where, Level.ERROR))

    def warn(self, code: str, message: str, where: str = "") -> None:
        """Note something that a person should check."""
        self._add(Finding(code, message, where, Level.WARNING))

    def inform(self, code: str, message: str, where: str = "") -> None:
        """Note something that is worth knowing."""
        self._add(Finding(code, message, where, Level.INFO))

    def all(self) -> tuple[Finding, ...]:
        """Everything noticed, the gravest first; what came too often is only counted."""
        rest = [
            Finding("more_of_a_kind", f"{times - MAX_OF_A_KIND} more findings: {code}.", "")
            for code, times in self._times.items()
            if times > MAX_OF_A_KIND
        ]
        ranks = list(Level)
        return tuple(sorted([*self._found, *rest], key=lambda one: ranks.index(one.level)))

    def _add(self, finding: Finding) -> None:
        if finding in self._found:
            return
        self._times[finding.code] += 1
        if self._times[finding.code] <= MAX_OF_A_KIND:
            self._found[finding] = None
