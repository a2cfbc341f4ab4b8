"""Read a USDM file on the command line, without a database."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from core.durations import Duration
from trials import usdm

REFUSED = 2


class Command(BaseCommand):
    """Prints visits, windows, arms, epochs, criteria, amendments and warnings of a file."""

    help = "Show what the importer reads from a USDM JSON file."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and whether to print JSON."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print what was read; one line on standard error where the file is refused."""
        try:
            protocol = usdm.read(options["file"].read_bytes())
        except OSError as error:
            self._refuse(f"{options['file']}: {error.strerror}")
        except usdm.RefusedFileError as error:
            self._refuse(str(error))
        found = summary(protocol)
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
            return
        for visit in found["visits"]:
            self.stdout.write(f"{visit['offset'] or '?':>12}  {visit['name']}")
        for warning in found["warnings"]:
            self.stdout.write(f"warning {warning['code']}: {warning['message']}")

    def _refuse(self, message: str) -> None:
        self.stderr.write(" ".join(message.split()))
        sys.exit(REFUSED)


def summary(protocol: usdm.Protocol) -> dict[str, Any]:
    """What the file holds, in plain values."""
    unreachable = protocol.main.unreachable if protocol.main else ()
    texts: dict[str, list[str]] = {"inclusion": [], "exclusion": []}
    for criterion in protocol.criteria:
        texts.setdefault(str(criterion.category), []).append(criterion.text)
    return {
        "visits": [_visit(visit) for visit in protocol.visits],
        "unreachable": [found.source_id for found in unreachable],
        "arms": [arm.name for arm in protocol.arms],
        "epochs": [epoch.name for epoch in protocol.epochs],
        "criteria": texts,
        "amendments": [amendment.number for amendment in protocol.amendments],
        "warnings": [
            {"code": finding.code, "message": finding.message, "where": finding.where}
            for finding in protocol.warnings
        ],
    }


def _visit(visit: usdm.Visit) -> dict[str, Any]:
    offset = visit.offset
    return {
        "name": visit.name,
        "encounter_id": visit.encounter_id,
        "offset": None if offset is None else str(offset),
        "offset_days": _days(offset),
        "earliest_days": _days(visit.earliest),
        "latest_days": _days(visit.latest),
        "study_day": None if offset is None else offset.study_day,
    }


def _days(duration: Duration | None) -> float | None:
    return None if duration is None else duration.in_days
