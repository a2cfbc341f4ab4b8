"""The forms of one preview, bound to what was posted, and what is done with them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from itertools import chain, count
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect

from core.permissions import Permission
from core.web import Request, allowed, whole
from trials.actions import imports
from trials.forms import NewTrialForm, NumberForm, RowForm, RowFormSet
from trials.models import ProtocolFile, ProtocolImport, ScheduleVersion, Trial
from trials.queries import differences, files, grid, summary
from trials.queries.matrix import Grid
from trials.queries.preview import Preview
from trials.queries.rows import Row
from trials.usdm import Finding, Level

NOTHING = Grid((), ())
LEVELS = (
    (Level.ERROR, "Needs an answer", "x"), (Level.WARNING, "Check", "a"),
    (Level.INFO, "For information", "n"),
)  # fmt: skip
_UNFIT = re.compile(r"[^\w.-]")


class Desk:
    """What every preview has: a name for a trial that is not there yet, and a button to commit."""

    template: ClassVar[str]

    def __init__(self, request: Request, held: ProtocolImport, names: dict[str, str]) -> None:
        self.request = request
        self.held = held
        self.errors: list[str] = []
        self.step = request.POST.get("do", "")
        self.revision = whole(request.POST.get("revision", "")) or held.revision
        self.trial = NewTrialForm(self.posted("commit"), prefix="trial", initial=names)
        self.required: list[forms.BaseForm] = [] if held.trial else [self.trial]

    def posted(self, *steps: str) -> QueryDict | None:
        """What was posted, where one of these buttons was pressed."""
        return self.request.POST if self.step in steps else None

    def act(self) -> HttpResponse | None:
        """Do what the pressed button says; nothing where something is to be mended first."""
        if self.step != "commit" or not self.is_filled_in:
            return self.mend()
        trial = self.commit("")
        messages.success(self.request, f"{trial} has what the register says.")
        return redirect(trial)

    @property
    def is_filled_in(self) -> bool:
        """Whether all that the button needs is right; each form says what is not."""
        return all(form.is_valid() for form in self.required)

    def mend(self) -> HttpResponse | None:
        """Say that something is to be mended; the page is shown again."""
        self.errors.append("Something is to be mended below. Nothing was saved.")
        return None

    def commit(self, number: str) -> Trial:
        """Start the trial, or write to the one that is there."""
        if self.held.trial:
            return imports.commit(
                self.held, number=number, revision=self.revision, by=self.request.user
            )
        return imports.start_trial(
            self.held, values=self.trial.cleaned_data, number=number, revision=self.revision,
            by=self.request.user,
        )  # fmt: skip

    def context(self) -> dict[str, Any]:
        """Everything on the page."""
        may_add = allowed(self.request.user, Permission.TRIAL_EDIT, self.held.sponsor)
        return {
            "held": self.held, "revision": self.revision, "trial": self.held.trial,
            "errors": self.errors, "trial_form": None if self.held.trial else self.trial,
            "may_start": bool(self.held.trial) or may_add,
        }  # fmt: skip


class RecordDesk(Desk):
    """The desk of a register's record: there is nothing to correct in it."""

    template = "trials/record.html"

    def __init__(self, request: Request, held: ProtocolImport) -> None:
        self.record = files.record_of(held.file)
        super().__init__(request, held, files.named_by_record(self.record))

    def context(self) -> dict[str, Any]:
        """The record beside what every preview has."""
        countries = dict.fromkeys(place.country for place in self.record.locations)
        return super().context() | {"record": self.record, "known": list(countries)}


