"""The criteria of a subject as one form: an answer, a source, a day and a note for each."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField

from core.dates.field import DayField
from subjects.actions.eligibility import Given
from subjects.eligibility import Line, Sheet
from subjects.models.eligibility import OF_CATEGORY, Answer
from trials.models import Criterion


class CriteriaForm(forms.Form):
    """Every criterion with its fields; what is left as it was changes nothing."""

    reason = forms.CharField(
        max_length=200, required=False, label="Reason for changes",
        help_text="Needed where an answer was given before, or the decision is signed.",
    )  # fmt: skip

    def __init__(self, *args: Any, sheet: Sheet, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines, self.today = sheet.lines, today
        for line in sheet.lines:
            self.fields |= _fields(line)
        self.order_fields([name for name in self.fields if name != "reason"])

    @property
    def groups(self) -> list[tuple[Line, list[BoundField]]]:
        """Each criterion with its fields."""
        return [(line, [self[name] for name in _names(line)]) for line in self.lines]

    def given(self) -> list[Given]:
        """The answers for the action; one without a day was found today."""
        criteria = Criterion.objects.in_bulk([line.criterion_id for line in self.lines])
        return [self._given(line, criteria[line.criterion_id]) for line in self.lines]

    def _given(self, line: Line, criterion: Criterion) -> Given:
        answer, source, on, note = (self.cleaned_data[name] for name in _names(line))
        is_open = answer == Answer.PENDING
        return Given(criterion, answer, source, on or (None if is_open else self.today), note)


def _names(line: Line) -> list[str]:
    return [f"{name}_{line.criterion_id}" for name in ("answer", "source", "on", "note")]


def _fields(line: Line) -> dict[str, forms.Field]:
    """The fields of one criterion, as it is answered now."""
    choices = [(one.value, one.label) for one in OF_CATEGORY[line.category]]
    made: list[forms.Field] = [
        forms.ChoiceField(choices=choices, label="Answer", initial=line.answer),
        forms.CharField(max_length=200, required=False, label="Source", initial=line.source),
        DayField(required=False, label="Date", initial=line.answered_on),
        forms.CharField(max_length=200, required=False, label="Note", initial=line.note),
    ]
    return dict(zip(_names(line), made, strict=True))


class WaiverForm(forms.Form):
    """Why the sponsor should waive a criterion."""

    reason = forms.CharField(
        max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why taking part is safe and useful although the criterion is not fulfilled.",
    )  # fmt: skip
