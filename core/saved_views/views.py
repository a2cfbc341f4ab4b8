"""The page of saved views, and what a person does with one of them."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core.actions import RefusedError
from core.models import SavedView
from core.permissions import Permission
from core.saved_views import actions, queries
from core.web import Request, find, page, say, whole


class NameForm(forms.ModelForm[SavedView]):
    """What a view is called."""

    class Meta:
        model = SavedView
        fields = ("name",)


def _named(request: Request, slug: str, to: Permission | None = None) -> SavedView:
    """The view at an address, which ends with its number."""
    pk = whole(slug.rpartition("-")[2])
    if pk is None:
        raise Http404("There is no such view.")
    return find(SavedView, request.user, pk=pk, to=to)


@require_safe
def views(request: Request) -> HttpResponse:
    """Every view the person may open, and some to begin with where there is none."""
    rows = queries.views_of(request.user)
    context = {
        "rows": rows,
        "starters": [] if rows else queries.starters_for(request.user),
    }
    return page(request, "saved_views/views.html", context)


@require_safe
def open_view(request: Request, slug: str) -> HttpResponse:
    """Lead to the list as the view shows it; its rows are those that the person may see."""
    view = _named(request, slug)
    actions.use(view, timezone.localdate(), by=request.user)
    return redirect(f"{view.path}?{view.query}" if view.query else view.path)


@require_POST
def rename(request: Request, slug: str) -> HttpResponse:
    """Give a view another name."""
    view = _named(request, slug, Permission.VIEW_SAVE)
    form = NameForm(request.POST, instance=view)
    if not form.is_valid():
        raise RefusedError("Give the view a name of at most 60 letters.")
    actions.save_view(view, by=request.user)
    say(request, f"The view is called {view} now.")
    return redirect("views:views")


@require_POST
def share(request: Request, slug: str) -> HttpResponse:
    """Share a view with those who see what its list is of, or with nobody."""
    view = _named(request, slug, Permission.VIEW_SAVE)
    actions.share_view(view, is_shared="shared" in request.POST, by=request.user)
    said = f"is shared with {view.audience}" if view.is_shared else "is yours alone"
    say(request, f"{view} {said}.")
    return redirect("views:views")


@require_POST
def remove(request: Request, slug: str) -> HttpResponse:
    """Forget a view."""
    view = _named(request, slug, Permission.VIEW_SAVE)
    actions.remove_view(view, by=request.user)
    say(request, f"{view} is removed.")
    return redirect("views:views")


@require_POST
def pin(request: Request, slug: str) -> HttpResponse:
    """Put a view into one's navigation, or take it out again."""
    view = _named(request, slug)
    is_pinned = "pinned" in request.POST
    actions.pin(view, is_pinned=is_pinned, by=request.user)
    say(request, f"{view} is {'now' if is_pinned else 'no longer'} in your navigation.")
    return redirect("views:views")
