"""The schedule of activities as a matrix: visits across, procedures down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from core.durations import ZERO, Duration
from trials import words
from trials.models import AnchorKind, ScheduleVersion, VisitDefinition, VisitProcedure
from trials.queries.pasted import Pasted
from trials.queries.preview import DAY_1, Preview, Row

FROM_AFAR = {VisitDefinition.Modality.PHONE: "phone", VisitDefinition.Modality.VIDEO: "message"}
NEEDS = dict(VisitProcedure.Need.choices)


@dataclass(frozen=True, slots=True)
class Column:
    """A visit at the head of the matrix."""

    key: str
    code: str
    name: str
    day: str
    window: str
    counts_from: str
    epoch: str
    modality: str = ""
    icon: str = ""
    is_optional: bool = False
    level: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """How a procedure is asked for at a visit."""

    need: str
    samples: int
    text: str
    note: str  # the number of its footnote


@dataclass(frozen=True, slots=True)
class Cell:
    """A visit and how the procedure of the line is asked for at it, if at all."""

    column: Column
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A procedure with its cell at each visit."""

    key: str
    name: str
    cells: list[Cell]

    @property
    def visits(self) -> int:
        """At how many visits it is asked for."""
        return sum(cell.mark is not None for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Grid:
    """The matrix, its heads and its sums."""

    columns: list[Column]
    groups: list[tuple[str, list[Line]]]
    footnotes: list[tuple[str, str]]

    @property
    def epochs(self) -> list[tuple[str, int]]:
        """The epochs over the visits, with how many stand under each."""
        found = groupby(self.columns, key=lambda column: column.epoch)
        return [(name, len(list(columns))) for name, columns in found]

    @property
    def lines(self) -> list[Line]:
        """Every procedure."""
        return [line for _, lines in self.groups for line in lines]

    @property
    def sums(self) -> list[int]:
        """How much is asked for at each visit."""
        return [
            sum(line.cells[i].mark is not None for line in self.lines)
            for i in range(len(self.columns))
        ]

    @property
    def total(self) -> int:
        """How much is asked for at all visits."""
        return sum(self.sums)


class Footnotes:
    """Conditions numbered in the order in which they are met."""

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}

    def number(self, text: str) -> str:
        """The number of a text; nothing for no text."""
        return self.numbers.setdefault(text, str(len(self.numbers) + 1)) if text else ""

    def listed(self) -> list[tuple[str, str]]:
        """Number and text of each."""
        return [(number, text) for text, number in self.numbers.items()]


def mark(need: str, times: Sequence[Sequence[int]], condition: str, notes: Footnotes) -> Mark:
    """A mark with its samples in words."""
    said = ", ".join(words.say_length(Duration(seconds=60 * at[0])) for at in times)
    text = f"{NEEDS[need]}, {said}" if said else str(NEEDS[need])
    return Mark(need, len(times), text, notes.number(condition))


def of_preview(preview: Preview) -> Grid:
    """The matrix an import would make."""
    notes = Footnotes()
    cells: dict[str, dict[int, Mark]] = defaultdict(dict)
    for place, row in enumerate(preview.included):
        for cell in preview.cells(row.place):
            cells[cell.activity_id][place] = mark(
                cell.need.value, cell.offsets, cell.condition, notes
            )
    heads = {row.place: row.code for row in preview.included}
    columns = [_column_of_row(preview, row, heads) for row in preview.included]
    lines = (
        (preview.group_of(one), _line(one.source_id, one.label, columns, cells[one.source_id]))
        for one in preview.activities
    )
    return Grid(columns, _grouped(lines), notes.listed())


def _column_of_row(preview: Preview, row: Row, heads: Mapping[int, str]) -> Column:
    after = row.counting.after
    return Column(
        key=row.key, code=row.code, name=row.name,
        day=_day(row.offset, is_from_day_1=row.counting.label == DAY_1 or row.is_anchor),
        window=words.say_window(row.window), epoch=preview.epoch_of(row),
        counts_from=row.counting.label if after is None else heads[after],
        icon=FROM_AFAR.get(VisitDefinition.Modality(row.modality), ""), level=row.level,
    )  # fmt: skip


def _day(offset: Duration | None, *, is_from_day_1: bool) -> str:
    if offset is None:
        return "?"
    if is_from_day_1:
        return words.say_day(offset)
    said = words.say_length(offset)
    return said if said.startswith("−") else f"+{said}"


def _grouped(lines: Iterable[tuple[str, Line]]) -> list[tuple[str, list[Line]]]:
    """Lines under their headings, in the order in which the headings first come."""
    found: dict[str, list[Line]] = {}
    for group, line in lines:
        found.setdefault(group, []).append(line)
    return list(found.items())


