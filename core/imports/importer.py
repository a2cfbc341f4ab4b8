"""What an app declares to take a list in: its columns, its checks and the action that writes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from core.access import Scope
from core.imports.checks import Checked, Line
from core.imports.columns import Column
from core.permissions import Permission

if TYPE_CHECKING:
    from accounts.models import User

IMPORTERS: dict[str, Importer] = {}


class Importer(ABC):
    """One kind of list; ``batch`` is how much is written in one transaction, all of it by default."""

    kind: ClassVar[str]
    noun: ClassVar[str]
    nouns: ClassVar[str]
    permission: ClassVar[Permission]
    batch: ClassVar[int | None] = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        IMPORTERS[cls.kind] = cls()

    @abstractmethod
    def columns(self, scope: Scope, by: User) -> Sequence[Column]:
        """What this person may bring into this scope."""

    @abstractmethod
    def check(self, scope: Scope, lines: list[Line], by: User) -> Checked:
        """Note on each row what is wrong with it; build what the good ones add."""

    @abstractmethod
    def take_over(self, scope: Scope, rows: Sequence[Any], *, reason: str, by: User) -> None:
        """Write checked rows by the action of this list; a second time changes nothing."""
