"""What an import would write: the visits of a file, corrected, with what was noticed beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from trials import usdm, words
from trials.abbreviations import codes
from trials.models import MatchedBy, ProcedureDefinition, VisitDefinition
from trials.models.schedule import MAX_PROCEDURES, MAX_VISITS
from trials.queries.lineages import (
    HOW,
    Earlier,
    Signs,
    pair,
    ranked,
    signs_of_known,
    signs_of_procedure,
    signs_of_visit,
)
from trials.queries.rows import (
    DAY_1,
    Correction,
    Counting,
    M,
    Row,
    T,
    counting_of,
    modality_of,
    read_fix,
    type_of,
    type_of_event,
    window_of,
)
from trials.usdm import Category, Finding, RefusedFileError

Corrections = Mapping[str, Correction]
Match = tuple[VisitDefinition | None, str]  # the visit gone on from, and how that is known


@dataclass(frozen=True, slots=True)
class EventRow:
    """A visit that an event begins, as it would be written."""

    line: usdm.Timeline
    position: int
    visit: usdm.Visit
    code: str
    before: VisitDefinition | None
    how: str  # it is known to go on from that visit

    @property
    def type(self) -> str:
        """What it is for; what was said of it before stands."""
        return self.before.type if self.before else type_of_event(self.visit, self.line)

    @property
    def modality(self) -> str:
        """Where it takes place."""
        return modality_of(self.visit, is_again=False)

    @property
    def window(self) -> words.Window | None:
        """Its window."""
        return window_of(self.visit, {})[0]

    @property
    def cells(self) -> list[usdm.Cell]:
        """What is done at it."""
        return [cell for cell in self.line.cells if cell.visit == self.position]


class Preview:
    """A protocol with the corrections made to it so far, beside the version it goes on from."""

    def __init__(
        self, protocol: usdm.Protocol, corrections: Corrections, earlier: Earlier | None = None
    ) -> None:
        self.protocol = protocol
        self.corrections = corrections
        self.earlier = earlier or Earlier()

    def refuse_too_large(self) -> None:
        """Keep the pages of a schedule to what a person can look through."""
        visits, procedures = len(self.rows) + len(self.events), len(self.activities)
        if visits > MAX_VISITS or procedures > MAX_PROCEDURES:
            raise RefusedFileError(
                f"The file plans {visits:,} visits and {procedures:,} procedures; "
                f"{MAX_VISITS} and {MAX_PROCEDURES} are the most. "
                "Ask the sender for a file of this one study only."
            )

    @cached_property
    def rows(self) -> list[Row]:
        """The planned visits in order, then what no timing leads to."""
        return [*self._planned(), *self._unreachable()]

    @cached_property
    def included(self) -> list[Row]:
        """The rows that would be written."""
        return [row for row in self.rows if row.is_included]

    @cached_property
    def events(self) -> list[EventRow]:
        """The visits that events begin."""
        lines = self.protocol.event_timelines
        visits = [(line, i, visit) for line in lines for i, visit in enumerate(line.visits)]
        heads = codes((visit.name for *_, visit in visits), [row.code for row in self.rows])
        before = self._before_events([visit for *_, visit in visits])
        unknown = (None, "")
        return [
            EventRow(*one, next(heads), *before.get(n, unknown)) for n, one in enumerate(visits)
        ]

    def _before_events(self, visits: list[usdm.Visit]) -> dict[int, Match]:
        known = [one for one in self.earlier.visits if one.timeline_id is not None]
        signs = [
            signs_of_visit(one.instance_ids[0], one.encounter_id, one.name, one.offset)
            for one in visits
        ]
        same = ranked(signs, [signs_of_known(one) for one in known])
        return {new: (known[old], HOW[rank]) for new, (old, rank) in same.items()}

    @property
    def questions(self) -> list[Row]:
        """The rows that keep the import from being committed."""
        return [row for row in self.rows if row.needs_answer]

    @cached_property
    def activities(self) -> list[usdm.Activity]:
        """The activities that are done, without headings over them."""
        cells = (cell for line in self.protocol.timelines for cell in line.cells)
        used = {cell.activity_id for cell in cells}
        for one in self.protocol.unreachable:
            used.update(one.activity_ids)
        return [
            one for one in self.protocol.activities if one.source_id in used or not one.is_heading
        ]

    @cached_property
    def procedures_before(self) -> dict[str, ProcedureDefinition]:
        """The procedure of the earlier version that each activity goes on from, by its id."""
        known = self.earlier.procedures
        same = pair(
            [signs_of_procedure(one.source_id, one.label) for one in self.activities],
            [signs_of_procedure(one.source_id, one.name) for one in known],
        )
        return {self.activities[new].source_id: known[old] for new, old in same.items()}

    @property
    def repeats(self) -> list[str]:
        """The blocks of visits that come round again, in words."""
        visits = self.protocol.visits
        return [
            f"{visits[one.first_visit].name} to {visits[one.last_visit].name} come round again"
            + (f" every {words.say_length(one.every)}" if one.every else "; how often is not said")
            + (f", until {one.until_text}" if one.until_text else "")
            for one in self.protocol.repeat_groups
        ]

    @property
    def criteria(self) -> tuple[int, int]:
        """How many criteria let in and how many keep out."""
        inside = sum(one.category is Category.INCLUSION for one in self.protocol.criteria)
        return inside, len(self.protocol.criteria) - inside

    def group_of(self, activity: usdm.Activity) -> str:
        """The heading directly above an activity."""
        return self._labels.get(activity.parent_ids[-1], "") if activity.parent_ids else ""

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {one.source_id: one.label for one in self.protocol.activities}

    def epoch_of(self, row: Row) -> str:
        """The epoch a row is in, as people call it."""
        return self._epochs[row.epoch_id].label if row.epoch_id in self._epochs else ""

    @cached_property
    def _epochs(self) -> dict[str, usdm.Epoch]:
        return {one.source_id: one for one in self.protocol.epochs}

    def cells(self, place: int) -> list[usdm.Cell]:
        """What is done at a row."""
        return self._cells.get(place, [])

    @cached_property
    def _cells(self) -> dict[int, list[usdm.Cell]]:
        found: dict[int, list[usdm.Cell]] = defaultdict(list)
        for cell in self.protocol.cells:
            found[cell.visit].append(cell)
        for place, lost in enumerate(self.protocol.unreachable, len(self.protocol.visits)):
            found[place] = [
                usdm.Cell(place, identity, usdm.Need.REQUIRED, "", ())
                for identity in lost.activity_ids
                if identity in self._labels
            ]
        return found

    @cached_property
    def _before(self) -> dict[str, Match]:
        """The visit that each row goes on from: what a person said, else the one most like it."""
        known = {str(one.lineage): one for one in self.earlier.visits if one.timeline_id is None}
        said = {key: fix["same_as"] for key, fix in self.corrections.items() if "same_as" in fix}
        asked = {key: signs for key, signs in self._signs() if key not in said}
        left = [one for lineage, one in known.items() if lineage not in set(said.values())]
        same = ranked([*asked.values()], [signs_of_known(one) for one in left])
        found: dict[str, Match] = {
            key: (known.get(lineage), MatchedBy.PERSON) for key, lineage in said.items()
        }
        keys = list(asked)
        return found | {keys[new]: (left[old], HOW[rank]) for new, (old, rank) in same.items()}

    def before(self, key: str) -> Match:
        """The visit a row goes on from, and how that is known."""
        return self._before.get(key, (None, ""))

    def found_by(self, row: Row) -> str:
        """How the visit that a row goes on from was found, in words."""
        how = self.before(row.key)[1]
        return MatchedBy(how).label if how else ""

    def _signs(self) -> Iterator[tuple[str, Signs]]:
        """By what each row that is taken would be known again."""
        for one in self.protocol.visits:
            if self._is_in(one.instance_ids[0]):
                offset = one.after_offset or one.offset
                source = one.instance_ids[0]
                yield source, signs_of_visit(source, one.encounter_id, one.name, offset)
        for lost in self.protocol.unreachable:
            if self._is_in(lost.source_id, unless=True):
                name, source = lost.encounter_name or lost.name, lost.source_id
                yield source, signs_of_visit(source, lost.encounter_id, name, lost.offset)

    @cached_property
    def _heads(self) -> dict[str, str]:
        """The short head of each row: that of the visit before it, else made from its name."""
        names = {one.instance_ids[0]: one.name for one in self.protocol.visits}
        names |= {
            one.source_id: one.encounter_name or one.name for one in self.protocol.unreachable
        }
        kept = {key: one.code for key, (one, _) in self._before.items() if one}
        new = {key: self._name(key, name) for key, name in names.items() if key not in kept}
        return kept | dict(zip(new, codes(new.values(), kept.values()), strict=True))

    def _planned(self) -> Iterator[Row]:
        visits = self.protocol.visits
        out = {i for i, visit in enumerate(visits) if not self._is_in(visit.instance_ids[0])}
        met: set[str] = set()
        for index, visit in enumerate(visits):
            key = visit.instance_ids[0]
            counting = counting_of(visits, index, out)
            fix = self.corrections.get(key, {})
            window, read_from = window_of(visit, fix)
            yield Row(
                place=index, key=key, name=self._name(key, visit.name), code=self._heads[key],
                encounter=visit.encounter_name, encounter_id=visit.encounter_id,
                epoch_id=visit.epoch_id, type=self._type(visit), before=self.before(key)[0],
                modality=fix.get("modality", modality_of(visit, is_again=visit.encounter_id in met)),
                counting=counting, offset=counting.corrected(fix), window=window,
                window_label=visit.window_label, read_from=read_from, is_anchor=visit.is_anchor,
                is_included=index not in out, is_reachable=True,
                findings=self._about({visit.encounter_id, *visit.instance_ids}),
            )  # fmt: skip
            met.add(visit.encounter_id)

    def _unreachable(self) -> Iterator[Row]:
        for place, one in enumerate(self.protocol.unreachable, len(self.protocol.visits)):
            key = one.source_id
            fix = self.corrections.get(key, {})
            counting = Counting(DAY_1, one.offset)
            yield Row(
                place=place, key=key, name=self._name(key, one.encounter_name or one.name),
                code=self._heads[key], encounter=one.encounter_name, encounter_id=one.encounter_id,
                epoch_id="", type=T.TREATMENT, modality=fix.get("modality", M.CLINIC),
                counting=counting, offset=counting.corrected(fix), window=read_fix(fix),
                window_label="", read_from="Not reached", is_anchor=False,
                is_included=self._is_in(key, unless=True), is_reachable=False,
                findings=self._about({key}), before=self.before(key)[0],
            )  # fmt: skip

    def _is_in(self, key: str, *, unless: bool = False) -> bool:
        return bool(self.corrections.get(key, {}).get("is_included", not unless))

    def _name(self, key: str, name: str) -> str:
        return str(self.corrections.get(key, {}).get("name", name))

    def _type(self, visit: usdm.Visit) -> str:
        """What was said of the visit before stands; the file says it of no visit."""
        if before := self.before(visit.instance_ids[0])[0]:
            return before.type
        epoch = self._epochs.get(visit.epoch_id)
        return type_of(visit, f"{epoch.type} {epoch.name}" if epoch else "")

    def _about(self, where: set[str]) -> tuple[Finding, ...]:
        return tuple(one for one in self.protocol.warnings if one.where and one.where in where)
