"""Documents: added, superseded by a version, kept at the site, voided."""

from __future__ import annotations

from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.permissions import Permission
from core.versions import ConflictError, lock
from documents import store
from documents.content import Content
from documents.models import Document, DocumentKind, DocumentVersion
from sites.models import Site


@action(Permission.DOCUMENT_ADD, "add document")
def add_document(
    site: Site, *, kind: DocumentKind, title: str, content: Content, is_identifying: bool, by: User
) -> Document:
    """Keep a file at a site as the first version of a document."""
    made: Document = Document.objects.create(site=site, kind=kind, title=title)
    _keep(made, 1, content, is_identifying=is_identifying, by=by)
    return made


@action(Permission.DOCUMENT_ADD, "add version of document")
def add_version(
    document: Document, *, content: Content, is_identifying: bool, by: User
) -> DocumentVersion:
    """Supersede what is there by another file; everything before it stays to be read."""
    held = lock(document)
    numbers = held.versions.order_by("-number").values_list("number", flat=True)
    current = held.current
    if current is not None and current.sha256 == store.hash_of(content.raw):
        if current.is_identifying == is_identifying:
            raise RefusedError("This is the file that is there already. Choose the new one.")
        if current.is_identifying:
            raise RefusedError(
                "This very file was said to show who the subject is. Choose one without names."
            )
    return _keep(held, numbers[0] + 1, content, is_identifying=is_identifying, by=by)


@action(Permission.DOCUMENT_ADD, "keep version at the site")
def withhold(version: DocumentVersion, *, reason: str, by: User) -> DocumentVersion:
    """Say that a version shows who a subject is after all; from now on it is read at the site only."""
    held = _open(version, reason)
    if held.is_identifying:
        raise ConflictError(f"{held} is kept at the site already.")
    held.is_identifying = True
    held.save(update_fields=["is_identifying"])
    return held


@action(Permission.DOCUMENT_ADD, "void version of document")
def void_version(version: DocumentVersion, *, reason: str, by: User) -> DocumentVersion:
    """Set aside a file that was added by mistake; it stays to be read, and the one before counts."""
    held = _open(version, reason)
    held.voided_at, held.void_reason = timezone.now(), reason.strip()[:200]
    held.save(update_fields=["voided_at", "void_reason"])
    return held


def _open(version: DocumentVersion, reason: str) -> DocumentVersion:
    if not reason.strip():
        raise RefusedError("Give the reason.")
    held = lock(version)
    if held.voided_at is not None:
        raise ConflictError(f"{held} is voided: {held.void_reason}")
    return held


def _keep(
    document: Document, number: int, content: Content, *, is_identifying: bool, by: User
) -> DocumentVersion:
    made: DocumentVersion = DocumentVersion.objects.create(
        document=document, number=number, name=content.name, media_type=content.media_type,
        size=len(content.raw), sha256=store.put(content.raw), is_identifying=is_identifying,
        added_by_name=by.get_full_name(),
    )  # fmt: skip
    return made
