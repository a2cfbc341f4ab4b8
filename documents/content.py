"""What a file holds: how large it may be, and what it is by its first bytes, whatever it is called."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from core.actions import RefusedError
from documents.models import MediaType

MEGABYTE = 1024 * 1024
LARGEST = 20 * MEGABYTE
LONGEST_NAME = 120
SIGNATURES: tuple[tuple[int, bytes, MediaType], ...] = (  # where they stand, what they are
    (0, b"%PDF-", MediaType.PDF),
    (0, b"\xff\xd8\xff", MediaType.JPEG),
    (0, b"\x89PNG\r\n\x1a\n", MediaType.PNG),
    (0, b"II*\x00", MediaType.TIFF),
    (0, b"MM\x00*", MediaType.TIFF),
    (4, b"ftypheic", MediaType.HEIC),
    (4, b"ftypheix", MediaType.HEIC),
    (4, b"ftypmif1", MediaType.HEIC),
)
ENDINGS = {
    MediaType.PDF: "pdf", MediaType.JPEG: "jpg", MediaType.PNG: "png", MediaType.TIFF: "tiff",
    MediaType.HEIC: "heic",
}  # fmt: skip
KNOWN = ", ".join(str(kind.label) for kind in MediaType)
TOO_LARGE = (
    f"The file is larger than {LARGEST // MEGABYTE} MB. Scan it in grey or at 200 dpi, and choose"
    " the smaller file."
)
EMPTY = "The file is empty. Choose another one."


@dataclass(frozen=True, slots=True)
class Content:
    """A file that is fit to be kept."""

    name: str
    raw: bytes
    media_type: MediaType


def read(name: str, raw: bytes) -> Content:
    """The file under a plain name; refused where it is empty, too large or of no format we keep."""
    if not raw:
        raise RefusedError(EMPTY)
    if len(raw) > LARGEST:
        raise RefusedError(TOO_LARGE)
    kind = _kind_of(raw)
    if kind is None:
        raise RefusedError(
            f"This is no {KNOWN} file, whatever its name says. Save or scan it as PDF."
        )
    return Content(_plain(name, kind), raw, kind)


def _kind_of(raw: bytes) -> MediaType | None:
    found = (kind for at, mark, kind in SIGNATURES if raw[at : at + len(mark)] == mark)
    return next(found, None)


def _plain(name: str, kind: MediaType) -> str:
    """The last part of a path, without what steers a screen or a disk, and with the true ending."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    stem = last.rpartition(".")[0] or last
    words = "".join(sign if sign.isalnum() or sign in "-_()" else " " for sign in stem)
    return f"{' '.join(words.split())[:LONGEST_NAME] or 'file'}.{ENDINGS[kind]}"