class ProtocolDesk(Desk):
    """The desk of a protocol: a row to correct for each visit."""

    template = "trials/preview.html"

    def __init__(self, request: Request, held: ProtocolImport) -> None:
        self.preview = files.preview_of(held)
        super().__init__(request, held, files.named_by_protocol(self.preview.protocol))
        self.number = NumberForm(
            self.posted("commit"), prefix="version", initial={"number": self._free_number()}
        )
        self.formset = RowFormSet(
            self.posted("save", "commit"), prefix="row",
            initial=[_initial(row) for row in self.preview.rows],
        )  # fmt: skip
        for row, form in self.pairs:
            form.fields["offset"].disabled = row.is_anchor
            form.offer(self.preview.earlier.visits)
        self.required = [*self.required, self.number] if self.step == "commit" else []

    @property
    def pairs(self) -> list[tuple[Row, RowForm]]:
        """Each row with its form."""
        return list(zip(self.preview.rows, self.formset, strict=False))

    def act(self) -> HttpResponse | None:
        """Read another design, keep the corrections, and with the last button commit them."""
        if self.step == "design":
            return self._choose_design()
        if not (self._rows_are_valid() and self.is_filled_in):
            return self.mend()
        found = corrections(self.preview, [form.cleaned_data for form in self.formset])
        self.held = imports.correct(
            self.held, corrections=found, revision=self.revision, by=self.request.user
        )
        self.revision = self.held.revision
        if self.step == "save":
            messages.success(self.request, "Corrections kept. Nothing is in the trial yet.")
            return redirect(self.held)
        number = self.number.cleaned_data["number"]
        trial = self.commit(number)
        messages.success(self.request, f"{trial} has draft schedule {number}.")
        return redirect("trials:schedule", trial.code)

    def _rows_are_valid(self) -> bool:
        """Whether each row can be read and no two go on from the same visit."""
        if not self.formset.is_valid():
            return False
        times = Counter(form.cleaned_data.get("same_as") for form in self.formset)
        again = [form for form in self.formset if times[form.cleaned_data.get("same_as")] > 1]
        doubled = [form for form in again if form.cleaned_data.get("same_as")]
        for form in doubled:
            form.add_error("same_as", "Two visits cannot go on from the same one.")
        return not doubled

    def _choose_design(self) -> HttpResponse:
        design = self.request.POST.get("design", "")
        imports.choose_design(
            self.held, design=design, revision=self.revision, by=self.request.user
        )
        return redirect(self.held)

    def _free_number(self) -> str:
        """The version the file gives itself, where the trial has no such schedule; 1 and 1.0 are the same."""
        said = _UNFIT.sub("", self.preview.protocol.version)[:16] or "1.0"
        taken = ScheduleVersion.objects.filter(trial=self.held.trial).values_list(
            "number", flat=True
        )
        used = {_plain(number) for number in taken}
        return next(
            number
            for number in chain([said], (f"{said}-{again}" for again in count(2)))
            if _plain(number) not in used
        )

    def context(self) -> dict[str, Any]:
        """The rows and the matrix beside what every preview has."""
        earlier = self.preview.earlier
        now, was = grid.of_preview(self.preview), NOTHING
        if earlier.version:
            was = grid.of_version(earlier.version)
        compared = differences.compare(was, now)
        columns = {column.key: column for column in compared.grid.columns}
        lines = [
            (row, form, columns.get(row.key), self.preview.found_by(row))
            for row, form in self.pairs
        ]
        return super().context() | {
            "preview": self.preview, "protocol": self.preview.protocol, "lines": lines,
            "formset": self.formset, "number_form": self.number, "earlier": earlier.version,
            "parts": summary.parts_of(self.preview, now, was), "gone": compared.gone_visits,
            "findings": self._findings(), "compared": compared if earlier.version else None,
            "grid": compared.grid if earlier.version else now,
        }  # fmt: skip

    def _findings(self) -> list[tuple[str, str, list[tuple[Finding, str]]]]:
        """What was noticed by how grave it is, each with the row it belongs to."""
        at = {finding: f"v{row.place}" for row in self.preview.rows for finding in row.findings}
        return [
            (title, mark, [(one, at.get(one, "")) for one in found])
            for level, title, mark in LEVELS
            if (found := [one for one in self.preview.protocol.warnings if one.level is level])
        ]


def desk_of(request: Request, held: ProtocolImport) -> Desk:
    """The desk for the kind of file."""
    is_record = held.file.kind == ProtocolFile.Kind.REGISTRY
    return RecordDesk(request, held) if is_record else ProtocolDesk(request, held)


def _plain(number: str) -> str:
    return number.removesuffix(".0")


def _initial(row: Row) -> dict[str, Any]:
    return {
        "is_included": row.is_included, "name": row.name, "offset": row.offset,
        "window": row.window, "modality": row.modality, "same_as": _lineage(row),
    }  # fmt: skip


def _lineage(row: Row) -> str:
    return str(row.before.lineage) if row.before else ""


def corrections(preview: Preview, typed: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What was typed that differs from what the file says, by the key of the row."""
    plain = Preview(preview.protocol, {}, preview.earlier).rows
    rows = zip(preview.rows, plain, typed, strict=False)
    fixes = {read.key: _fix(shown, read, values) for shown, read, values in rows}
    return {key: fix for key, fix in fixes.items() if fix}


def _fix(shown: Row, read: Row, values: Mapping[str, Any]) -> dict[str, Any]:
    said = {"name": read.name, "modality": read.modality, "is_included": read.is_included}
    fix = {name: values[name] for name, value in said.items() if values[name] != value}
    if values["window"] != read.window:
        fix["window"] = values["window"] and [str(side) for side in values["window"]]
    if values["offset"] not in {None, shown.counting.offset}:
        fix |= {"offset": str(values["offset"]), "from": shown.counting.reference}
    if values.get("same_as", _lineage(read)) != _lineage(read):
        fix["same_as"] = values["same_as"]
    return fix
