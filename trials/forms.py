"""The shape of input about trials, protocol files and schedules of activities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms

from core.countries import countries
from core.dates.field import DayField
from core.durations import ZERO, Duration
from trials import words
from trials.models import AnchorKind, Country, Sponsor, Trial, VisitDefinition, VisitProcedure
from trials.models.schedule import MAX_VISITS
from trials.untrusted import MAX_BYTES, MEGABYTE

MAX_WORDS = 60


class UploadForm(forms.Form):
    """A protocol file, and for a trial that is not there yet its sponsor."""

    sponsor = forms.ModelChoiceField(Sponsor.objects.none(), empty_label=None)
    file = forms.FileField(
        label="Protocol file",
        help_text=f"USDM 3.0 to 4.0 or a ClinicalTrials.gov record, JSON, up to {MAX_BYTES // MEGABYTE} MB",
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
        error_messages={
            "empty": "The file is empty. Save it again where it was made, or choose another file.",
        },
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
                f"The file has {file.size / MEGABYTE:.1f} MB; {MAX_BYTES // MEGABYTE} MB is the most "
                "that is read. Ask the sender for a file of this one study only."
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
    return widget(attrs={"class": f"input input-small {name}"})


class RowForm(forms.Form):
    """A visit in the preview of a file."""

    is_included = forms.BooleanField(required=False)
    name = forms.CharField(max_length=200, widget=_small(forms.TextInput, "preview-name"))
    offset = OffsetField(required=False, widget=_small(forms.TextInput, "preview-time"))
    window = WindowField(required=False, widget=_small(forms.TextInput, "preview-time"))
    modality = forms.ChoiceField(
        choices=VisitDefinition.Modality.choices, widget=_small(forms.Select, "preview-modality")
    )

    same_as = forms.ChoiceField(required=False, widget=_small(forms.Select, "preview-same"))

    def offer(self, known: Sequence[VisitDefinition]) -> None:
        """The visits it can go on from; no such question where there are none."""
        names = [
            (str(one.lineage), f"{one.code} {one.name}") for one in known if not one.timeline_id
        ]
        self.fields["same_as"].choices = [("", "New"), *names]  # type: ignore[attr-defined]
        if not names:
            del self.fields["same_as"]


RowFormSet = forms.formset_factory(RowForm, extra=0, absolute_max=MAX_VISITS, max_num=MAX_VISITS)


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


class VisitForm(forms.Form):
    """A visit of a draft, in the words of a protocol."""

    name = forms.CharField(max_length=200)
    code = forms.CharField(
        max_length=12, label="Short head", help_text="In the grid and on subjects, for example W12."
    )
    counts_from = forms.ChoiceField()
    offset = OffsetField(help_text="14 d, 1 mo, −2 d 15 min, P14D, Week 2 or Day 15.")
    window = WindowField(required=False, help_text="±3, −3/+4 d, +2 wk; empty for none.")
    basis = forms.ChoiceField(
        choices=VisitDefinition.Basis.choices, label="Of the visit before",
        help_text="Which date counts, where it counts from another visit.",
    )  # fmt: skip
    epoch = forms.CharField(max_length=200, required=False)
    type = forms.ChoiceField(choices=VisitDefinition.Type.choices)
    modality = forms.ChoiceField(choices=VisitDefinition.Modality.choices, label="Where")
    duration = forms.IntegerField(min_value=5, max_value=1440, label="Minutes", initial=60)
    nights = forms.IntegerField(
        min_value=0, max_value=365, initial=0, required=False,
        help_text="How many the subject stays; a bed is booked for them.",
    )  # fmt: skip
    is_optional = forms.BooleanField(required=False, label="Optional visit")
    place = forms.TypedChoiceField(coerce=int, label="Stands after")

    def __init__(self, *args: Any, others: list[VisitDefinition], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = {str(visit.pk): visit for visit in others}
        names = [(pk, f"{visit.code} {visit.name}") for pk, visit in self.others.items()]
        self.fields["counts_from"].choices = [*AnchorKind.choices, *names]  # type: ignore[attr-defined]
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            (0, "Nothing: it is the first"),
            *((place, text) for place, (_, text) in enumerate(names, 1)),
        ]

    def values(self) -> dict[str, Any]:
        """The columns of the visit."""
        data = self.cleaned_data
        origin = data.get("counts_from", "")  # visits that an event begins count from it
        after = self.others.get(origin)
        is_anchor = origin == AnchorKind.DAY_1 and data["offset"] == ZERO
        named = {
            name: data[name]
            for name in ("name", "code", "type", "modality", "duration", "is_optional")
        }
        return {
            **named, **words.columns(data["offset"], data["window"]), "after_visit": after,
            "nights": data["nights"] or 0,
            "anchor": AnchorKind.DAY_1 if after or not origin else origin, "is_anchor": is_anchor,
            "basis": data["basis"] if after else VisitDefinition.Basis.PLANNED,
        }  # fmt: skip


class ProcedureForm(forms.Form):
    """A procedure of a draft."""

    name = forms.CharField(max_length=300)
    group = forms.CharField(max_length=200, required=False, help_text="The heading above it.")


class MovedProcedureForm(ProcedureForm):
    """A procedure that is there already, and its place in the list."""

    place = forms.TypedChoiceField(coerce=int, label="Stands after")
    field_order = ("name", "group", "place")

    def __init__(self, *args: Any, others: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            (0, "Nothing: it is the first"), *enumerate(others, 1),
        ]  # fmt: skip


class SampleForm(forms.Form):
    """The first day of a subject that is not there."""

    day_1 = DayField(required=False)


class SamplesField(WordsField):
    """Times of samples around the start, with how much earlier and later each may be taken."""

    def read(self, text: str) -> list[tuple[int, int, int]]:
        """Minutes of each sample and its window."""
        return [words.read_sample(part) for part in text.split(",") if part.strip()]

    def say(self, value: list[list[int]]) -> str:
        """The samples as they are typed."""
        return ", ".join(words.say_sample(*one) for one in value)


class CellForm(forms.Form):
    """How a procedure is asked for at a visit."""

    need = forms.ChoiceField(
        choices=[("", "Not asked for"), *VisitProcedure.Need.choices], required=False,
        label="How it is asked for",
    )  # fmt: skip
    offsets = SamplesField(
        required=False, label="Samples",
        help_text="Where timed: −30 min, 0, 1 h ±10 min, 4 h ±30 min.",
    )  # fmt: skip
    condition = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 3}), label="When it applies",
        help_text="Shown as a footnote.",
    )  # fmt: skip
    is_time_zero = forms.BooleanField(
        required=False, label="Timed samples of this visit count from it",
        help_text="For the dose. Samples before it are drawn first, those after it wait for it.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Samples belong to timed cells, and these have at least one."""
        data = super().clean() or self.cleaned_data
        if "offsets" not in self.errors:
            data["offsets"] = data.get("offsets") or []
            is_timed = data.get("need") == VisitProcedure.Need.TIMED
            self._refuse_stray(data["offsets"], is_timed=is_timed)
            if data.get("is_time_zero") and (is_timed or not data.get("need")):
                said = "Samples count from a procedure that is done once at the visit."
                self.add_error("is_time_zero", said)
        return data

    def _refuse_stray(self, samples: list[Any], *, is_timed: bool) -> None:
        """Refuse a timed procedure without times, and times of another one."""
        if is_timed and not samples:
            self.add_error("offsets", "Write at least one time, for example 0, 1 h, 4 h.")
        if samples and not is_timed:
            self.add_error("need", "Times belong to a timed procedure. Choose Timed.")


