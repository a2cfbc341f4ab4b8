"""Make the data of a benchmark: `python -m benchmarks.data --size small|large`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import perf_counter

from benchmarks.databases import SIZES, Size, create, start


def main() -> None:
    """Make a database of the size asked for, in place of an older one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="small")
    size = SIZES[parser.parse_args().size]
    start()
    create(size)
    for name, step in steps(size).items():
        began = perf_counter()
        step()
        print(f"{name:12}{perf_counter() - began:8.1f} s", flush=True)


def steps(size: Size) -> dict[str, Callable[[], object]]:
    """What is made, in order."""
    from django.core.management import call_command
    from django.utils import timezone

    from benchmarks import organisation
    from benchmarks.subjects import Subjects
    from core import obligations

    today = timezone.localdate()
    return {
        "tables": lambda: call_command("migrate", verbosity=0),
        "trials": lambda: unchecked(lambda: organisation.trials(size)),
        "places": lambda: unchecked(lambda: organisation.places(size)),
        "sites": lambda: unchecked(lambda: organisation.sites(size, today)),
        "people": lambda: organisation.people(size),
        "subjects": lambda: unchecked(Subjects(size, today).make),
        "duties": obligations.refresh_everything,
        "statistics": lambda: _execute("VACUUM ANALYZE"),
    }


def unchecked(work: Callable[[], None]) -> None:
    """Without triggers: neither field history nor foreign keys, which the generator keeps."""
    _execute("SET session_replication_role = replica")
    work()
    _execute("SET session_replication_role = origin")


def _execute(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)


if __name__ == "__main__":
    main()
