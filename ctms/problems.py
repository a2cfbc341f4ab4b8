"""Answers that say what is wrong and what to do: a page, or a note in the page that asked."""

from __future__ import annotations

import sys

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import defaults
from redis.exceptions import RedisError

from accounts.views.session import shown_again
from core.api.answers import PROBLEM, problem_of

# What the person reads above and below the reason.
WORDS = {
    403: ("You may not do this", "Ask the person who gave you your role if you need it."),
    404: ("Nothing here that you may see", "Check the address, or look for it with search."),
    405: ("This address takes only what a page sends", "Go to the page, and use its button."),
    409: ("Somebody was faster", "Look at it as it is now, then try again."),
    413: ("Not saved: more than one form may hold", "Go back; what you typed is still there."),
    422: ("Not saved", "Go back; what you typed is still there."),
}


# What is raised where the database or Redis does not answer.
SERVERS_GONE = (OperationalError, InterfaceError, RedisError)
AWAY = "A server behind this one does not answer. Nothing was saved. Try again in half a minute."
UNPROVEN = (
    "Not saved: the page was too old",
    "Go back, what you typed is still there. Copy it, then load the page again.",
)


def answer(
    request: HttpRequest, status: int, message: str = "", words: tuple[str, str] | None = None,
    way: tuple[str, str] | None = None,
) -> HttpResponse:  # fmt: skip
    """The page of this status; for htmx a note in the page, where what was typed stays."""
    is_fragment = "HX-Request" in request.headers
    heading, way_out = words or WORDS[status]
    context = {
        "status": status, "heading": heading, "message": message, "way_out": way_out,
        "switching": "", "way": way, "came_from": _came_from(request),
    }  # fmt: skip
    template = "components/problem.html" if is_fragment else "problem.html"
    response = render(request, template, context, status=status)
    if is_fragment:
        response.headers["HX-Retarget"] = "#problem"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _came_from(request: HttpRequest) -> str:
    """The page whose button was pressed; nothing where an address was opened."""
    page = request.headers.get("Referer", "") if request.method == "POST" else ""
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure())
    return page if is_ours else ""


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A form that is larger than what is read is told; of any other broken request nothing is."""
    if isinstance(exception, TooManyFieldsSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        said = (
            f"The form has more than {most:,} fields. Send fewer rows at a time, or bring a file."
        )
        return answer(request, 413, said)
    if isinstance(exception, RequestDataTooBig):
        size = filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        return answer(request, 413, f"The form holds more than {size} of text. Shorten it.")
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    """The role does not allow it."""
    return answer(request, 403, str(exception))


def unproven(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that does not come from a page of this session; one of an older session is kept."""
    said = "The browser sent the form without the cookie of the page. Cookies must be allowed."
    return shown_again(request) or answer(request, 403, said, UNPROVEN)


def mistaken(request: HttpRequest, refused: HttpResponse) -> HttpResponse:
    """An address of a button that was opened like a page, as after logging in anew."""
    said = answer(request, 405)
    said.headers["Allow"] = refused.headers["Allow"]
    return said


def broken(request: HttpRequest) -> HttpResponse:
    """An error of ours; where a server behind us does not answer, that it is worth waiting for."""
    if not isinstance(sys.exc_info()[1], SERVERS_GONE):
        return defaults.server_error(request)
    if request.path.startswith("/api/"):
        told = problem_of(503, "unavailable", AWAY)
        response: HttpResponse = JsonResponse(told, status=503, content_type=PROBLEM)
    else:
        response = defaults.server_error(request, "503.html")
        response.status_code = 503
    response.headers["Retry-After"] = "30"
    return response


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such record or address; of an address that means nothing there is nothing to say."""
    said = exception.args[0] if exception.args else ""
    return answer(request, 404, said if isinstance(said, str) else "")
