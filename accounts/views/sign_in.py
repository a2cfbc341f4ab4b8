"""What an administrator does about the log-in of a person; each asks for the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts import actions
from accounts.forms import ReasonForm
from accounts.models import User
from core.actions import Action
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, find


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do about a log-in, in the words of its page."""

    act: Action[User, Any, User]
    title: str
    verb: str
    done: str


STEPS = {
    "end-pause": Step(
        actions.end_pause, "End the pause of {}", "End pause", "{} can log in again."
    ),
    "end-signing-pause": Step(
        actions.end_signing_pause, "End the pause of signing of {}", "End pause", "{} can sign again."
    ),
    "take-off-second-factor": Step(
        actions.take_off_second_factor, "Take off the second factor of {}",
        "Take off second factor", "{} signs in with the password alone until a new one is set up.",
    ),
    "end-sessions": Step(
        actions.end_sessions, "Sign {} out everywhere", "End sessions",
        "{} is signed out everywhere.",
    ),
    "reopen": Step(
        actions.reopen, "Open the account of {} again", "Open account",
        "The account of {} is open. Send a password link and give a role.",
    ),
}  # fmt: skip


@BOTH
def help_sign_in(request: Request, pk: int, step: str) -> HttpResponse:
    """Carry out one step, with its reason."""
    person = find(User, request.user, to=Permission.ACCOUNT_EDIT, pk=pk)
    if step not in STEPS:
        raise Http404
    chosen = STEPS[step]
    form = ReasonForm(request.POST or None)
    return answer(
        request, form,
        lambda: chosen.act(person, reason=form.cleaned_data["reason"], by=request.user),
        title=chosen.title.format(person), verb=chosen.verb, back=person.get_absolute_url(),
        done=chosen.done.format(person), template="accounts/form.html",
    )  # fmt: skip


@require_POST
def leave_elsewhere(request: Request) -> HttpResponse:
    """Sign oneself out on every other device."""
    person = actions.leave_elsewhere(request.user, by=request.user)
    update_session_auth_hash(request, person)
    messages.success(request, "Your other sessions have ended.")
    return redirect("accounts:settings")
