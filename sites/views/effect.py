"""The sites of a trial under a version of its schedule: which work under it, and from when."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from core.links import address
from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, allowed, find, page
from sites.actions import sites
from sites.forms import EffectForm
from sites.queries.effect import effect_of
from trials.models import ScheduleVersion


@BOTH
def effect(request: Request, code: str, number: str) -> HttpResponse:
    """Who works under a version since when; put it into effect at the sites that are ticked."""
    to = Permission.SITE_EDIT if request.method == "POST" else None
    version = find(ScheduleVersion, request.user, to=to, trial__code=code, number=number)
    today = timezone.localdate()
    found = effect_of(version, request.user, timezone.now())
    context: dict[str, Any] = {"trial": version.trial, "version": version, "effect": found}
    if request.htmx:
        return page(request, "sites/effect_count.html", context)
    is_approved = version.status == ScheduleVersion.Status.APPROVED
    form = EffectForm(
        request.POST or None, sites=[row.site.pk for row in found.rows], initial={"from_on": today}
    )
    return answer(
        request, form,
        lambda: sites.put_into_effect_at(version, **form.cleaned_data, by=request.user),
        title=f"Sites under {version.number}", verb="Put into effect",
        back=address("subjects:impact", code, number),
        done=f"{version} takes effect at the sites ticked.", template="sites/effect.html",
        frame="trials/frame.html",
        may_edit=is_approved and allowed(request.user, Permission.SITE_EDIT, version.trial),
        **context,
    )  # fmt: skip
