"""How a place reminds its subjects of their visits."""

from __future__ import annotations

from django.http import HttpResponse

from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, find, whole
from sites.models import Place
from sites.queries import frame
from subjects.actions import reminders as actions
from subjects.forms.reminders import ReminderPlanForm
from subjects.reminders import plan_of


@BOTH
def reminders(request: Request, slug: str) -> HttpResponse:
    """Say whether and when subjects are reminded, and what is said besides."""
    place = find(Place, request.user, to=Permission.PLACE_EDIT, slug=slug)
    held = plan_of(place)
    given = request.POST.get("revision", "")
    shown = given or (held.revision if held.pk else "")
    form = ReminderPlanForm(request.POST or None, instance=held)
    return answer(
        request, form,
        lambda: actions.set_reminders(
            place, values=form.cleaned_data, by=request.user, revision=whole(given)
        ),
        title="Reminders of visits", verb="Save reminders", back=place.get_absolute_url(),
        done="Reminders saved.", frame="sites/frame.html", revision=shown,
        template="subjects/reminders.html", **frame(place, request.user),
    )  # fmt: skip
