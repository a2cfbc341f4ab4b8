"""Protocol files: received, corrected, and committed to a trial or set aside."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from accounts.models import User
from core.actions import RefusedError, action
from core.permissions import Permission
from core.versions import ConflictError, lock
from trials import registry, usdm
from trials.actions import protocols, schedules, trials
from trials.models import ProtocolFile, ProtocolImport, ScheduleVersion, Sponsor, Trial
from trials.queries import files
from trials.queries.preview import Preview
from trials.untrusted import RefusedFileError

Status = ProtocolImport.Status


class ImportedBeforeError(ConflictError):
    """The same file was imported already; the way out is to open what it made."""

    def __init__(self, text: str, url: str) -> None:
        super().__init__(text)
        self.url = url


@action(Permission.PROTOCOL_EDIT, "receive protocol file")
def receive(target: Sponsor | Trial, *, name: str, raw: bytes, by: User) -> ProtocolImport:
    """Keep a file exactly as it came and open its preview; a second time, the same preview."""
    trial = target if isinstance(target, Trial) else None
    sponsor = target.sponsor if isinstance(target, Trial) else target
    kind, standard = _read(raw)
    file, _ = ProtocolFile.objects.get_or_create(
        sponsor=sponsor, sha256=hashlib.sha256(raw).hexdigest(),
        defaults={
            "trial": trial, "kind": kind, "name": name[-200:], "standard": standard,
            "size": len(raw), "raw": raw,
        },
    )  # fmt: skip
    file = lock(file)
    _refuse_second(file, trial)
    held, made = ProtocolImport.objects.get_or_create(
        file=file, status=Status.PREVIEW, defaults={"sponsor": sponsor, "trial": trial}
    )
    if not made and held.trial_id != (trial and trial.pk):
        raise ImportedBeforeError(
            "A preview of this file is open already for another trial. Set it aside first.",
            held.get_absolute_url(),
        )
    if made:
        ProtocolImport.flow.begin(held, by=by)
    return held


def _read(raw: bytes) -> tuple[str, str]:
    """The kind of a file and the standard it follows, once it is known to be readable."""
    try:
        kind = files.kind_of(raw)
        if kind == ProtocolFile.Kind.REGISTRY:
            registry.read(raw)
            return kind, "ClinicalTrials.gov v2"
        protocol = usdm.read(raw)
        Preview(protocol, {}).refuse_too_large()
    except RefusedFileError as error:
        raise RefusedError(str(error)) from error
    return kind, f"USDM {protocol.usdm_version}".strip()[:40]


def _refuse_second(file: ProtocolFile, trial: Trial | None) -> None:
    """One file is one trial, and one schedule of it."""
    if file.trial is None:
        return
    if trial is not None and file.trial_id != trial.pk:
        raise ImportedBeforeError(
            f"This file belongs to {file.trial}. Choose the file of {trial}.",
            file.trial.get_absolute_url(),
        )
    done = file.schedules.exclude(status=ScheduleVersion.Status.DISCARDED).order_by("-pk").first()
    if done is not None:
        raise ImportedBeforeError(
            f"This file was imported already: it is {done} of {file.trial}. Open that one.",
            done.get_absolute_url(),
        )
    if trial is None:
        raise ImportedBeforeError(
            f"This file was imported already: it is the trial {file.trial}. Open it.",
            file.trial.get_absolute_url(),
        )


@action(Permission.PROTOCOL_EDIT, "correct protocol import")
def correct(
    held: ProtocolImport, *, corrections: Mapping[str, Any], revision: int | None = None, by: User
) -> ProtocolImport:
    """Keep what was corrected in the preview; nothing of it is in the trial yet."""
    held = _open(held, revision)
    if held.corrections != corrections:
        held.corrections = dict(corrections)
        held.save(update_fields=["corrections"])
        held.refresh_from_db(fields=["revision"])
    return held


@action(Permission.PROTOCOL_EDIT, "choose study design")
def choose_design(
    held: ProtocolImport, *, design: str, revision: int | None = None, by: User
) -> ProtocolImport:
    """Read another study design of the file; corrections to the one before are dropped."""
    held = _open(held, revision)
    try:
        protocol = usdm.read(bytes(held.file.raw), design=design)
        Preview(protocol, {}).refuse_too_large()
    except RefusedFileError as error:
        raise RefusedError(str(error)) from error
    held.design, held.corrections = design, {}
    held.save(update_fields=["design", "corrections"])
    return held


@action(Permission.PROTOCOL_EDIT, "set protocol import aside")
def discard(held: ProtocolImport, *, by: User) -> ProtocolImport:
    """Set an import aside; the file is kept."""
    ProtocolImport.flow.move(_open(held), Status.DISCARDED, by=by)
    return held


@action(Permission.TRIAL_EDIT, "start trial from protocol")
def start_trial(
    held: ProtocolImport, *, values: Mapping[str, object], number: str, by: User,
    revision: int | None = None,
) -> Trial:  # fmt: skip
    """Make the trial that a protocol describes, with its first draft schedule."""
    held = _open(held, revision)
    if held.trial is not None:
        raise ConflictError(f"This import belongs to {held.trial} already.")
    trial = trials.add_trial(held.sponsor, values=values, by=by)
    held.trial = trial
    held.save(update_fields=["trial"])
    _write(held, trial, number, by)
    return trial


@action(Permission.PROTOCOL_EDIT, "commit protocol import")
def commit(held: ProtocolImport, *, number: str, by: User, revision: int | None = None) -> Trial:
    """Write the corrected protocol to its trial, as a draft schedule."""
    held = _open(held, revision)
    if held.trial is None:
        raise RefusedError("This protocol has no trial yet. Say which trial it makes.")
    _write(held, held.trial, number, by)
    return held.trial


def _write(held: ProtocolImport, trial: Trial, number: str, by: User) -> None:
    ProtocolFile.objects.filter(pk=held.file_id).update(trial=trial)
    if held.file.kind == ProtocolFile.Kind.REGISTRY:
        protocols.write_record(trial, files.record_of(held.file), by=by)
    else:
        preview = files.preview_of(held)
        if preview.questions:
            names = ", ".join(row.name for row in preview.questions[:5])
            raise RefusedError(
                f"Say when these take place, or leave them out: {names}. Nothing was written."
            )
        version = schedules.draft(trial, number=number, by=by)
        protocols.write(version, preview, held.file, by=by)
    ProtocolImport.flow.move(held, Status.COMMITTED, by=by)


def _open(held: ProtocolImport, revision: int | None = None) -> ProtocolImport:
    held = lock(held, revision)
    if held.status != Status.PREVIEW:
        raise ConflictError(f"{held} is {held.get_status_display().lower()} already.")
    return held
