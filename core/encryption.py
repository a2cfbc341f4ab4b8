"""Text that lies encrypted in the database and is readable only in the application."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def box() -> MultiFernet:
    """The keys of this deployment, newest first; old ones still open what they closed."""
    return _box(tuple(settings.ENCRYPTION_KEYS))


def keyed_hash(text: str) -> str:
    """A hash that only this deployment can make, so that nobody finds a text by trying many."""
    return hmac.new(settings.IDENTITY_HASH_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


class EncryptedTextField(models.TextField[str, str]):
    """Text encrypted at rest; the empty text stays empty."""

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on the way in."""
        return box().encrypt(str(value).encode()).decode() if value else ""

    def from_db_value(self, value: str | None, *_: Any) -> str:
        """Decrypt on the way out."""
        return reveal(value or "")


def reveal(token: str) -> str:
    """The text behind an encrypted value; a clear error where the key is missing."""
    if not token:
        return ""
    try:
        return box().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise ValueError("Encrypted with a key that is not in ENCRYPTION_KEYS.") from error
