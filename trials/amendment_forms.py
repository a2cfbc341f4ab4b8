"""Forms that tie a draft to the version before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from trials.models import ConsentVersion, MustReconsent, ScheduleVersion, VisitDefinition


class MatchForm(forms.Form):
    """For each visit of a draft the visit of the version before that it goes on from."""

    def __init__(
        self, *args: Any, visits: Sequence[VisitDefinition], before: Sequence[VisitDefinition],
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.visits = {f"visit-{one.pk}": one for one in visits}
        self.before = {str(one.pk): one for one in before}
        lineages = {one.lineage: str(one.pk) for one in before}
        offered = [(str(one.pk), f"{one.code} {one.name}") for one in before]
        for name, visit in self.visits.items():
            self.fields[name] = forms.ChoiceField(
                label=f"{visit.code} goes on from", required=False,
                choices=[("", "New visit"), *offered], initial=lineages.get(visit.lineage, ""),
                widget=forms.Select(attrs={"class": "input input-small"}),
            )  # fmt: skip

    @property
    def matches(self) -> Mapping[int, VisitDefinition | None]:
        """What was said otherwise than it is, by the key of the visit."""
        return {
            self.visits[name].pk: self.before.get(self.cleaned_data[name])
            for name in self.changed_data
        }


class AskedForm(forms.Form):
    """Which versions of consent forms subjects sign before they come under a schedule version."""

    consents = forms.ModelMultipleChoiceField(
        ConsentVersion.objects.none(), required=False, widget=forms.CheckboxSelectMultiple,
        label="Signed before",
        help_text="Subjects who are asked to sign one again stay under the version they follow until they have.",
    )  # fmt: skip

    def __init__(self, *args: Any, version: ScheduleVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = ConsentVersion.objects.filter(type__trial_id=version.trial_id)
        rows = rows.exclude(must_reconsent=MustReconsent.NOBODY).select_related("type")
        field: Any = self.fields["consents"]
        field.queryset = rows.order_by("type", "-dated", "-pk")
        field.initial = list(version.asked.values_list("consent_id", flat=True))
        field.label_from_instance = lambda one: f"{one}, {one.who_signs_again.lower()}"
