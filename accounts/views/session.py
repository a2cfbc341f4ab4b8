"""The session itself: how long it lives, and forms that outlive it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from accounts import sessions
from core import drafts
from core.web import BOTH


@login_not_required
@never_cache
@BOTH
def session(request: HttpRequest) -> JsonResponse:
    """The seconds that are left; asking does not renew them, posting does."""
    seconds = sessions.seconds_left(request) if request.user.is_authenticated else 0
    return JsonResponse({"seconds": seconds})


def shown_again(request: HttpRequest) -> HttpResponse | None:
    """Keep what was typed in an older session of the same browser and show it; else nothing."""
    own = f"{request.scheme}://{request.get_host()}"
    if not request.user.is_authenticated or request.headers.get("Origin") != own:
        return None
    drafts.keep(request.user.pk, request)
    messages.warning(
        request, "You logged in again since this page was opened. Check and send it once more."
    )
    back = drafts.page_of(request)
    if "HX-Request" in request.headers:
        return HttpResponse(status=401, headers={"HX-Redirect": back})
    return redirect(back)
