"""The shape of questions to the trail."""

from __future__ import annotations

from django import forms


class InstantForm(forms.Form):
    """The instant at which a record is shown."""

    at = forms.DateTimeField(
        label="As it was at (UTC)",
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "step": 1, "class": "input input-medium"}
        ),
    )