class PasteForm(forms.Form):
    """A table out of a spreadsheet."""

    table = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 12, "wrap": "off", "spellcheck": "false"}),
        max_length=200_000, strip=False, label="Table",
        help_text="Procedures down, visits across. Rows named Day, Window and Epoch set the visits;"
        " x is required, (x) if applicable; a row with only a name is a heading.",
    )  # fmt: skip


class ReasonForm(forms.Form):
    """Why something ends."""

    reason = forms.CharField(max_length=200)


class TrialForm(forms.ModelForm[Trial]):
    """Facts of a trial."""

    class Meta:
        model = Trial
        fields: ClassVar[tuple[str, ...]] = (
            "protocol_number", "name", "title", "phase", "study_type", "therapeutic_area",
            "indication", "is_randomised", "blinding", "allows_waivers", "planned_subjects",
            "planned_sites",
        )  # fmt: skip
        widgets: ClassVar = {"title": forms.Textarea(attrs={"rows": 2})}


class AddTrialForm(TrialForm):
    """A trial that is not there yet, under its sponsor."""

    sponsor = forms.ModelChoiceField(Sponsor.objects.none(), empty_label=None)
    field_order = ("sponsor", "protocol_number", "code")

    class Meta(TrialForm.Meta):
        fields = ("code", *TrialForm.Meta.fields)
        help_texts: ClassVar = NewTrialForm.Meta.help_texts
        error_messages: ClassVar = NewTrialForm.Meta.error_messages

    def __init__(self, *args: Any, sponsors: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sponsor"].queryset = sponsors  # type: ignore[attr-defined]


class SponsorForm(forms.Form):
    """An organisation that takes responsibility for trials."""

    name = forms.CharField(max_length=200)


class RegistryIdForm(forms.Form):
    """A number under which a register knows the trial."""

    registry = forms.CharField(max_length=60, help_text="For example ClinicalTrials.gov or CTIS.")
    value = forms.CharField(max_length=60, label="Number")


class CountryForm(forms.Form):
    """A country of the trial, with what is planned there."""

    code = forms.ChoiceField(choices=lambda: list(countries().items()), label="Country")
    planned_sites = forms.IntegerField(min_value=0, max_value=100_000, required=False)
    planned_subjects = forms.IntegerField(min_value=0, max_value=10_000_000, required=False)


class StepForm(forms.Form):
    """The next status of a record, from when, and why where a reason is asked for."""

    status = forms.ChoiceField()
    on = DayField(label="Since")
    reason = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, held: Trial | Country, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(held.Status.choices)
        steps = [(step, labels[step]) for step in labels if step in held.flow.after(held.status)]
        self.fields["status"].choices = steps  # type: ignore[attr-defined]
