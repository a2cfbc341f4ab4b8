"""Where contents lie: encrypted, each once under its hash, read only if it is still what it was."""

from __future__ import annotations

import hashlib

from cryptography.fernet import InvalidToken
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import connection

from core.encryption import box


class LostError(Exception):
    """The content is not there, or is not what was kept; the text says which."""


def hash_of(raw: bytes) -> str:
    """The name of a content: whoever has one can tell that it is unchanged."""
    return hashlib.sha256(raw).hexdigest()


def put(raw: bytes) -> str:
    """Keep a content, in the transaction that records it; one that is lost is mended by this."""
    sha256 = hash_of(raw)
    with connection.cursor() as cursor:  # two people may bring the same content at once
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [sha256])
    try:
        get(sha256)
    except LostError:
        storage, path = _storage(), _path(sha256)
        storage.delete(path)
        storage.save(path, ContentFile(box().encrypt(raw)))
    return sha256


def get(sha256: str) -> bytes:
    """A content, proven by its hash."""
    try:
        with _storage().open(_path(sha256)) as file:
            raw = box().decrypt(file.read())
    except FileNotFoundError as error:
        raise LostError("is missing from the file store") from error
    except InvalidToken as error:
        raise LostError("was damaged in the file store, or its key is missing") from error
    if hash_of(raw) != sha256:
        raise LostError("is not the content that was added")
    return raw


def _storage() -> Storage:
    return storages["documents"]


def _path(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
