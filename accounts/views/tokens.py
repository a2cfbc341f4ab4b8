"""Tokens of service accounts: issuing one, which shows it once, and revoking it."""

from __future__ import annotations

from django.http import HttpResponse

from accounts import actions
from accounts.forms import ReasonForm, TokenForm
from accounts.models import ServiceToken, User
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, find, page


@BOTH
def issue_token(request: Request, pk: int) -> HttpResponse:
    """Issue a token and show it, this once."""
    service = find(User, request.user, to=Permission.ACCOUNT_EDIT, pk=pk)
    form = TokenForm(request.POST or None)

    def issue() -> HttpResponse:
        made = actions.issue_token(service, by=request.user, **form.cleaned_data)
        shown = page(request, "accounts/token.html", {"person": service, "token": made})
        shown.headers["Cache-Control"] = "no-store"
        return shown

    return answer(
        request, form, issue, title=f"Issue a token for {service}", verb="Issue token",
        back=service.get_absolute_url(), template="accounts/issue_token.html",
    )  # fmt: skip


@BOTH
def revoke_token(request: Request, pk: int) -> HttpResponse:
    """End a token, with the reason."""
    token = find(ServiceToken, request.user, to=Permission.ACCOUNT_EDIT, pk=pk)
    form = ReasonForm(request.POST or None)
    return answer(
        request, form,
        lambda: actions.revoke_token(token, reason=form.cleaned_data["reason"], by=request.user),
        title=f"Revoke {token}", verb="Revoke token", back=token.service.get_absolute_url(),
        done=f"{token} is revoked. Calls with it are refused from now on.",
        template="accounts/form.html",
    )  # fmt: skip
