"""What is so everywhere in this installation."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from accounts import actions
from accounts.forms import InstallationForm
from accounts.views.people import answer
from core.access import require
from core.permissions import Permission
from core.web import Request


@require_http_methods(["GET", "POST"])
def set_up(request: Request) -> HttpResponse:
    """Its name, and whether authors may sign what they wrote; a change asks for the reason."""
    installation = actions.deployment()
    require(request.user, Permission.DEPLOYMENT_EDIT, installation)
    form = InstallationForm(request.POST or None, instance=installation)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        actions.set_up(installation, values=form.values(), reason=reason, by=request.user)
        messages.success(request, "The installation is set up so.")
        return redirect("accounts:set_up")
    return answer(request, form, "Installation", "Keep", "/admin/people/")
