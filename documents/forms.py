"""The shape of input about documents."""

from __future__ import annotations

from typing import Any

from django import forms

from core.actions import RefusedError
from documents.content import EMPTY, ENDINGS, KNOWN, LARGEST, MEGABYTE, TOO_LARGE, read
from documents.models import SIGNED

HINT = f"{KNOWN}, up to {LARGEST // MEGABYTE} MB."


class ContentField(forms.FileField):
    """A file that is fit to be kept; what is wrong with another one is said beside it."""

    default_error_messages = {
        "required": "Choose a file.", "empty": EMPTY, "missing": "Choose a file.",
        "invalid": "No file came with the form. Choose it again.",
    }  # fmt: skip

    def __init__(self, **kwargs: Any) -> None:
        accepted = ",".join([*map(str, ENDINGS), *(f".{ending}" for ending in ENDINGS.values())])
        kwargs.setdefault("help_text", HINT)
        super().__init__(widget=forms.FileInput({"accept": accepted}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The content, read only where it is not too large."""
        file = super().clean(data, initial)
        if not file:
            return None
        if file.size > LARGEST:
            raise forms.ValidationError(TOO_LARGE)
        try:
            return read(file.name, file.read())
        except RefusedError as error:
            raise forms.ValidationError(str(error)) from error


class VersionForm(forms.Form):
    """A file, and whether it may leave the site."""

    content = ContentField(label="File")
    is_identifying = forms.BooleanField(
        required=False, initial=True, label="It shows who the subject is",
        help_text="Then it is read at the site only. Black out names before you untick this.",
    )  # fmt: skip

    def __init__(self, *args: Any, kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind in SIGNED:
            self.fields["is_identifying"].disabled = True
            self.fields["is_identifying"].help_text = "A signed consent is read at the site only."


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=200)
