"""Pages of documents: their versions, a version to open, a new one, one that is set aside."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from core.access import can, require
from core.audit import note
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, find, page
from documents import actions, store
from documents.forms import ReasonForm, VersionForm
from documents.models import Document, DocumentVersion
from documents.queries import owner_of, versions_of

ALONG = ("site__trial", "site__place")
OF_VERSION = ("document__site__trial", "document__site__place")
SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"


@require_safe
def document(request: Request, pk: int) -> HttpResponse:
    """A document with all its versions, and what it belongs to."""
    return _shown(request, find(Document, request.user, along=ALONG, pk=pk))


def _shown(request: Request, held: Document, *, lost: str = "", status: int = 200) -> HttpResponse:
    """The page of a document, which says so where a content is lost."""
    context = {
        "document": held, "site": held.site, "trial": held.site.trial, "lost": lost,
        "belongs_to": owner_of(held, request.user), "versions": versions_of(held, request.user),
        "may_add": can(request.user, Permission.DOCUMENT_ADD, held),
    }  # fmt: skip
    return page(request, "documents/document.html", context, status=status)


@require_safe
def open_version(request: Request, pk: int) -> HttpResponse:
    """The content of a version as a file to keep; who opened it stands on the trail."""
    held = find(DocumentVersion, request.user, along=OF_VERSION, pk=pk)
    require(request.user, held.content_permission, held)
    try:
        raw = store.get(held.sha256)
    except store.LostError as error:
        return _shown(request, held.document, lost=f"The content of {held} {error}.", status=404)
    note("open document", target=held, by=request.user)
    headers = {
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=held.name),
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(raw, content_type=held.media_type, headers=headers)


@BOTH
def add_version(request: Request, pk: int) -> HttpResponse:
    """Supersede a document by another file."""
    held = find(Document, request.user, to=Permission.DOCUMENT_ADD, along=ALONG, pk=pk)
    form = VersionForm(request.POST or None, request.FILES or None, kind=held.kind)
    return answer(
        request, form, lambda: actions.add_version(held, by=request.user, **form.cleaned_data),
        done="Version added. The one before stays to be read.",
        **_about(held, f"Add version: {held}", "Add version"),
    )  # fmt: skip


@BOTH
def withhold(request: Request, pk: int) -> HttpResponse:
    """Keep a version at the site that shows who a subject is."""
    held = find(DocumentVersion, request.user, to=Permission.DOCUMENT_ADD, along=OF_VERSION, pk=pk)
    form = ReasonForm(request.POST or None)
    return answer(
        request, form, lambda: actions.withhold(held, by=request.user, **form.cleaned_data),
        done=f"{held} is read at the site only.",
        **_about(held.document, f"Keep at the site: {held}", "Keep at the site"),
    )  # fmt: skip


@BOTH
def void_version(request: Request, pk: int) -> HttpResponse:
    """Set aside a version that was added by mistake."""
    held = find(DocumentVersion, request.user, to=Permission.DOCUMENT_ADD, along=OF_VERSION, pk=pk)
    form = ReasonForm(request.POST or None)
    return answer(
        request, form, lambda: actions.void_version(held, by=request.user, **form.cleaned_data),
        done=f"{held} is voided. It stays to be read.",
        **_about(held.document, f"Void: {held}", "Void version"),
    )  # fmt: skip


def _about(held: Document, title: str, verb: str) -> dict[str, Any]:
    """How the page of a form about a document looks, and where it leads."""
    return {
        "title": title, "verb": verb, "document": held, "site": held.site,
        "trial": held.site.trial, "template": "documents/form.html",
        "back": held.get_absolute_url(),
    }  # fmt: skip
