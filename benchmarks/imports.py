"""How long the largest given protocol takes from the file to a trial with its draft schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from django.db import transaction

from accounts.models import User
from benchmarks.run import MILLISECONDS, listening
from trials import usdm
from trials.actions import imports
from trials.models import Sponsor
from trials.queries import files, grid

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "data" / "usdm"
ROUNDS = 5
TARGET = 2000
HEAD = f"{'import':23}{'median':>9}{'slowest':>9}{'queries':>9}"


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written within is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def rounds(by: User, sponsor: Sponsor, raw: bytes) -> Iterator[tuple[str, float, int]]:
    """The steps of one import, each with its milliseconds and queries."""

    def timed(step: str, do: Callable[[], Any]) -> tuple[str, float, int]:
        with listening() as heard:
            began = perf_counter()
            found[step] = do()
            took = (perf_counter() - began) * MILLISECONDS
        return step, took, len(heard)

    found: dict[str, Any] = {}
    yield timed("read", lambda: usdm.read(raw))
    yield timed("receive", lambda: imports.receive(sponsor, name="largest.json", raw=raw, by=by))
    yield timed("preview", lambda: grid.of_preview(files.preview_of(found["receive"])))
    values = {"protocol_number": "BENCH-USDM", "code": "bench-usdm", "name": "Largest"}
    yield timed(
        "commit",
        lambda: imports.start_trial(found["receive"], values=values, number="1.0", by=by),
    )


def report() -> None:
    """Print each step of the import, and all of it."""
    largest = max(FOLDER.glob("*.json"), key=lambda path: path.stat().st_size)
    print(f"\n{largest.name}: {largest.stat().st_size / 1e6:.1f} MB, milliseconds\n{HEAD}")
    sponsor = Sponsor.objects.order_by("pk")[0]
    by = User.objects.get(username=f"senior-{sponsor.pk}")
    times: dict[str, list[float]] = {}
    queries: dict[str, int] = {}
    for _ in range(ROUNDS):
        with undone():
            for step, took, count in rounds(by, sponsor, largest.read_bytes()):
                times.setdefault(step, []).append(took)
                queries[step] = count
    times["all"] = [sum(steps) for steps in zip(*times.values(), strict=True)]
    queries["all"] = sum(queries.values())
    for step, all_took in times.items():
        missed = f"over {TARGET}" if step == "all" and max(all_took) > TARGET else ""
        print(f"{step:23}{median(all_took):9.1f}{max(all_took):9.1f}{queries[step]:9}  {missed}")
