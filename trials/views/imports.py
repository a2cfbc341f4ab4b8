"""A protocol file from upload through preview to a trial with a draft schedule."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from core.actions import RefusedError
from core.permissions import Permission
from core.versions import ConflictError
from core.web import BOTH, Request, find, page
from trials.actions import imports
from trials.forms import UploadForm
from trials.models import ProtocolImport, Sponsor, Trial
from trials.views.desk import desk_of


@BOTH
def receive(request: Request, code: str = "") -> HttpResponse:
    """Take a protocol file, for a trial or for one that is not there yet."""
    edit = Permission.PROTOCOL_EDIT
    trial = find(Trial, request.user, to=edit, code=code) if code else None
    sponsors = _sponsors(request, trial)
    form = UploadForm(request.POST or None, request.FILES or None, sponsors=sponsors)
    context: dict[str, Any] = {"form": form, "trial": trial, "open": _open(request, trial)}
    if form.is_valid() and (held := _take(request, form, trial, context)):
        return redirect(held)
    wrong = HTTPStatus.CONFLICT if "other" in context else HTTPStatus.UNPROCESSABLE_ENTITY
    return page(request, "trials/import.html", context, status=wrong if form.errors else 200)


def _sponsors(request: Request, trial: Trial | None) -> Any:
    """The sponsors whose trials the person may add and whose protocols they may edit."""
    if trial is not None:
        return None
    both = Sponsor.objects.visible_to(request.user, Permission.TRIAL_EDIT)
    both &= Sponsor.objects.visible_to(request.user, Permission.PROTOCOL_EDIT)
    if not both.exists():
        raise PermissionDenied("Your role does not allow to import a protocol for any sponsor.")
    return both


def _take(
    request: Request, form: UploadForm, trial: Trial | None, context: dict[str, Any]
) -> ProtocolImport | None:
    """The import of the file; where it cannot be taken, the form says why."""
    file = form.cleaned_data["file"]
    target = trial or form.cleaned_data["sponsor"]
    try:
        return imports.receive(target, name=file.name, raw=file.read(), by=request.user)
    except imports.ImportedBeforeError as error:
        form.add_error("file", str(error))
        context["other"] = error.url
    except RefusedError as error:
        form.add_error("file", str(error))
    return None


def _open(request: Request, trial: Trial | None) -> Any:
    """The previews that wait, the newest first."""
    found = ProtocolImport.objects.visible_to(request.user).filter(
        trial=trial, status=ProtocolImport.Status.PREVIEW
    )
    return found.select_related("file", "sponsor").order_by("-pk")[:10]


@BOTH
def preview(request: Request, pk: int) -> HttpResponse:
    """What a file would write; corrected, committed or set aside."""
    held = find(ProtocolImport, request.user, to=Permission.PROTOCOL_EDIT, pk=pk)
    if held.status != ProtocolImport.Status.PREVIEW:
        messages.success(request, f"{held} is {held.get_status_display().lower()} already.")
        return redirect(held.trial or "trials:import")
    desk = desk_of(request, held)
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if done := desk.act():
                return done
        except RefusedError as error:
            desk.errors.append(str(error))
        except ConflictError as error:
            desk.errors.append(str(error))
            status = 409
    return page(request, desk.template, desk.context(), status=status)


@require_POST
def discard(request: Request, pk: int) -> HttpResponse:
    """Set an import aside."""
    held = find(ProtocolImport, request.user, pk=pk)
    imports.discard(held, by=request.user)
    messages.success(request, f"{held} is set aside. The file is kept.")
    return redirect(held.trial or "trials:import")
