"""The shape of input about trials, protocol files and schedules of activities."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from core.durations import Duration
from trials import words
from trials.models import Sponsor, Trial, VisitDefinition
from trials.untrusted import MAX_BYTES, MEGABYTE

MAX_ROWS = 500
MAX_WORDS = 60


class UploadForm(forms.Form):
    """A protocol file, and for a trial that is not there yet its sponsor."""

    sponsor = forms.ModelChoiceField(Sponsor.objects.none(), empty_label=None)
    file = forms.FileField(
        label="Protocol file",
        help_text=f"USDM 3.0 to 4.0 or a ClinicalTrials.gov record, JSON, up to {MAX_BYTES // MEGABYTE} MB",
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
    )

    def __init__(self, *args: Any, sponsors: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if sponsors is None:
            del self.fields["sponsor"]
        else:
            self.fields["sponsor"].queryset = sponsors  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        """Refuse by size before anything of it is read."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(
                f"The file has {file.size / MEGABYTE:.1f} MB and the limit is "
                f"{MAX_BYTES / MEGABYTE:.0f} MB. Ask the sender for a file of this one study only."
            )
        return file


class WordsField(forms.Field):
    """Text that is read into a value and shown again in the same words."""

    def read(self, text: str) -> Any:
        """The value; a ValueError says what is wrong with the text."""
        raise NotImplementedError

    def say(self, value: Any) -> str:
        """The value in words."""
        raise NotImplementedError

    def to_python(self, value: Any) -> Any:
        """The value, or the reader's own message."""
        if not isinstance(value, str):
            return value
        text = value.strip()
        if not text:
            return None
        try:
            return self.read(text[:MAX_WORDS])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        """Values in words; what was typed stays as typed."""
        return value if value is None or isinstance(value, str) else self.say(value)


class OffsetField(WordsField):
    """How far a visit is from what it counts from."""

    def read(self, text: str) -> Duration:
        """A length, a study day or a week."""
        return words.read_offset(text)

    def say(self, value: Duration) -> str:
        """The length in short units."""
        return words.say_length(value)


class WindowField(WordsField):
    """How much earlier and later a visit may take place."""

    def read(self, text: str) -> words.Window | None:
        """Both sides; nothing where there is no window."""
        return words.read_window(text)

    def say(self, value: words.Window) -> str:
        """The window as a span."""
        return words.say_window(value)


def _small(widget: type[forms.Widget], name: str) -> forms.Widget:
    return widget(attrs={"class": f"in s {name}"})


class RowForm(forms.Form):
    """A visit in the preview of a file."""

    is_included = forms.BooleanField(required=False)
    name = forms.CharField(max_length=200, widget=_small(forms.TextInput, "imp-name"))
    offset = OffsetField(required=False, widget=_small(forms.TextInput, "imp-in"))
    window = WindowField(required=False, widget=_small(forms.TextInput, "imp-in"))
    modality = forms.ChoiceField(
        choices=VisitDefinition.Modality.choices, widget=_small(forms.Select, "imp-at")
    )


RowFormSet = forms.formset_factory(RowForm, extra=0, absolute_max=MAX_ROWS, max_num=MAX_ROWS)


class NumberForm(forms.Form):
    """The number of a schedule version."""

    number = forms.RegexField(
        r"^[\w.-]+\Z", max_length=20, label="Version number",
        error_messages={"invalid": "Write the number with letters, figures, dots and dashes, such as 4.0."},
    )  # fmt: skip


class NewTrialForm(forms.ModelForm[Trial]):
    """What a trial is called."""

    class Meta:
        model = Trial
        fields = ("protocol_number", "code", "name")
        help_texts: ClassVar = {"code": "Short, for addresses, for example tmr-204."}
        error_messages: ClassVar = {
            "code": {
                "unique": "A trial with this code exists already. Choose another code,"
                " or import the file into that trial."
            }
        }
