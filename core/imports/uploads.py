"""From an uploaded file to records: mapping, dry run, and taking over in steps that can be resumed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import structlog
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from core.access import SCOPES, Scope, ScopeKind, require
from core.actions import RefusedError, action
from core.audit import coming_from
from core.encryption import box
from core.imports import table
from core.imports.checks import Checked, lines_of
from core.imports.columns import DAY_FIRST, MONTH_FIRST, Column, guess, guess_order
from core.imports.importer import IMPORTERS, Importer
from core.models import Source, Upload
from core.permissions import Permission
from core.versions import ConflictError, lock

if TYPE_CHECKING:
    from accounts.models import User

log = structlog.get_logger(__name__)
PROBLEM = "What is wrong"
UNFORESEEN = (
    "The database refused the next rows, so none of them was taken over. Look at what is wrong now"
    " and begin again; if it stays, set the list aside and tell your administrator."
)
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Opened:
    """An upload with its file read: what the mapping page shows and the dry run finds."""

    upload: Upload
    by: User

    @cached_property
    def importer(self) -> Importer:
        """The kind of list it is."""
        return IMPORTERS[self.upload.kind]

    @cached_property
    def scope(self) -> Scope:
        """Where it goes: a site, else a trial."""
        if self.upload.site_id:
            return SCOPES[ScopeKind.SITE].objects.get(pk=self.upload.site_id)
        return SCOPES[ScopeKind.TRIAL].objects.get(pk=self.upload.trial_id)

    @cached_property
    def table(self) -> table.Table:
        """The file."""
        return table.read(box().decrypt(bytes(self.upload.raw)))

    @cached_property
    def columns(self) -> list[Column]:
        """What this person may take from it."""
        return list(self.importer.columns(self.scope, self.by))

    @cached_property
    def checked(self) -> Checked:
        """The dry run."""
        lines = lines_of(self.table, self.columns, self.upload.mapping, self.upload.day_order)
        return self.importer.check(self.scope, lines, self.by)

    def faulty_rows(self) -> bytes:
        """The wrong rows as a file: only what was taken from them, and what is wrong."""
        wrong = {line.number: line for line in self.checked.wrong}
        used = [c for c in self.columns if c.name in self.upload.mapping]
        head = [self.table.head[self.upload.mapping[c.name]] for c in used]
        rows = [
            [
                *(cells[self.upload.mapping[c.name]] for c in used),
                " ".join(
                    f"{fault.column}: {fault.text}".removeprefix(": ") for fault in line.faults
                ),
            ]
            for number, cells in self.table.rows
            if (line := wrong.get(number))
        ]
        return table.write([*head, PROBLEM], rows) if rows else b""


@action(Permission.SITE_VIEW, "upload list")
def upload(scope: Scope, *, kind: str, name: str, raw: bytes, by: User) -> Upload:
    """Keep a file, encrypted, until it is taken over or set aside; its columns are guessed."""
    importer = IMPORTERS[kind]
    require(by, importer.permission, scope)
    read = table.read(raw)
    ids = scope.own_ids()
    return Upload.objects.create(
        kind=kind, name=name[:200], size=len(raw), sha256=hashlib.sha256(raw).hexdigest(),
        raw=box().encrypt(raw), mapping=guess(read.head, importer.columns(scope, by)),
        day_order=guess_order(read), owner_id=by.pk, trial_id=ids.trial_id, site_id=ids.site_id,
        place_id=ids.place_id,
    )  # fmt: skip


@action(Permission.SITE_VIEW, "map columns")
def map_columns(held: Upload, *, mapping: Mapping[str, int], day_order: str, by: User) -> Upload:
    """Say which column of the file goes where."""
    held = _waiting(held)
    if day_order not in {DAY_FIRST, MONTH_FIRST}:
        raise RefusedError("Say whether dates in figures begin with the day or the month.")
    twice = [position for position in mapping.values() if [*mapping.values()].count(position) > 1]
    if twice:
        raise RefusedError("One column of the file is chosen twice. Choose each at most once.")
    held.mapping, held.day_order, held.message = dict(mapping), day_order, ""
    held.save(update_fields=["mapping", "day_order", "message"])
    return held


@action(Permission.SITE_VIEW, "begin import")
def begin(held: Upload, *, without_wrong: bool, by: User) -> Upload:
    """Take the checked rows over, in the worker; the wrong ones stay behind only when told so."""
    opened = Opened(_waiting(held), by)
    require(by, opened.importer.permission, opened.scope)
    wrong = len(opened.checked.wrong)
    if wrong and not without_wrong:
        rows = "1 row is" if wrong == 1 else f"{wrong:,} rows are"
        raise RefusedError(f"{rows} wrong. Mend them, or choose to import the good rows only.")
    if not opened.checked.ready:
        raise RefusedError("Nothing in this file is new. Nothing was changed.")
    Upload.objects.filter(pk=held.pk).update(
        begun_at=timezone.now(),
        moved_at=timezone.now(),
        total=len(opened.checked.ready),
        message="",
    )
    return held


@action(Permission.SITE_VIEW, "set list aside")
def set_aside(held: Upload, *, by: User) -> Upload:
    """Forget the file; nothing of it is taken over."""
    _waiting(held)
    Upload.objects.filter(pk=held.pk).update(ended_at=timezone.now(), raw=b"", message="Set aside.")
    return held


def forget_old() -> None:
    """Drop files nobody took over, and wrong rows nobody mended, after a month."""
    now = timezone.now()
    old = Upload.objects.filter(at__lt=now - KEPT).exclude(raw=b"")
    old.filter(begun_at=None, ended_at=None).update(
        ended_at=now, message="Set aside after a month."
    )
    old.filter(ended_at__isnull=False).update(raw=b"")


def _waiting(held: Upload) -> Upload:
    """The upload, locked, while it is still to be taken over."""
    fresh = lock(held)
    if fresh.begun_at or fresh.ended_at:
        raise ConflictError(f"{fresh.name} is imported or set aside already. Reload to see it.")
    return fresh


def run(upload_id: int) -> None:
    """Take over what is left, batch by batch: safe to run twice, and after a sudden end."""
    held = Upload.objects.filter(pk=upload_id, begun_at__isnull=False, ended_at=None).first()
    if held is None:
        return
    by = cast("Any", get_user_model())._default_manager.get(pk=held.owner_id)
    with coming_from(source=Source.IMPORT):
        try:
            _carry_on(Opened(held, by))
        except (RefusedError, ConflictError, PermissionDenied) as error:
            _stop(upload_id, str(error))
        except (
            IntegrityError,
            DataError,
        ):  # what the dry run did not foresee, or somebody was faster
            log.exception("import_refused", upload=upload_id)
            _stop(upload_id, UNFORESEEN)


def _stop(upload_id: int, why: str) -> None:
    """Let whoever brought the list see why it went no further: it is checked anew, or set aside."""
    Upload.objects.filter(pk=upload_id).update(begun_at=None, message=why)


def _carry_on(opened: Opened) -> None:
    held, ready = opened.upload, opened.checked.ready
    step = opened.importer.batch or max(len(ready), 1)
    reason = f"{held.name}, SHA-256 {held.sha256[:12]}"
    faulty = opened.faulty_rows()
    for start in range(0, len(ready), step):
        batch = ready[start : start + step]
        with transaction.atomic():
            if lock(held).ended_at:
                return
            opened.importer.take_over(opened.scope, batch, reason=reason, by=opened.by)
            left = len(ready) - start - len(batch)
            Upload.objects.filter(pk=held.pk).update(
                done=max(held.total - left, 0), moved_at=timezone.now()
            )
    kept = box().encrypt(faulty) if faulty else b""
    Upload.objects.filter(pk=held.pk).update(
        ended_at=timezone.now(), done=held.total, left_behind=len(opened.checked.wrong), raw=kept
    )
