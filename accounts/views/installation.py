"""What is so everywhere in this installation."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse

from accounts import actions
from accounts.forms import InstallationForm
from core.access import require
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request


@BOTH
def set_up(request: Request) -> HttpResponse:
    """Its name, and whether authors may sign what they wrote; a change asks for the reason."""
    installation = actions.deployment()
    require(request.user, Permission.DEPLOYMENT_EDIT, installation)
    form = InstallationForm(request.POST or None, instance=installation)
    return answer(
        request, form,
        lambda: actions.set_up(
            installation, values=form.values(), reason=form.cleaned_data["reason"],
            by=request.user,
        ),
        title="Installation", verb="Keep settings", back=reverse("accounts:set_up"),
        done="The installation is set up so.", template="accounts/form.html",
    )  # fmt: skip
