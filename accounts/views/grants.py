"""Who can see a trial, site or place; giving roles and ending them."""

from __future__ import annotations

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import actions, queries
from accounts.forms import GiveForm, GiveHereForm, GrantForm, ReasonForm
from accounts.models import Grant, User
from accounts.roles import BUNDLES, Role
from core.access import Scope, ScopeKind, can, held_among
from core.dates import start_of
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, day, find, page


@require_safe
def access(request: Request, kind: str, pk: int) -> HttpResponse:
    """Who holds which role on a scope and on its parts, today or on a day in the past."""
    scope = _scope(request, kind, pk, Permission.ACCOUNT_VIEW)
    zone = request.user.zone
    on = day(request.GET.get("on", ""))
    at = start_of(on + timedelta(days=1), zone) - timedelta(seconds=1) if on else None
    held = queries.access_to(scope, min(at, timezone.now()) if at else None)
    keys = [grant.pk for grant in (*held.whole, *held.parts)]
    context = {
        "scope": scope,
        "name": queries.scope_name(scope),
        "access": held,
        "ends": held_among(Grant.objects.all(), keys, request.user, Permission.GRANT_EDIT)
        if on is None
        else (),
        "day": on,
        "today": timezone.localdate(timezone=zone),
        "may_give": can(request.user, Permission.GRANT_EDIT, scope),
    }
    return page(request, "accounts/access.html", context)


@BOTH
def give_here(request: Request, kind: str, pk: int) -> HttpResponse:
    """Give somebody a role on this scope."""
    scope = _scope(request, kind, pk, Permission.GRANT_EDIT)
    roles = queries.roles_on(ScopeKind(kind))
    zone = request.user.zone
    form = GiveHereForm(request.POST or None, roles=roles, zone=zone)
    return answer(
        request, form,
        lambda: _given(form, scope, form.cleaned_data["person"], form.cleaned_data["role"], request.user),
        title=f"Give a role on {queries.scope_name(scope)}", verb="Give role",
        back=reverse("accounts:access", args=[kind, pk]), template="accounts/form.html",
    )  # fmt: skip


@BOTH
def give(request: Request, pk: int) -> HttpResponse:
    """Give a person a role: first which, then where and from when to when."""
    person = find(User, request.user, to=Permission.GRANT_EDIT, pk=pk)
    role = request.GET.get("role", "")
    if role not in BUNDLES:
        context = {"person": person, "bundles": _bundles()}
        return page(request, "accounts/choose_role.html", context)
    return _give(request, person, Role(role), request.GET.get("q", "").strip())


def _give(request: Request, person: User, role: Role, text: str) -> HttpResponse:
    """The form of one role: where, among the scopes found by words, and from when to when."""
    found = queries.scopes_to_give(request.user, role, text)
    scopes = {f"{scope.kind}:{scope.pk}": scope for scope in found}
    choices = [
        (key, f"{scope.kind.capitalize()} {queries.scope_name(scope)}")
        for key, scope in scopes.items()
    ]
    form = GiveForm(request.POST or None, scopes=choices, zone=request.user.zone)
    return answer(
        request, form,
        lambda: _given(form, scopes[form.cleaned_data["scope"]], person, role, request.user),
        title=f"{person} as {role.in_text}", verb="Give role",
        back=person.get_absolute_url(), template="accounts/give.html",
        person=person, role=role, bundle=BUNDLES[role], q=text, has_scopes=bool(scopes),
        permissions=sorted(held.label for held in BUNDLES[role].permissions),
    )  # fmt: skip


@BOTH
def end(request: Request, pk: int) -> HttpResponse:
    """End a role, with the reason."""
    grant = Grant.objects.select_related("user").filter(pk=pk).first()
    if grant is None or not can(request.user, Permission.GRANT_EDIT, grant):
        raise Http404
    form = ReasonForm(request.POST or None)
    return answer(
        request, form,
        lambda: actions.end_grant(grant, reason=form.cleaned_data["reason"], by=request.user),
        title=f"End a role of {grant.user}: {grant}", verb="End role",
        back=reverse("accounts:access", args=[grant.kind, grant.scope_id]),
        done=f"{grant.user} no longer holds: {grant}.", template="accounts/form.html",
    )  # fmt: skip


def _given(form: GrantForm, scope: Scope, person: User, role: str, by: User) -> str:
    """Give the role, and say so."""
    grant = actions.give(scope, person=person, role=role, by=by, **form.terms())
    return f"{person} holds: {grant}."


def _scope(request: Request, kind: str, pk: int, permission: Permission) -> Scope:
    """The scope, where the person may do this; otherwise it does not exist."""
    found = queries.scope_for(request.user, kind, pk, permission)
    if found is None:
        raise Http404
    return found


def _bundles() -> list[tuple[Role, str, str]]:
    """The roles people hold, with what they are for and where they are given."""
    return [
        (role, BUNDLES[role].sentence, ", ".join(sorted(kind for kind in BUNDLES[role].granted_on)))
        for role in Role
        if role != Role.SERVICE
    ]
