"""The shape of input about places, staff and sites."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.db.models import QuerySet

from accounts.models import User
from core.dates import ClockError, at, start_of
from core.permissions import Permission
from sites.models import OpeningHours, Person, Place, Site, Task

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
HALVES = ("first", "second")


class PlaceForm(forms.ModelForm[Place]):
    """Name, address and time zone of an institution."""

    time_zone = forms.ChoiceField(choices=lambda: [(name, name) for name in _zones()])

    class Meta:
        model = Place
        fields = (
            "name", "short_name", "street", "postcode", "city", "country", "time_zone", "phone",
        )  # fmt: skip

    def clean_country(self) -> str:
        """Two letters, as ISO 3166 writes them."""
        code: str = self.cleaned_data["country"].upper()
        if len(code) != 2 or not code.isascii() or not code.isalpha():  # noqa: PLR2004 - letters
            raise forms.ValidationError("Write the country as two letters, for example GB.")
        return code


def _zones() -> list[str]:
    """The zones people live in, by continent and city."""
    return ["UTC", *sorted(name for name in available_timezones() if _is_city(name))]


def _is_city(name: str) -> bool:
    return "/" in name and not name.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/"))


class SureForm(forms.Form):
    """Input that may get in the way of booked visits, and is then confirmed."""

    def ask_if_sure(self, concerned: object, text: str) -> None:
        """Where visits are concerned, keep the form open until its box is ticked."""
        if not concerned:
            return
        self.fields["sure"] = forms.BooleanField(label=text, required=False)
        if not self.data.get("sure"):
            self.add_error("sure", "Tick the box if this is what you want.")


class PeriodForm(SureForm):
    """From when to when, on the clocks of a place; whole days where no time is given."""

    from_on = forms.DateField(label="First day", widget=DAY)
    from_at = forms.TimeField(
        label="From", widget=CLOCK, required=False, help_text="Empty: all day"
    )
    to_on = forms.DateField(label="Last day", widget=DAY)
    to_at = forms.TimeField(label="Until", widget=CLOCK, required=False, help_text="Empty: all day")

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    @property
    def start(self) -> datetime:
        """The instant at which it begins."""
        start: datetime = self.cleaned_data["start"]
        return start

    @property
    def end(self) -> datetime:
        """The instant at which it is over."""
        end: datetime = self.cleaned_data["end"]
        return end

    def clean(self) -> dict[str, Any]:
        """Both ends as instants, the second after the first."""
        data = super().clean() or self.cleaned_data
        first, last = data.get("from_on"), data.get("to_on")
        if first and last:
            after_last = None if data.get("to_at") else last + timedelta(days=1)
            data["start"] = self._instant("from_at", first, data.get("from_at"))
            data["end"] = self._instant("to_at", after_last or last, data.get("to_at"))
            if data["start"] and data["end"] and data["end"] <= data["start"]:
                self.add_error("to_on", "The end is not after the start. Check days and times.")
        return data

    def _instant(self, field: str, day: date, clock: time | None) -> datetime | None:
        if clock is None:
            return start_of(day, self.zone)
        try:
            return at(day, clock, self.zone)
        except ClockError as error:
            self.add_error(field, str(error))
            return None


def days_of(period: Any, zone: ZoneInfo) -> dict[str, Any]:
    """A stretch of time as the fields of its form; whole days leave the times empty."""
    start, end = period.lower.astimezone(zone), period.upper.astimezone(zone)
    ends_at_midnight = end == start_of(end.date(), zone).astimezone(zone)
    starts_at_midnight = start == start_of(start.date(), zone).astimezone(zone)
    return {
        "from_on": start.date(),
        "from_at": None if starts_at_midnight else start.time(),
        "to_on": end.date() - timedelta(days=1) if ends_at_midnight else end.date(),
        "to_at": None if ends_at_midnight else end.time(),
    }


class ClosureForm(PeriodForm):
    """When and why a place or room is closed."""

    reason = forms.CharField(max_length=120)


class AbsenceForm(PeriodForm):
    """When a member of staff is away."""

    note = forms.CharField(max_length=120, required=False)


class HoursForm(SureForm):
    """The week of a place: up to two stretches a day, on a closed day none."""

    def __init__(self, *args: Any, held: list[OpeningHours], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_day: dict[int, list[OpeningHours]] = {}
        for hours in sorted(held, key=lambda hours: (hours.weekday, hours.opens)):
            by_day.setdefault(hours.weekday, []).append(hours)
        for weekday, name in OpeningHours.Weekday.choices:
            for place, half in enumerate(HALVES):
                hours_then = by_day.get(weekday, [])[place : place + 1]
                for end, word in (("opens", "from"), ("closes", "until")):
                    self.fields[f"{end}_{weekday}_{half}"] = forms.TimeField(
                        label=f"{name}, {half} opening, {word}", required=False,
                        widget=forms.TimeInput(attrs={"type": "time", "class": "in"}, format="%H:%M"),
                        initial=getattr(hours_then[0], end) if hours_then else None,
                    )  # fmt: skip

    @property
    def week(self) -> list[tuple[int, time, time]]:
        """The hours as the action takes them."""
        return [
            (weekday, self.cleaned_data[f"opens_{weekday}_{half}"],
             self.cleaned_data[f"closes_{weekday}_{half}"])
            for weekday in OpeningHours.Weekday.values
            for half in HALVES
            if self.cleaned_data.get(f"opens_{weekday}_{half}")
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """An opening has both ends."""
        data = super().clean() or self.cleaned_data
        for weekday in OpeningHours.Weekday.values:
            for half in HALVES:
                opens, closes = f"opens_{weekday}_{half}", f"closes_{weekday}_{half}"
                if bool(data.get(opens)) != bool(data.get(closes)):
                    missing = closes if data.get(opens) else opens
                    self.add_error(missing, "Give both times, or none for a closed day.")
        return data

    def days(self) -> list[tuple[str, list[tuple[Any, Any]]]]:
        """The fields by day of the week."""
        return [
            (name, [(self[f"opens_{weekday}_{half}"], self[f"closes_{weekday}_{half}"])
                    for half in HALVES])
            for weekday, name in OpeningHours.Weekday.choices
        ]  # fmt: skip


class DelegateForm(forms.Form):
    """Who may do what in a trial, from when to when."""

    site = forms.ModelChoiceField(Site.objects.none(), label="Trial and site")
    person = forms.ModelChoiceField(Person.objects.none())
    tasks = forms.MultipleChoiceField(choices=Task.choices, widget=forms.CheckboxSelectMultiple)
    from_on = forms.DateField(label="First day", widget=DAY)
    to_on = forms.DateField(
        label="Last day", widget=DAY, required=False, help_text="Empty: until further notice"
    )

    def __init__(self, *args: Any, place: Place, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites: QuerySet[Site] = Site.objects.visible_to(user, Permission.DELEGATION_EDIT)
        self.fields["site"] = SiteField(
            sites.filter(place=place).select_related("trial", "place"), label="Trial and site"
        )
        self.fields["person"].queryset = Person.objects.filter(place=place, is_active=True)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The last day does not lie before the first."""
        data = super().clean() or self.cleaned_data
        if data.get("from_on") and data.get("to_on") and data["to_on"] < data["from_on"]:
            self.add_error("to_on", "The last day is before the first. Check both days.")
        return data


class SiteField(forms.ModelChoiceField[Site]):
    """A site by its trial and number."""

    def label_from_instance(self, obj: Site) -> str:
        """Trial first: a place has one site in each."""
        return f"{obj.trial} · {obj}"


class EndDelegationForm(SureForm):
    """The last day of a delegation."""

    on = forms.DateField(label="Last day", widget=DAY)
