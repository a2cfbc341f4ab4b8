"""The page on which a person signs: what, as what, until when it was shown, and who they are."""

from __future__ import annotations

import time
from typing import Any, TypeVar

from django import forms
from django.http import HttpResponse
from django.utils import timezone

from core.access import ScopedModel
from core.dates import show_instant
from core.pages import answer
from core.signing.action import SignedAction
from core.signing.proof import Proof
from core.web import Request

T = TypeVar("T", bound=ScopedModel)

# When the session last signed; for a while after it the user name is not asked again.
SIGNED, CONTINUED = "signed", 15 * 60
LOG_IN = {"signer", "password", "shown_hash"}


class SignForm(forms.Form):
    """Both parts of the log-in and the hash of what was shown."""

    signer = forms.CharField(
        label="User name", widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), strip=False
    )
    shown_hash = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, known: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        if known:
            del self.fields["signer"]

    @property
    def asked(self) -> list[forms.BoundField]:
        """What is asked besides the log-in."""
        return [field for field in self.visible_fields() if field.name not in LOG_IN]

    def said(self) -> dict[str, Any]:
        """What was answered besides the log-in, for the action."""
        return {name: each for name, each in self.cleaned_data.items() if name not in LOG_IN}

    def proof(self) -> Proof:
        """What was given, for the action."""
        given = self.cleaned_data
        return Proof(given.get("signer", self.known), given["password"], given["shown_hash"])


def sign_page(
    request: Request, record: T, act: SignedAction[T, Any, Any], *, title: str, verb: str,
    back: str, done: str = "", template: str = "pages/sign.html",
    asking: type[SignForm] = SignForm, **context: Any,
) -> HttpResponse:  # fmt: skip
    """Show what is signed and as what, then sign; the first time in a session with the user name."""
    is_continued = time.time() - request.session.get(SIGNED, 0) < CONTINUED
    form = asking(
        request.POST or None,
        known=request.user.username if is_continued else "",
        initial={"shown_hash": act.hash_of(record)},
    )

    def carry_out() -> object:
        outcome = act(record, proof=form.proof(), by=request.user, **form.said())
        request.session[SIGNED] = int(time.time())
        return outcome

    return answer(
        request, form, carry_out, title=title, verb=verb, back=back, done=done, template=template,
        record=record, meaning=act.meaning, hindrance=act.hindrance(record, request.user),
        now=show_instant(timezone.localtime(timezone.now(), request.user.zone)), shown_hash=form["shown_hash"].value(), **context,
    )  # fmt: skip
