"""Files for tests."""

from __future__ import annotations

from documents import actions
from documents.content import Content, read
from documents.models import Document, DocumentKind
from tests.world import World

PDF, PNG = b"%PDF-1.7\n%a scan\n", b"\x89PNG\r\n\x1a\n a photo"
NAMED = "C:\\scans\\consent_Anne Quillfeather.PDF"


def content(name: str = NAMED, raw: bytes = PDF) -> Content:
    """A file fit to be kept."""
    return read(name, raw)


def added(
    world: World, *, is_identifying: bool = True, raw: bytes = PDF,
    kind: DocumentKind = DocumentKind.RECEIPT,
) -> Document:  # fmt: skip
    """A document at the site."""
    return actions.add_document(
        world.site, kind=kind, title="Paper of 1042-001",
        content=content(raw=raw), is_identifying=is_identifying, by=world.coordinator,
    )  # fmt: skip