def of_version(version: ScheduleVersion) -> Grid:
    """The matrix of a version: its visits, then those that events begin, in four queries."""
    visits = list(
        version.visits.select_related("epoch", "after_visit", "timeline").order_by(
            "timeline_id", "position"
        )
    )
    visits.sort(key=lambda visit: (visit.timeline_id is not None, visit.timeline_id or 0))
    notes = Footnotes()
    place = {visit.pk: index for index, visit in enumerate(visits)}
    cells: dict[int, dict[int, Mark]] = {}
    found = VisitProcedure.objects.filter(visit__version=version).order_by("procedure__position")
    for cell in found.values("visit_id", "procedure_id", "need", "offsets", "condition"):
        cells.setdefault(cell["procedure_id"], {})[place[cell["visit_id"]]] = mark(
            cell["need"], cell["offsets"], cell["condition"], notes
        )
    columns = [_column_of_visit(visit) for visit in visits]
    lines = (
        (one.group, _line(str(one.pk), one.name, columns, cells.get(one.pk, {})))
        for one in version.procedures.order_by("position", "pk")
    )
    return Grid(columns, _grouped(lines), notes.listed())


def of_table(table: Pasted) -> Grid:
    """The matrix of a pasted table, as it was read."""
    notes = Footnotes()
    columns = [
        Column(
            key="", code=visit.name, name=visit.name, epoch=visit.epoch, counts_from="",
            day="" if visit.offset is None else words.say_day(visit.offset),
            window=words.say_window(visit.window),
        )
        for visit in table.visits
    ]  # fmt: skip
    lines = (
        (group, _line("", name, columns, _marks(needs, notes)))
        for group, name, needs in table.procedures
    )
    return Grid(columns, _grouped(lines), notes.listed())


def _marks(needs: Mapping[int, str], notes: Footnotes) -> dict[int, Mark]:
    return {place: mark(need, (), "", notes) for place, need in needs.items() if need}


def _line(key: str, name: str, columns: Sequence[Column], marks: Mapping[int, Mark]) -> Line:
    return Line(key, name, [Cell(column, marks.get(i)) for i, column in enumerate(columns)])


def offset_of(visit: VisitDefinition) -> Duration:
    """How far a visit is from what it counts from."""
    return Duration(visit.months, visit.days, visit.minutes * 60)


def window_of(visit: VisitDefinition) -> words.Window | None:
    """The window of a visit."""
    if not visit.has_window:
        return None
    return (
        Duration(visit.early_months, visit.early_days, visit.early_minutes * 60),
        Duration(visit.late_months, visit.late_days, visit.late_minutes * 60),
    )


def span_of(visit: VisitDefinition) -> words.Window:
    """The earliest and the latest time of a visit, as far from what it counts from."""
    early, late = window_of(visit) or (ZERO, ZERO)
    return offset_of(visit) - early, offset_of(visit) + late


def counts_from(visit: VisitDefinition) -> str:
    """What a visit counts from, in words."""
    if visit.timeline is not None:
        return "event"
    if visit.after_visit is not None:
        return visit.after_visit.code
    return "–" if visit.is_anchor else str(AnchorKind(visit.anchor).label)


def _column_of_visit(visit: VisitDefinition) -> Column:
    from_day_1 = visit.timeline_id is None and visit.after_visit_id is None
    epoch = visit.timeline.name if visit.timeline else visit.epoch.name if visit.epoch else ""
    return Column(
        key=str(visit.pk), code=visit.code, name=visit.name,
        day=_day(offset_of(visit), is_from_day_1=from_day_1 and visit.anchor == AnchorKind.DAY_1),
        window=words.say_window(window_of(visit)), counts_from=counts_from(visit), epoch=epoch,
        modality=visit.get_modality_display(), is_optional=visit.is_optional,
        icon=FROM_AFAR.get(VisitDefinition.Modality(visit.modality), ""),
    )  # fmt: skip


def repeats(version: ScheduleVersion) -> list[str]:
    """The blocks of visits that come round again, in words."""
    said = []
    for group in version.repeat_groups.prefetch_related("visits").order_by("pk"):
        codes = [visit.code for visit in sorted(group.visits.all(), key=lambda v: v.position)]
        if not codes:
            continue
        every = words.say_length(Duration(group.every_months, group.every_days))
        until = f" until {group.until_text}" if group.until_text else ""
        said.append(f"{', '.join(codes)} every {every}{until}, at most {group.cap} times")
    return said
