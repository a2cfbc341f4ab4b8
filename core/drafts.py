"""What a person typed and has not saved: kept encrypted, put back into the form, thrown away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.core.signing import BadSignature, TimestampSigner
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from core.dates import show_day
from core.encryption import box
from core.markup import markup
from core.models import Draft

LONGEST = 200_000
TYPIST = "typist"
REVISION = "revision"
# Parts of a form that nobody typed, and what is never kept.
CONTROLS = frozenset(
    {"csrfmiddlewaretoken", "idempotency_key", "next", "shown_hash", "signer", TYPIST}
)
SECRETS = ("password", "code")


def page_of(request: HttpRequest) -> str:
    """The page a post came from: its form is there."""
    origin = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    parts = urlsplit(origin)
    if parts.netloc != request.get_host() or not parts.path:
        return request.path
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def keep(user_id: int, request: HttpRequest) -> datetime | None:
    """Keep what was posted, for one person and the page it came from."""
    typed = QueryDict(mutable=True)
    for name, values in request.POST.lists():
        if name not in CONTROLS and not any(secret in name for secret in SECRETS):
            typed.setlist(name, values)
    text = typed.urlencode()
    if not any(typed[name] for name in typed if name != REVISION) or len(text) > LONGEST:
        return None
    kept, _ = Draft.objects.update_or_create(
        user_id=user_id,
        path=page_of(request)[:300],
        defaults={"fields": box().encrypt(text.encode())},
    )
    return kept.saved_at


def mark(user_id: int) -> str:
    """What a form says of who has it open; nobody else can make it."""
    return TimestampSigner(salt=TYPIST).sign(str(user_id))


def typist(request: HttpRequest) -> int | None:
    """Who had the form open that comes without a session, where it was opened within one."""
    marked = TimestampSigner(salt=TYPIST)
    try:
        return int(marked.unsign(request.POST.get(TYPIST, ""), max_age=settings.SESSION_COOKIE_AGE))
    except BadSignature:
        return None


def discard(user_id: int, path: str) -> None:
    """Throw a draft away."""
    Draft.objects.filter(user_id=user_id, path=path[:300]).delete()


def _typed(draft: Draft) -> QueryDict:
    return QueryDict(box().decrypt(bytes(draft.fields)))


def clear_away(before: datetime) -> None:
    """Throw away what was typed before an instant and never saved."""
    Draft.objects.filter(saved_at__lt=before).delete()


def restore(request: HttpRequest, context: dict[str, Any]) -> None:
    """Put the draft of this page back into the form it was typed into, and say so."""
    empty = _empty(context)
    draft = _draft_of(request) if empty else None
    if draft is None:
        return
    typed = _typed(draft).copy()
    revision = typed.pop(REVISION, [""])[-1]
    if not any(fill(form, typed) for form in empty):
        return
    if revision and REVISION in context:
        context[REVISION] = revision  # what changed since is told when it is saved
    context["draft_at"] = at = show_time(draft.saved_at, request.user)
    messages.warning(request, f"Not saved yet: what you typed at {at} is back in the form.")


def _empty(context: dict[str, Any]) -> list[BaseForm]:
    """The forms of a page into which nothing was sent yet."""
    return [form for form in context.values() if isinstance(form, BaseForm) and not form.is_bound]


def _draft_of(request: HttpRequest) -> Draft | None:
    """What this person typed on the page that is opened."""
    user: Any = getattr(request, "user", None)
    if request.method != "GET" or user is None or not user.is_authenticated:
        return None
    return Draft.objects.filter(user_id=user.pk, path=request.get_full_path()[:300]).first()


def show_time(at: datetime, user: Any) -> str:
    """The time of a draft, with the day where that is not today."""
    local = timezone.localtime(at, user.zone)
    is_today = local.date() == timezone.localdate(timezone=user.zone)
    return f"{local:%H:%M}" if is_today else f"{local:%H:%M} on {show_day(local.date())}"


def fill(form: BaseForm, typed: QueryDict) -> bool:
    """Show what was typed, where the form has a place for all of it."""
    names = {form.add_prefix(name): field for name, field in form.fields.items()}
    if not set(typed) <= set(names):
        return False
    form.initial = {
        **form.initial,
        **{
            name: field.widget.value_from_datadict(typed, {}, form.add_prefix(name))
            for name, field in form.fields.items()
        },
    }
    return True


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what is in a form while it is typed; the answer says when."""
    user: Any = request.user
    at = keep(user.pk, request)
    if at is None:
        return HttpResponse(status=204)
    return HttpResponse(markup("Draft saved {}", show_time(at, user)))


@require_POST
def throw_away(request: HttpRequest) -> HttpResponse:
    """Go back to the form as it is without what was typed."""
    user: Any = request.user
    back = page_of(request)
    discard(user.pk, back)
    return redirect(back)


class DraftMiddleware:
    """Throws the draft of a form away once its view has accepted the form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user: Any = request.user
        page = getattr(request, "accepting_page", None)
        if page and response.status_code < HTTPStatus.BAD_REQUEST and user.is_authenticated:
            for draft in Draft.objects.filter(user_id=user.pk, path=page[:300]):
                if set(_typed(draft)) <= set(request.POST):
                    draft.delete()
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """The request has passed all checks and is on its way to the view."""
        if request.method == "POST" and not is_about_drafts(request):
            request.accepting_page = page_of(request)  # type: ignore[attr-defined]


def is_about_drafts(request: HttpRequest) -> bool:
    """Whether the request keeps or throws away a draft, and changes nothing else."""
    return request.path.startswith(reverse("draft"))
