"""How the visits of a trial kept their windows: what was done in them, before and after, and missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet

from subjects.models import Visit, VisitStatus

HEADS = ("Visit", "n", "In window", "Early", "Late", "Without window", "Missed")
DONE = Q(status=VisitStatus.COMPLETED)
PLANNED = Q(earliest_on__isnull=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """One visit of the schedule over all subjects: how many did it, and when they did."""

    name: str
    done: int
    inside: int
    early: int
    late: int
    without: int
    missed: int

    @property
    def share(self) -> float | None:
        """The part of those with a window that kept to it, in percent."""
        judged = self.inside + self.early + self.late
        return 100 * self.inside / judged if judged else None

    def line(self) -> list[Any]:
        """The figures under HEADS."""
        return [getattr(self, field.name) for field in fields(self)]


def kept(rows: QuerySet[Visit]) -> list[Kept]:
    """Each planned visit with its figures, in the order of the schedule.

    A visit is judged by the window it had when it was done. What had none, such as the anchor of
    a subject before its first dose, is counted apart. A repeat is a visit of its own.
    """
    found = (
        rows.filter(kind=Visit.Kind.SCHEDULED)
        .values("lineage", "cycle")
        .annotate(
            shown=Max("name"), place=Min("definition__position"),
            done=Count("pk", filter=DONE),
            early=Count("pk", filter=DONE & Q(performed_on__lt=F("earliest_on"))),
            late=Count("pk", filter=DONE & Q(performed_on__gt=F("latest_on"))),
            without=Count("pk", filter=DONE & ~PLANNED),
            missed=Count("pk", filter=Q(status=VisitStatus.MISSED)),
        )
        .order_by("place", "cycle", "shown")
    )  # fmt: skip
    return list(_judged(found))


def _judged(found: Iterable[Mapping[str, Any]]) -> Iterator[Kept]:
    for row in found:
        if row["done"] or row["missed"]:
            early, late, without = row["early"], row["late"], row["without"]
            inside = row["done"] - early - late - without
            yield Kept(row["shown"], row["done"], inside, early, late, without, row["missed"])


def total(all_kept: Sequence[Kept]) -> Kept:
    """All visits together."""
    figures = [sum(column) for column in zip(*(one.line()[1:] for one in all_kept), strict=True)]
    return Kept("All visits", *figures) if figures else Kept("All visits", 0, 0, 0, 0, 0, 0)
