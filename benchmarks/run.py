"""Measure the pages at small and at large: `python -m benchmarks.run`.

Times are of the server alone, through the whole of Django; "SQL" is what the same queries take when
psycopg2 sends them and nobody does anything with the rows, so "ratio" is what the product adds. "KB" is
the HTML as it goes over the line; the memory is that of this process, which answers pages as a worker does.
The yardstick is a fixed piece of Python, measured before and after each page: limits in milliseconds are
those of a machine that takes 50 for it, and are stretched where this one is slower just now. Each page
is measured three times; what is printed is the time at which the yardstick was fastest.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.databases import SIZES, Size, exists, start, use

if TYPE_CHECKING:
    from django.test import Client

    from benchmarks.pages import Page

ROUNDS, BATCHES, WARM = 40, 3, 5
MILLISECONDS = 1000
REFERENCE = 50  # milliseconds of the yardstick on the machine the limits are meant for
RATIO, GROWTH, PAGE_KB, WORKER_MB = 4, 1.5, 30, 250  # the targets of every page and worker
HEAD = (
    f"{'page':23}{'median':>9}{'p95':>9}{'queries':>9}{'SQL':>8}{'ratio':>7}{'growth':>8}{'KB':>6}"
    f"{'yardstick':>11}"
)


@dataclass(frozen=True, slots=True)
class Result:
    """What one page took, in milliseconds, how large it is, and how fast the machine was."""

    middle: float
    slow: float
    queries: int
    sql: float
    kilobytes: float
    yardstick: float

    @property
    def ratio(self) -> float:
        """How many times the time of the database alone."""
        return self.middle / self.sql

    def is_over(self, limit: int) -> bool:
        """Whether one in twenty took longer than the limit, on a machine of this speed."""
        return self.slow > limit * max(1, self.yardstick / REFERENCE)


@contextlib.contextmanager
def listening() -> Iterator[list[tuple[str, Any]]]:
    """Collects the queries of this process."""
    from django.db import connection

    heard: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        heard.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield heard


def replay(heard: list[tuple[str, Any]]) -> float:
    """Milliseconds for the same queries straight through psycopg2."""
    from django.db import connection

    connection.ensure_connection()
    began = perf_counter()
    with connection.connection.cursor() as cursor:
        for sql, params in heard:
            cursor.execute(sql, params)
            if cursor.description:
                cursor.fetchall()
    return (perf_counter() - began) * MILLISECONDS


def _batch(clients: list[tuple[Client, str]]) -> tuple[float, list[float]]:
    """How fast the machine was, and what the page took each time."""
    times, at_first = [], yardstick()
    for client, url in islice(cycle(clients), ROUNDS):
        began = perf_counter()
        client.get(url)
        times.append((perf_counter() - began) * MILLISECONDS)
    return (at_first + yardstick()) / 2, times


def measure(page: Page) -> Result:
    """One page, asked for by its people in turn, while the machine was disturbed least."""
    from django.test import Client

    clients: list[tuple[Client, str]] = []
    for user, url in page.asked:
        client = Client(SERVER_NAME="localhost")
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        clients.append((client, url))
    for client, url in islice(cycle(clients), WARM * len(clients)):
        assert client.get(url).status_code == 200, url  # noqa: PLR2004
    alone, counts, sizes = [], [], []
    pace, times = min(_batch(clients) for _ in range(BATCHES))
    for client, url in clients:
        with listening() as heard:
            answer = client.get(url)
        counts.append(len(heard))
        sizes.append(len(gzip.compress(answer.content)) / 1024)
        alone.append(median(replay(heard) for _ in range(WARM)))
    p95 = quantiles(times, n=20)[-1]
    return Result(median(times), p95, max(counts), median(alone), max(sizes), pace)


def yardstick() -> float:
    """Milliseconds for a million squares: how fast this machine is just now, at its best of three."""
    times = []
    for _ in range(3):
        began = perf_counter()
        sum(number * number for number in range(1_000_000))
        times.append(perf_counter() - began)
    return min(times) * MILLISECONDS


def memory() -> float:
    """Megabytes of memory this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def report(size: Size, before: dict[str, Result]) -> dict[str, Result]:
    """Print a line for each page, and say where a target is missed."""
    from benchmarks.pages import pages

    print(f"\n{size.name}: {size.subjects:,} subjects, milliseconds\n{HEAD}")
    found = {}
    for page in pages():
        result = found[page.name] = measure(page)
        growth = result.middle / before[page.name].middle if before else 1.0
        limit, queries = page.targets
        missed = [
            name
            for name, is_missed in (
                (f"p95 over {limit}", result.is_over(limit)),
                (f"over {queries} queries", result.queries > queries),
                (f"over {RATIO}x SQL", result.ratio > RATIO),
                (f"grew over {GROWTH}x", growth > GROWTH),
                (f"over {PAGE_KB} KB", result.kilobytes > PAGE_KB),
            )
            if is_missed
        ]
        print(
            f"{page.name:23}{result.middle:9.1f}{result.slow:9.1f}{result.queries:9}"
            f"{result.sql:8.1f}{result.ratio:7.1f}{growth:8.2f}{result.kilobytes:6.1f}"
            f"{result.yardstick:11.1f}  {', '.join(missed)}"
        )
    held = memory()
    print(f"{'memory':23}{held:9.1f} MB  {f'over {WORKER_MB}' if held > WORKER_MB else ''}")
    return found


def main() -> None:
    """Measure every size that was made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, action="append")
    chosen = parser.parse_args().size or list(SIZES)
    start()
    from django.core.management import call_command

    import ctms.wsgi  # noqa: F401 -- memory and its collector are those of a worker

    call_command("collectstatic", interactive=False, verbosity=0)
    sizes = [SIZES[name] for name in SIZES if name in chosen and exists(SIZES[name])]
    if not sizes:
        sys.exit("No data yet. Make some: make bench-data SIZE=small")
    from benchmarks import amendment, imports, visits

    before: dict[str, Result] = {}
    for size in sizes:
        use(size)
        before = report(size, before)
        imports.report()
        visits.report()
        amendment.report(size)


if __name__ == "__main__":
    main()
