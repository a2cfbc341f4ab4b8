"""Answers that say what is wrong and what to do: a page, or a note in the page that asked."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

# What the person reads above and below the reason.
WORDS = {
    403: ("You may not do this", "Ask the person who gave you your role if you need it."),
    404: ("Nothing here that you may see", "Check the address, or look for it with search."),
    409: ("Somebody was faster", "Look at it as it is now, then try again."),
    422: ("Not saved", "Go back; what you typed is still there."),
}


def answer(request: HttpRequest, status: int, message: str = "") -> HttpResponse:
    """The page of this status; for htmx a note in the page, where what was typed stays."""
    is_fragment = "HX-Request" in request.headers
    heading, way_out = WORDS[status]
    context = {
        "status": status, "heading": heading, "message": message, "way_out": way_out,
        "switching": "",
    }  # fmt: skip
    template = "components/problem.html" if is_fragment else "problem.html"
    response = render(request, template, context, status=status)
    if is_fragment:
        response.headers["HX-Retarget"] = "#problem"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def forbidden(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    """The role does not allow it."""
    return answer(request, 403, str(exception))


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such record or address; of an address that means nothing there is nothing to say."""
    said = exception.args[0] if exception.args else ""
    return answer(request, 404, said if isinstance(said, str) else "")
