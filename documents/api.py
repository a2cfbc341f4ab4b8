"""Documents over REST: what there is, in which versions; contents that show a subject are not here."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from rest_framework import serializers

from core.actions import RefusedError
from core.api.resources import Resource, step
from core.api.shapes import LARGEST_KEY, Changing, Shape, Why, many_of
from documents import actions
from documents.content import Content, read
from documents.models import Document, DocumentKind, DocumentVersion


class FileShape(Shape):
    """A file inside a request."""

    name = serializers.CharField(max_length=200)
    content = serializers.CharField(help_text="The bytes in base64; at most 0.7 MB before that.")

    def to_internal_value(self, data: Any) -> Content:
        """The file, fit to be kept."""
        given = super().to_internal_value(data)
        try:
            return read(given["name"], base64.b64decode(given["content"], validate=True))
        except binascii.Error as error:
            raise serializers.ValidationError({"content": ["This is not base64."]}) from error
        except RefusedError as error:
            raise serializers.ValidationError({"content": [str(error)]}) from error


class Adding(Shape):
    """The next version of a document."""

    file = FileShape()
    is_identifying = serializers.BooleanField(
        default=True, help_text="It shows who the subject is, and is opened at the site only."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The version as the action takes it."""
        return {"content": attrs["file"], "is_identifying": attrs["is_identifying"]}


class DocumentFilters(Changing):
    """Filters of documents."""

    trial = serializers.CharField(source="site__trial__code", required=False, help_text="Its code.")
    site = serializers.IntegerField(source="site_id", required=False, max_value=LARGEST_KEY)
    kind = many_of(DocumentKind, "kind__in")


class DocumentResource(Resource):
    """A paper or a file at a site (FHIR DocumentReference)."""

    model = Document
    filters = DocumentFilters
    watched = {DocumentVersion: "document_id"}
    columns = {
        "id": "pk", "trial": "site__trial__code", "site": "site_id", "site_number": "site__number",
        "kind": "kind", "title": "title",
    }  # fmt: skip

    add_version = step(actions.add_version, Adding)


class VersionFilters(Changing):
    """Filters of versions of documents."""

    trial = serializers.CharField(
        source="document__site__trial__code", required=False, help_text="Its code."
    )
    document = serializers.IntegerField(source="document_id", required=False, max_value=LARGEST_KEY)
    sha256 = serializers.CharField(required=False)


class DocumentVersionResource(Resource):
    """A version of a document: its format, size and hash, never its name."""

    model = DocumentVersion
    filters = VersionFilters
    columns = {
        "id": "pk", "trial": "document__site__trial__code", "document": "document_id",
        "number": "number", "media_type": "media_type", "size": "size", "sha256": "sha256",
        "is_identifying": "is_identifying", "added_at": "added_at",
        "added_by_name": "added_by_name", "voided_at": "voided_at", "void_reason": "void_reason",
    }  # fmt: skip

    withhold = step(actions.withhold, Why)
    void_version = step(actions.void_version, Why)
