"""Tokens of service accounts: issuing one, which shows it once, and revoking it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from accounts import actions
from accounts.forms import ReasonForm, TokenForm
from accounts.models import ServiceToken, User
from accounts.views.people import answer
from core.actions import RefusedError
from core.permissions import Permission
from core.web import Request, find, page


@require_http_methods(["GET", "POST"])
def issue_token(request: Request, pk: int) -> HttpResponse:
    """Issue a token and show it, this once."""
    service = find(User, request.user, to=Permission.ACCOUNT_EDIT, pk=pk)
    form = TokenForm(request.POST or None)
    if form.is_valid():
        try:
            made = actions.issue_token(service, by=request.user, **form.cleaned_data)
        except RefusedError as error:
            form.add_error(None, str(error))
        else:
            shown = page(request, "accounts/token.html", {"person": service, "token": made})
            shown.headers["Cache-Control"] = "no-store"
            return shown
    context = {
        "form": form, "title": f"Issue a token for {service}", "verb": "Issue token",
        "back": service.get_absolute_url(),
    }  # fmt: skip
    status = 422 if form.is_bound else 200
    return page(request, "accounts/issue_token.html", context, status=status)


@require_http_methods(["GET", "POST"])
def revoke_token(request: Request, pk: int) -> HttpResponse:
    """End a token, with the reason."""
    token = find(ServiceToken, request.user, to=Permission.ACCOUNT_EDIT, pk=pk)
    back = token.service.get_absolute_url()
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        try:
            actions.revoke_token(token, reason=form.cleaned_data["reason"], by=request.user)
        except RefusedError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{token} is revoked. Calls with it are refused from now on.")
            return redirect(back)
    return answer(request, form, f"Revoke {token}", "Revoke token", back)
