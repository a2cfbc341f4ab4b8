"""Electronic signatures: the genuine person, the exact content, a meaning and an instant."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied

from core.access import ScopedModel
from core.actions import RefusedError
from core.audit import cause, origin
from core.models import Signature, Source

if TYPE_CHECKING:
    from accounts.models import User

STATEMENT = "I sign this electronically; it has the same force as my handwritten signature."


class SigningFailedError(RefusedError):
    """The password given for a signature was not right."""


def content_hash(content: Any) -> str:
    """The hash that binds a signature to exactly this content."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def sign(
    record: ScopedModel, *, content: Any, meaning: str, password: str, shown_hash: str, by: User
) -> Signature:
    """Sign the content of a record inside the running action, after checking the password again."""
    if origin.get().source != Source.PAGE or by.is_service or origin.get().acting_for:
        raise PermissionDenied("Only a person at a page can sign.")
    if not by.check_password(password):
        raise SigningFailedError("Wrong password. Nothing was signed; try again.")
    digest = content_hash(content)
    if digest != shown_hash:
        raise RefusedError(f"{record} changed since it was shown. Review the change, then sign.")
    current = cause.get()
    if current is None:
        raise RuntimeError("A signature is made inside an action.")
    ids = record.scope_ids()
    return Signature.objects.create(
        target_type=record._meta.label_lower,
        target_id=record.pk,
        target_label=str(record)[:200],
        meaning=meaning,
        statement=STATEMENT,
        signer_id=by.pk,
        signer_name=by.get_full_name(),
        signer_role=by.role_names(),
        zone=by.time_zone,
        content_hash=digest,
        event_id=current.event_id,
        trial_id=ids.trial_id,
        site_id=ids.site_id,
        place_id=ids.place_id,
        subject_id=ids.subject_id,
    )


def signatures(record: ScopedModel) -> list[Signature]:
    """The signatures on a record, oldest first."""
    found = Signature.objects.filter(target_type=record._meta.label_lower, target_id=record.pk)
    return list(found.order_by("pk"))


def is_intact(signature: Signature, content: Any) -> bool:
    """Whether the content is still what was signed."""
    return signature.content_hash == content_hash(content)
