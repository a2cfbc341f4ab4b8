"""What the addresses of documents take."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from core.permissions import Permission
from documents import actions
from tests.documents.papers import PNG, added, content
from tests.ways import Way
from tests.world import World


def document_ways(world: World) -> dict[str, list[Way]]:
    """A document with a version that shows who the subject is, and one that does not."""
    held = added(world)
    named = held.versions.get()
    plain = actions.add_version(
        held, content=content("plain.png", PNG), is_identifying=False, by=world.coordinator
    )
    see: dict[str, Any] = {"see": Permission.DOCUMENT_VIEW}
    change = see | {"get": Permission.DOCUMENT_ADD, "methods": "GET POST"}

    def to(name: str, pk: int) -> str:
        return reverse(f"documents:{name}", args=[pk])

    return {
        "documents:document": [Way(to("document", held.pk), **see)],
        "documents:open_version": [
            Way(to("open_version", named.pk), get=Permission.IDENTITY_VIEW, **see),
            Way(to("open_version", plain.pk), **see),
        ],
        "documents:add_version": [Way(to("add_version", held.pk), **change)],
        "documents:withhold": [Way(to("withhold", plain.pk), **change)],
        "documents:void_version": [Way(to("void_version", named.pk), **change)],
    }
