"""What each person sees and decides for themselves."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import actions, queries, second_factor
from accounts.forms import SettingsForm
from accounts.models import Grant, User
from core.web import BOTH, Request, page


@BOTH
def settings(request: Request) -> HttpResponse:
    """Name, time zone, look, keys, password and second factor of the person who asks."""
    person: User = User.objects.get(pk=request.user.pk)
    form = SettingsForm(request.POST or None, instance=person)
    if form.is_valid():
        actions.change_settings(request.user, values=form.cleaned_data, by=request.user)
        messages.success(request, "Your settings are kept.")
        return redirect("accounts:settings")
    context = {
        "form": form,
        "grants": Grant.objects.live(timezone.now()).filter(user=person),
        "has_second_factor": queries.has_second_factor(person),
        "needs_second_factor": second_factor.is_needed(person),
    }
    return page(request, "accounts/settings.html", context, status=422 if form.is_bound else 200)
