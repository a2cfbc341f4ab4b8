"""Documents: added, superseded by a version, kept at the site, voided."""

from __future__ import annotations

from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError, action
from core.permissions import Permission
from core.versions import ConflictError, lock
from documents import store
from documents.content import Content
from documents.models import SIGNED, Document, DocumentKind, DocumentVersion
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
    current, same = held.current, held.versions.filter(sha256=store.hash_of(content.raw))
    if current in same.filter(is_identifying=is_identifying):
        raise RefusedError("This is the file that is there already. Choose the new one.")
    if not is_identifying and same.filter(is_identifying=True).exists():
        raise RefusedError(
            "This very file was said to show who the subject is. Choose one without names."
        )
    return _keep(held, numbers[0] + 1, content, is_identifying=is_identifying, by=by)


@action(Permission.DOCUMENT_ADD, "keep version at the site")
def withhold(version: DocumentVersion, *, reason: str, by: User) -> DocumentVersion:
    """Say that a version shows who a subject is after all; from now on it is read at the site only.

    So is every version of the document with the same content; a voided one is read, too.
    """
    held = _held(version, reason)
    if held.is_identifying:
        raise ConflictError(f"{held} is kept at the site already.")
    for same in held.document.versions.filter(sha256=held.sha256, is_identifying=False):
        same.is_identifying = True
        same.save(update_fields=["is_identifying"])
    held.refresh_from_db()
    return held


@action(Permission.DOCUMENT_ADD, "void version of document")
def void_version(version: DocumentVersion, *, reason: str, by: User) -> DocumentVersion:
    """Set aside a file that was added by mistake; it stays to be read, and the one before counts."""
    held = _held(version, reason)
    if held.voided_at is not None:
        raise ConflictError(f"{held} is voided: {held.void_reason}")
    held.voided_at, held.void_reason = timezone.now(), reason.strip()[:200]
    held.save(update_fields=["voided_at", "void_reason"])
    return held


def _held(version: DocumentVersion, reason: str) -> DocumentVersion:
    """The version as it is now, locked after its document."""
    if not reason.strip():
        raise RefusedError("Give the reason.")
    lock(version.document)
    return lock(version)


def _keep(
    document: Document, number: int, content: Content, *, is_identifying: bool, by: User
) -> DocumentVersion:
    if document.kind in SIGNED and not is_identifying:
        raise RefusedError(
            "A signed consent shows who the subject is, so it stays at the site. Add it as such."
        )
    made: DocumentVersion = DocumentVersion.objects.create(
        document=document, number=number, name=content.name, media_type=content.media_type,
        size=len(content.raw), sha256=store.put(content.raw), is_identifying=is_identifying,
        added_by_name=by.get_full_name(),
    )  # fmt: skip
    return made
