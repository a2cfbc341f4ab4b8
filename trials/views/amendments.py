"""How a draft follows the version before it: which visits go on, and what is signed anew."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse

from core.pages import answer
from core.permissions import Permission
from core.web import BOTH, Request, find, whole
from trials.actions import amendments
from trials.amendment_forms import AskedForm, MatchForm
from trials.models import ScheduleVersion, Trial, VisitMatch
from trials.queries.grid import visits_of
from trials.views.sheet import numbered, versions_of


@BOTH
def matches(request: Request, code: str, number: str, other: str) -> HttpResponse:
    """From which visits of another version those of a draft go on; corrected by a person."""
    trial = find(Trial, request.user, to=Permission.PROTOCOL_EDIT, code=code)
    versions = versions_of(request, trial)
    version, old = numbered(versions, number), numbered(versions, other)
    visits, before = visits_of(version), visits_of(old)
    given = request.POST.get("revision", "")
    form = MatchForm(request.POST or None, visits=visits, before=before)
    known = {row.visit_id: row for row in VisitMatch.objects.filter(visit__version=version)}
    return answer(
        request, form,
        lambda: amendments.match(
            version, matches=form.matches, by=request.user, revision=whole(given)
        ),
        title=f"Visits of {number} and {other}", verb="Keep matches",
        back=reverse("trials:compare", args=[code, number, other]), done="The matches are kept.",
        template="trials/matches.html", frame="trials/frame.html", trial=trial, version=version,
        old=old, revision=given or version.revision,
        rows=[(one, form[f"visit-{one.pk}"], known.get(one.pk)) for one in visits],
        gone=[one for one in before if one.lineage not in {each.lineage for each in visits}],
    )  # fmt: skip


@BOTH
def asked(request: Request, code: str, number: str) -> HttpResponse:
    """Which consents subjects sign before they come under a draft."""
    version = find(
        ScheduleVersion, request.user, to=Permission.PROTOCOL_EDIT, trial__code=code, number=number
    )
    given = request.POST.get("revision", "")
    form = AskedForm(request.POST or None, version=version)
    return answer(
        request, form,
        lambda: amendments.ask_consents(
            version, **form.cleaned_data, by=request.user, revision=whole(given)
        ),
        title=f"Consents before {number}", verb="Keep consents", back=version.get_absolute_url(),
        done=f"What subjects sign before they come under {number} is kept.",
        frame="trials/frame.html", trial=version.trial, version=version,
        revision=given or version.revision,
    )  # fmt: skip
