"""Signatures as they stand: what each holds for, and whether it still holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from core.access import ScopedModel
from core.models import Signature

T = TypeVar("T", bound=ScopedModel)

STATEMENT = "I sign this electronically; it has the same force as my handwritten signature."


def content_hash(content: Any) -> str:
    """The hash that binds a signature to exactly this content."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature as it is shown: who signed when and as what, and whether it still holds."""

    by: str
    role: str
    at: str
    meaning: str
    content_hash: str
    is_intact: bool

    def __str__(self) -> str:
        said = f"Signed by {self.by} ({self.role}) on {self.at}, meaning: {self.meaning}"
        return said if self.is_intact else f"{said}. The content changed since"


def signatures(record: T, content: Callable[[T], Any]) -> list[Signed]:
    """The signatures on a record, oldest first; the content is only asked where there are any."""
    found = Signature.objects.filter(target_type=record._meta.label_lower, target_id=record.pk)
    held = list(found.order_by("pk"))
    now = content_hash(content(record)) if held else ""
    return [
        Signed(
            one.signer_name, one.signer_role, one.signed_at, one.meaning, one.content_hash,
            one.content_hash == now,
        )
        for one in held
    ]  # fmt: skip
