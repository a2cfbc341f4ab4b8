"""A protocol file from upload through preview to a trial with a draft schedule."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from core.access import require
from core.actions import RefusedError
from core.permissions import Permission
from core.versions import ConflictError
from core.web import Request, allowed, find, page, whole
from trials import registry
from trials.actions import imports
from trials.forms import NewTrialForm, NumberForm, RowFormSet, UploadForm
from trials.models import ProtocolFile, ProtocolImport, ScheduleVersion, Sponsor, Trial
from trials.queries import files
from trials.queries.grid import of_preview
from trials.queries.preview import Preview, Row


@require_http_methods(["GET", "POST"])
def receive(request: Request, code: str = "") -> HttpResponse:
    """Take a protocol file, for a trial or for one that is not there yet."""
    trial = find(Trial, request.user, code=code) if code else None
    if trial is not None:
        require(request.user, Permission.PROTOCOL_EDIT, trial)
    sponsors = None if trial else _sponsors(request)
    if sponsors is not None and not sponsors.exists():
        raise Http404("There is no sponsor for whom you may import a protocol.")
    is_sent = request.method == "POST"
    form = UploadForm(
        request.POST if is_sent else None, request.FILES if is_sent else None, sponsors=sponsors
    )
    context: dict[str, Any] = {"form": form, "trial": trial}
    status = 422 if form.is_bound else 200
    if form.is_valid():
        file = form.cleaned_data["file"]
        target = trial or form.cleaned_data["sponsor"]
        try:
            held = imports.receive(target, name=file.name, raw=file.read(), by=request.user)
        except imports.ImportedBeforeError as error:
            form.add_error("file", str(error))
            context["other"], status = error.url, 409
        except RefusedError as error:
            form.add_error("file", str(error))
        else:
            return redirect(held)
    open_now = ProtocolImport.objects.visible_to(request.user).filter(
        trial=trial, status=ProtocolImport.Status.PREVIEW
    )
    context["open"] = open_now.select_related("file", "sponsor").order_by("-pk")[:10]
    return page(request, "trials/import.html", context, status=status)


def _sponsors(request: Request) -> Any:
    """The sponsors whose trials the person may add and whose protocols they may edit."""
    both = Sponsor.objects.visible_to(request.user, Permission.TRIAL_EDIT)
    return both & Sponsor.objects.visible_to(request.user, Permission.PROTOCOL_EDIT)


@require_http_methods(["GET", "POST"])
def preview(request: Request, pk: int) -> HttpResponse:
    """What a file would write; corrected, committed or set aside."""
    held = find(ProtocolImport, request.user, to=Permission.PROTOCOL_EDIT, pk=pk)
    if held.status != ProtocolImport.Status.PREVIEW:
        messages.success(request, f"{held} is {held.get_status_display().lower()} already.")
        return redirect(held.trial or "trials:import")
    desk = Desk(request, held)
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if done := desk.act():
                return done
        except RefusedError as error:
            desk.errors.append(str(error))
        except ConflictError as error:
            desk.errors.append(str(error))
            status = 409
    return page(request, desk.template, desk.context(), status=status)


@require_POST
def discard(request: Request, pk: int) -> HttpResponse:
    """Set an import aside."""
    held = find(ProtocolImport, request.user, pk=pk)
    imports.discard(held, by=request.user)
    messages.success(request, f"{held} is set aside. The file is kept.")
    return redirect(held.trial or "trials:import")


class Desk:
    """The forms of one preview, bound to what was posted, and what is done with them."""

    def __init__(self, request: Request, held: ProtocolImport) -> None:
        self.request = request
        self.held = held
        self.errors: list[str] = []
        self.is_record = held.file.kind == ProtocolFile.Kind.REGISTRY
        self.template = "trials/record.html" if self.is_record else "trials/preview.html"
        self.record = files.record_of(held.file) if self.is_record else None
        self.preview = None if self.is_record else files.preview_of(held)
        self.rows = self.preview.rows if self.preview else []
        self.step = request.POST.get("do", "")
        self.revision = whole(request.POST.get("revision", "")) or held.revision
        posted = request.POST if request.method == "POST" else None
        last = posted if self.step == "commit" else None
        names = files.suggested(self.record or self.preview.protocol)  # type: ignore[union-attr]
        self.trial = None if held.trial else NewTrialForm(last, prefix="trial", initial=names)
        number = self._number()
        self.number = NumberForm(last, prefix="version", initial={"number": number})
        self.formset = RowFormSet(
            posted if self.step in {"save", "commit"} else None,
            prefix="row", initial=[_initial(row) for row in self.rows],
        )  # fmt: skip
        for form, row in zip(self.formset, self.rows, strict=False):
            form.fields["offset"].disabled = row.is_anchor

    def act(self) -> HttpResponse | None:
        """Do what the pressed button says; nothing where something is to be mended first."""
        if self.step == "design":
            self._choose_design()
            return redirect(self.held)
        if not self._is_valid():
            self.errors.append("Something is to be mended below. Nothing was saved.")
            return None
        if self.preview:
            found = corrections(self.preview, [form.cleaned_data for form in self.formset])
            self.held = imports.correct(
                self.held, corrections=found, revision=self.revision, by=self.request.user
            )
            self.revision = self.held.revision
        if self.step != "commit":
            messages.success(self.request, "Corrections kept. Nothing is in the trial yet.")
            return redirect(self.held)
        return self._commit()

    def _is_valid(self) -> bool:
        """Whether all that the button needs is right; each form says what is not."""
        is_last = self.step == "commit"
        said = [self.formset.is_valid()] if self.preview else []
        said += [self.number.is_valid()] if is_last and self.preview else []
        said += [self.trial.is_valid()] if is_last and self.trial else []
        return all(said)

    def _commit(self) -> HttpResponse:
        number = self.number.cleaned_data["number"] if self.preview else ""
        if self.trial:
            trial = imports.start_trial(
                self.held, values=self.trial.cleaned_data, number=number, revision=self.revision,
                by=self.request.user,
            )  # fmt: skip
        else:
            trial = imports.commit(
                self.held, number=number, revision=self.revision, by=self.request.user
            )
        what = f"draft schedule {number}" if self.preview else "what the register says"
        messages.success(self.request, f"{trial} has {what}.")
        return redirect("trials:schedule", trial.code) if self.preview else redirect(trial)

    def _choose_design(self) -> None:
        design = self.request.POST.get("design", "")
        imports.choose_design(
            self.held, design=design, revision=self.revision, by=self.request.user
        )

    def _number(self) -> str:
        """The version the file gives itself, where the trial has no such schedule yet."""
        said = self.preview.protocol.version if self.preview else ""
        said = "".join(c for c in said if c.isalnum() or c in ".-_")[:16] or "1.0"
        taken = set(
            ScheduleVersion.objects.filter(trial=self.held.trial).values_list("number", flat=True)
        )
        free = (f"{said}{mark}" for mark in ["", *(f"-{n}" for n in range(2, 99))])
        return next(number for number in free if self.held.trial is None or number not in taken)

    def context(self) -> dict[str, Any]:
        """Everything on the page."""
        found: dict[str, Any] = {
            "held": self.held, "revision": self.revision, "trial": self.held.trial, "errors": self.errors,
            "trial_form": self.trial, "number_form": self.number, "formset": self.formset,
            "may_start": self.held.trial is not None
            or allowed(self.request.user, Permission.TRIAL_EDIT, self.held.sponsor),
        }  # fmt: skip
        if self.preview is None:
            return found | {"record": self.record, "known": _countries(self.record)}
        preview = self.preview
        return found | {
            "preview": preview,
            "protocol": preview.protocol,
            "pairs": list(zip(self.rows, self.formset, strict=False)),
            "grid": of_preview(preview),
        }


def _initial(row: Row) -> dict[str, Any]:
    return {
        "is_included": row.is_included, "name": row.name, "offset": row.offset,
        "window": row.window, "modality": row.modality,
    }  # fmt: skip


def corrections(preview: Preview, typed: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What was typed that differs from what the file says, by the key of the row."""
    plain = Preview(preview.protocol, {}).rows
    found = {}
    for shown, read, values in zip(preview.rows, plain, typed, strict=False):
        fix = {
            name: values[name]
            for name in ("name", "modality", "is_included")
            if values[name] != getattr(read, name)
        }
        if values["window"] != read.window:
            fix["window"] = values["window"] and [str(side) for side in values["window"]]
        if values["offset"] is not None and values["offset"] != shown.counting.offset:
            fix |= {"offset": str(values["offset"]), "from": shown.counting.reference}
        if fix:
            found[read.key] = fix
    return found


def _countries(record: registry.RegistryRecord | None) -> list[str]:
    return list(dict.fromkeys(place.country for place in record.locations)) if record else []
