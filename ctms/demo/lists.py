"""What the lists of the demo share: files of its data, the calendar they are moved to, invented places."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings

from accounts.models import User
from core.access import Scope
from core.imports import table, uploads
from core.models import Upload

DATA = Path(settings.BASE_DIR) / "demo" / "data"
WEEK = 7
DAY = timedelta(days=1)
PLACES = {
    "US": [
        ("Boston", "America/New_York"), ("Chicago", "America/Chicago"),
        ("Denver", "America/Denver"), ("Seattle", "America/Los_Angeles"),
        ("Atlanta", "America/New_York"), ("Houston", "America/Chicago"),
        ("San Diego", "America/Los_Angeles"), ("Phoenix", "America/Phoenix"),
        ("Cleveland", "America/New_York"), ("Nashville", "America/Chicago"),
    ],
    "CN": [
        (city, "Asia/Shanghai")
        for city in ("Beijing", "Shanghai", "Guangzhou", "Chengdu", "Wuhan", "Xi’an", "Hangzhou")
    ],
    "JP": [
        (city, "Asia/Tokyo")
        for city in ("Tokyo", "Osaka", "Nagoya", "Sapporo", "Fukuoka", "Kyoto", "Sendai")
    ],
}  # fmt: skip
HOUSES = (
    "General Hospital", "Medical Centre", "University Clinic", "Research Unit", "Riverside Clinic",
    "Memorial Hospital", "Liver Institute", "Northside Medical Group",
)  # fmt: skip


def rows_of(name: str) -> list[dict[str, str]]:
    """A table of the demo's data."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def invented_place(country: str, number: int) -> tuple[str, str, str]:
    """Name, city and time zone of the nth invented place of a country."""
    cities = PLACES[country]
    city, zone = cities[number % len(cities)]
    house = HOUSES[number // len(cities) % len(HOUSES)]
    again = number // (len(cities) * len(HOUSES))
    return f"{city} {house}{f' {again + 1}' if again else ''}", city, zone


def moved(days: Mapping[str, date], first: date, last: date) -> dict[str, timedelta]:
    """How far each subject is moved: in the order of the data, evenly over a stretch of time."""
    ordered = sorted(days, key=lambda key: (days[key], key))
    span = (last - first).days
    found = {}
    for rank, key in enumerate(ordered):
        wanted = first + DAY * (span * rank // max(len(ordered) - 1, 1))
        found[key] = DAY * ((wanted - days[key]).days // WEEK * WEEK)
    return found


def begin(
    scope: Scope, kind: str, name: str, rows: Iterable[Mapping[str, object]],
    heads: Sequence[str], by: User,
) -> Upload:  # fmt: skip
    """Bring a list in as a person would: upload it, and import its good rows."""
    cells = [[str(row.get(head) or "") for head in heads] for row in rows]
    held = uploads.upload(scope, kind=kind, name=name, raw=table.write(heads, cells), by=by)
    uploads.begin(held, without_wrong=True, by=by)
    return held
