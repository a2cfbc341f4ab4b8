"""Electronic signatures: the genuine person, the exact content, a meaning and an instant."""

from core.signing.action import Meaning, signed
from core.signing.proof import (
    PAUSED,
    REFUSED,
    RESUMED,
    Proof,
    SigningFailedError,
    SigningPausedError,
    paused_until,
)
from core.signing.signatures import STATEMENT, Signed, content_hash, signatures

__all__ = [
    "PAUSED",
    "REFUSED",
    "RESUMED",
    "STATEMENT",
    "Meaning",
    "Proof",
    "Signed",
    "SigningFailedError",
    "SigningPausedError",
    "content_hash",
    "paused_until",
    "signatures",
    "signed",
]
