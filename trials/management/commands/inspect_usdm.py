"""What a protocol file says, on the command line and without a database."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.durations import Duration
from trials import usdm
from trials.untrusted import MAX_BYTES

REFUSED = 2
GAP = "  "


class Command(BaseCommand):
    """Reads a USDM file and prints its visits, criteria and warnings."""

    help = "Print the visits, windows, criteria and warnings of a USDM JSON file."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, the form of the answer and the design to read."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument("--design", default="", help="id or name, where there are several")

    def handle(self, *_args: object, **options: Any) -> None:
        """Print the protocol; exit with 2 and one line where the file is refused."""
        try:
            protocol = usdm.read(_bytes(options["file"]), design=options["design"])
        except OSError as error:
            raise _refusal(f"{options['file']} cannot be opened: {error.strerror}.") from error
        except usdm.RefusedFileError as error:
            raise _refusal(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(_report(protocol), indent=2))
        else:
            self.stdout.write("\n".join(_lines(protocol)))


def _refusal(text: str) -> CommandError:
    return CommandError(" ".join(text.split()), returncode=REFUSED)


def _bytes(path: Path) -> bytes:
    """No more of the file than is needed to see that it is too large."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _report(protocol: usdm.Protocol) -> dict[str, Any]:
    return {
        "visits": [_visit(visit) for visit in protocol.visits],
        "unreachable": [one.source_id for one in protocol.unreachable],
        "arms": [arm.name for arm in protocol.arms],
        "epochs": [epoch.name for epoch in protocol.epochs],
        "criteria": {category.value: _criteria(protocol, category) for category in usdm.Category},
        "amendments": [amendment.number for amendment in protocol.amendments],
        "warnings": [_warning(one) for one in protocol.warnings],
    }


def _criteria(protocol: usdm.Protocol, category: usdm.Category) -> list[str]:
    return [one.text for one in protocol.criteria if one.category is category]


def _warning(one: usdm.Finding) -> dict[str, str]:
    return {"code": one.code, "message": one.message, "where": one.where}


def _visit(visit: usdm.Visit) -> dict[str, Any]:
    return {
        "name": visit.name,
        "encounter_id": visit.encounter_id,
        "offset": None if visit.offset is None else str(visit.offset),
        "offset_days": _days(visit.offset),
        "earliest_days": _days(visit.earliest),
        "latest_days": _days(visit.latest),
        "study_day": visit.study_day,
    }


def _days(duration: Duration | None) -> float | None:
    return None if duration is None else duration.in_days


def _lines(protocol: usdm.Protocol) -> Iterable[str]:
    title = protocol.titles.official or protocol.titles.brief or protocol.study_name
    yield f"{title}\nUSDM {protocol.usdm_version}, {protocol.system_name}, {protocol.sha256}\n"
    head = ("Visit", "Encounter", "Offset", "Earliest", "Latest", "Study day")
    rows = [
        (
            visit.name,
            visit.encounter_id,
            visit.offset,
            visit.earliest,
            visit.latest,
            visit.study_day,
        )
        for visit in protocol.visits
    ]
    yield from _table([head, *rows])
    counts = {
        "arms": protocol.arms,
        "epochs": protocol.epochs,
        "activities": protocol.activities,
        "criteria": protocol.criteria,
        "amendments": protocol.amendments,
        "unreachable instances": protocol.unreachable,
    }
    yield "\n" + ", ".join(f"{len(found)} {what}" for what, found in counts.items())
    if protocol.warnings:
        yield "\nWarnings"
        yield from _table([astuple(warning)[:3] for warning in protocol.warnings])


def _table(rows: Sequence[Sequence[object]]) -> Iterable[str]:
    texts = [["" if value is None else str(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        yield GAP.join(map(str.ljust, row, widths)).rstrip()
