"""Reads over documents: what they belong to, who may open them, and what became of their contents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.models import User
from core.access import ScopedModel, can
from documents import store
from documents.models import Document, DocumentVersion


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as one person may see it."""

    version: DocumentVersion
    is_current: bool
    may_open: bool

    @property
    def chip(self) -> tuple[str, str]:
        """How it stands."""
        if self.version.voided_at is not None:
            return "", "Voided"
        return ("ok", "Current") if self.is_current else ("", "Superseded")

    @property
    def name(self) -> str:
        """What the file is called, to whoever may open it."""
        return self.version.name if self.may_open else self.version.get_media_type_display()


def versions_of(document: Document, user: User) -> list[VersionRow]:
    """The versions of a document, the newest first."""
    rows = list(document.versions.order_by("-number"))
    current = next((row for row in rows if row.voided_at is None), None)
    may_see, may_identify = (
        can(user, permission, document)
        for permission in (Document.view_permission, DocumentVersion(is_identifying=True).content_permission)
    )  # fmt: skip
    return [
        VersionRow(row, row is current, may_identify if row.is_identifying else may_see)
        for row in rows
    ]


def owner_of(document: Document, user: User) -> ScopedModel | None:
    """What a document belongs to, where the user may see it."""
    for relation in Document._meta.related_objects:
        model = relation.related_model
        if relation.one_to_one and issubclass(model, ScopedModel):
            rows = model.objects.visible_to(user).filter(**{relation.field.name: document})
            if (found := rows.first()) is not None:
                return found  # type: ignore[no-any-return]
    return None


@dataclass(frozen=True, slots=True)
class Lost:
    """A version whose content cannot be shown any more, and why."""

    version: DocumentVersion
    why: str

    def __str__(self) -> str:
        return f"{self.version} (key {self.version.pk}, SHA-256 {self.version.sha256}) {self.why}"


def lost() -> Iterator[Lost]:
    """Every version whose content is not what was added; each content is read once."""
    found: dict[str, str] = {}
    rows = DocumentVersion.objects.select_related("document").order_by("sha256", "pk")
    for version in rows.iterator(chunk_size=500):
        if version.sha256 not in found:
            found = {version.sha256: _why(version.sha256)}
        if why := found[version.sha256]:
            yield Lost(version, why)


def _why(sha256: str) -> str:
    try:
        store.get(sha256)
    except store.LostError as error:
        return str(error)
    return ""
