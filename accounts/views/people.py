"""The list of people, one person, and inviting, changing and closing accounts."""

from __future__ import annotations

from copy import copy

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import actions, lockout, queries
from accounts.forms import InviteForm, PersonForm, ReasonForm
from accounts.lists import PEOPLE
from accounts.models import Grant, User
from core import lists, signing
from core.access import has_anywhere, require
from core.models import Deployment
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, allowed, find, page


def people(request: Request, kind: str = "") -> HttpResponseBase:
    """Everybody who has an account, with the roles they hold now."""
    installation = actions.deployment()
    require(request.user, Permission.ACCOUNT_VIEW, installation)
    rows = User.objects.visible_to(request.user)
    listing = lists.Listing(request, PEOPLE, rows, of=installation)
    context = {"may_invite": has_anywhere(request.user, Permission.ACCOUNT_EDIT)}
    return lists.answer(listing, request, "accounts/people.html", context, kind)


@require_safe
def person(request: Request, pk: int) -> HttpResponse:
    """One person: who they are, how they sign in, and their roles now, ahead and before."""
    found = find(User, request.user, pk=pk)
    now = timezone.now()
    grants = Grant.objects.filter(user=found).select_related("requested_by", "approved_by")
    live = list(grants.live(now).order_by("kind", "scope_label"))
    open_ones = grants.filter(ended_at=None)
    state = queries.state_of(found, has_role=bool(live))
    may_edit = allowed(request.user, Permission.ACCOUNT_EDIT, found)
    context = {
        "person": found,
        "state": queries.STATES[state],
        "chip": queries.CHIPS[state],
        "live": live,
        "ahead": open_ones.filter(valid_from__gt=now).order_by("valid_from"),
        "before": grants.exclude(pk__in=[grant.pk for grant in live]).filter(valid_from__lte=now).order_by("-pk"),
        "paused_until": lockout.paused_until(found.username),
        "signing_paused_until": signing.paused_until(found),
        "has_second_factor": queries.has_second_factor(found),
        "tokens": found.tokens.order_by("-pk"),
        "may_reopen": may_edit and not found.is_active,
        "may_edit": may_edit and found.is_active,
        "may_give": allowed(request.user, Permission.GRANT_EDIT, found) and found.is_active,
    }  # fmt: skip
    return page(request, "accounts/person.html", context)


@BOTH
def invite(request: Request) -> HttpResponse:
    """Add a person and mail the link to set a password."""
    installation: Deployment = actions.deployment()
    require(request.user, Permission.ACCOUNT_EDIT, installation)
    form = InviteForm(request.POST or None)

    def add() -> HttpResponse:
        details = {name: given for name, given in form.cleaned_data.items() if name != "is_known"}
        made = actions.invite(installation, by=request.user, **details)
        actions.send_password_link(made, website=request.build_absolute_uri("/"), by=request.user)
        messages.success(request, f"{made} is invited. The link went to {made.email}.")
        return redirect(made)

    return answer(
        request, form, add, title="Invite a person", verb="Invite person",
        back=reverse("accounts:people"), template="accounts/form.html",
    )  # fmt: skip


@BOTH
def change(request: Request, pk: int) -> HttpResponse:
    """Correct who a person is."""
    found = find(User, request.user, to=Permission.ACCOUNT_EDIT, pk=pk)
    form = PersonForm(request.POST or None, instance=copy(found))

    def keep() -> str:
        changed = actions.change(found, values=form.cleaned_data, by=request.user)
        return f"The details of {changed} are kept."

    return answer(
        request, form, keep, title=f"Details of {found}", verb="Keep details",
        back=found.get_absolute_url(), template="accounts/form.html",
    )  # fmt: skip


@require_POST
def send_password_link(request: Request, pk: int) -> HttpResponse:
    """Mail a link with which the person sets a new password."""
    found = find(User, request.user, to=Permission.ACCOUNT_EDIT, pk=pk)
    actions.send_password_link(found, website=request.build_absolute_uri("/"), by=request.user)
    messages.success(request, f"The link went to {found.email}. It works once, for three days.")
    return redirect(found)


@BOTH
def disable(request: Request, pk: int) -> HttpResponse:
    """Close an account, after saying what ends with it."""
    found = find(User, request.user, to=Permission.ACCOUNT_EDIT, pk=pk)
    form = ReasonForm(request.POST or None)
    return answer(
        request, form,
        lambda: actions.disable(found, reason=form.cleaned_data["reason"], by=request.user),
        title=f"Close the account of {found}", verb="Close account",
        back=found.get_absolute_url(), done=f"The account of {found} is closed.",
        template="accounts/disable.html", grants=Grant.objects.live().filter(user=found),
    )  # fmt: skip
