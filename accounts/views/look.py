"""How a person likes to see things, changed from the page they stand on."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.actions import change_settings
from accounts.models import Density, Theme, User, WhoseDay
from core import drafts
from core.actions import RefusedError
from core.web import Request


class LookForm(forms.Form):
    """One choice, or several."""

    theme = forms.ChoiceField(choices=Theme.choices, required=False)
    density = forms.ChoiceField(choices=Density.choices, required=False)
    whose_day = forms.ChoiceField(choices=WhoseDay.choices, required=False)


@require_POST
def look(request: Request) -> HttpResponse:
    """Keep what was chosen, and go back; a page that has already changed itself stays."""
    form = LookForm(request.POST)
    if not form.is_valid():
        raise RefusedError("There is no such way to show this.")
    person = User.objects.get(pk=request.user.pk)
    values = {name: value for name, value in form.cleaned_data.items() if value}
    change_settings(person, values=values, by=person)
    if request.htmx:
        return HttpResponse(status=204)
    return redirect(drafts.page_of(request))
