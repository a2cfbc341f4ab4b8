"""The shape of input about places, staff and sites."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.db.models import QuerySet

from accounts.models import User
from core.access import can
from core.countries import countries
from core.dates import at, start_of
from core.dates.field import ClockField, DayField, instant_of
from core.permissions import Permission
from sites.models import OpeningHours, Person, Place, Site, SiteStatus, Task
from sites.models.site import SITE_NUMBER
from sites.queries import cras_of
from trials.models import ScheduleVersion, Trial

HALVES = ("first", "second")


class PlaceForm(forms.ModelForm[Place]):
    """Name, address and time zone of an institution."""

    country = forms.ChoiceField(choices=lambda: list(countries().items()), initial="GB")
    time_zone = forms.ChoiceField(choices=lambda: [(name, name) for name in _zones()])

    class Meta:
        model = Place
        fields = (
            "name", "short_name", "street", "postcode", "city", "country", "time_zone", "phone",
        )  # fmt: skip


def _zones() -> list[str]:
    """The zones people live in, by continent and city."""
    return ["UTC", *sorted(name for name in available_timezones() if _is_city(name))]


def _is_city(name: str) -> bool:
    return "/" in name and not name.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/"))


class PeriodForm(forms.Form):
    """From when to when, on the clocks of a place; whole days where no time is given."""

    from_on = DayField(label="First day")
    from_at = ClockField(label="From", required=False, help_text="Empty: all day")
    to_on = DayField(label="Last day")
    to_at = ClockField(label="Until", required=False, help_text="Empty: all day")
    why: ClassVar[str]  # the field that says it

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

    @property
    def given(self) -> dict[str, Any]:
        """From when to when, and why, as actions take it."""
        return {"start": self.start, "end": self.end, self.why: self.cleaned_data[self.why]}

    def clean(self) -> dict[str, Any]:
        """Both ends as instants, the second after the first."""
        data = super().clean() or self.cleaned_data
        if data.get("from_on") and data.get("to_on"):
            start = self._instant("from", data["from_on"])
            end = self._instant("to", data["to_on"] + timedelta(days=0 if data.get("to_at") else 1))
            data |= {"start": start, "end": end}
            if start and end and end <= start:
                self.add_error("to_on", "The end is not after the start. Check days and times.")
        return data

    def _instant(self, end: str, day: date) -> datetime | None:
        """A day at the time that is given for this end, or as it begins."""
        clock: time | None = self.cleaned_data.get(f"{end}_at")
        if clock is None:
            return start_of(day, self.zone)
        return instant_of(self, day, clock, self.zone, field=f"{end}_at", read=at)


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

    why = "reason"
    reason = forms.CharField(max_length=120)


class AbsenceForm(PeriodForm):
    """When a member of staff is away."""

    why = "note"
    note = forms.CharField(max_length=120, required=False)


class HoursForm(forms.Form):
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
                        widget=forms.TimeInput(attrs={"type": "time", "class": "input"}, format="%H:%M"),
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
    from_on = DayField(label="First day")
    to_on = DayField(label="Last day", required=False, help_text="Empty: until further notice")

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


class EndDelegationForm(forms.Form):
    """The last day of a delegation."""

    on = DayField(label="Last day")


class AddSiteForm(forms.Form):
    """A place, known or new, in a trial."""

    place = forms.ModelChoiceField(
        Place.objects.none(), required=False, empty_label="A new place, described below"
    )
    name = forms.CharField(label="Name of the new place", max_length=60, required=False)
    city = forms.CharField(label="City", max_length=100, required=False)
    country = forms.ChoiceField(choices=lambda: list(countries().items()), required=False)
    time_zone = forms.ChoiceField(
        choices=lambda: [(name, name) for name in _zones()], required=False
    )
    number = forms.CharField(
        label="Site number", max_length=20, required=False, validators=[SITE_NUMBER],
        help_text="Needed when the site is initiated.",
    )  # fmt: skip
    investigator_name = forms.CharField(
        label="Principal investigator", max_length=150, required=False
    )
    cra = forms.ModelChoiceField(User.objects.none(), label="CRA", required=False)
    planned_subjects = forms.IntegerField(min_value=0, max_value=100_000, required=False)

    def __init__(self, *args: Any, trial: Trial, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if can(user, Permission.PLACE_ADD, trial):
            known = Place.objects.order_by("short_name")
        else:
            known = Place.objects.visible_to(user).order_by("short_name")
            for name in ("name", "city", "country", "time_zone"):
                del self.fields[name]
        self.fields["place"].queryset = known  # type: ignore[attr-defined]
        self.fields["cra"].queryset = cras_of(trial)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """One place: either chosen or described."""
        data = super().clean() or self.cleaned_data
        if not data.get("place") and not data.get("name"):
            self.add_error("place", "Choose a place, or give the name of a new one.")
        if data.get("place") and data.get("name"):
            self.add_error("name", "Choose a place or describe a new one, not both.")
        return data

    @property
    def new_place(self) -> dict[str, str]:
        """What is known of a new place."""
        data = self.cleaned_data
        return {
            "name": data["name"], "short_name": data["name"], "city": data["city"],
            "country": data["country"], "time_zone": data["time_zone"],
        }  # fmt: skip

    @property
    def facts(self) -> dict[str, Any]:
        """What is known of the site itself."""
        return {name: self.cleaned_data[name] for name in FACTS}


FACTS = ("investigator_name", "cra", "planned_subjects")


class SiteForm(forms.ModelForm[Site]):
    """Facts of a site that change without a step in its life."""

    class Meta:
        model = Site
        fields = ("number", *FACTS)
        labels: ClassVar = {"number": "Site number", "cra": "CRA"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cra"].queryset = cras_of(self.instance.trial)  # type: ignore[attr-defined]


class StatusForm(forms.Form):
    """The next step in the life of a site, its day and its reason."""

    status = forms.ChoiceField(label="New status")
    on = DayField(label="Since")
    reason = forms.CharField(
        max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        after = Site.flow.after(site.status)
        choices = [(value, label) for value, label in SiteStatus.choices if value in after]
        self.fields["status"] = forms.ChoiceField(label="New status", choices=choices)

    def clean(self) -> dict[str, Any]:
        """A reason where the step needs one."""
        data = super().clean() or self.cleaned_data
        if data.get("status") in Site.flow.reasons and not data.get("reason"):
            self.add_error("reason", "Give the reason for this step.")
        return data


class ScheduleForm(forms.Form):
    """Which approved version a site works under, and from when."""

    version = forms.ModelChoiceField(ScheduleVersion.objects.none(), label="Approved version")
    from_on = DayField(
        label="From", help_text="The day on which the approval at the site takes effect."
    )

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        approved = ScheduleVersion.objects.filter(
            trial_id=site.trial_id, status=ScheduleVersion.Status.APPROVED
        )
        self.fields["version"].queryset = approved.order_by("-approved_at")  # type: ignore[attr-defined]


class EffectForm(forms.Form):
    """The sites that come under a version, and from when."""

    at = forms.ModelMultipleChoiceField(
        Site.objects.none(), label="Sites", error_messages={"required": "Tick at least one site."}
    )
    from_on = DayField(label="From")

    def __init__(self, *args: Any, sites: Collection[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"].queryset = Site.objects.filter(pk__in=sites)  # type: ignore[attr-defined]


class AssignForm(forms.Form):
    """The sites that get a monitor, and who that is."""

    row = forms.ModelMultipleChoiceField(Site.objects.none())
    cra = forms.ModelChoiceField(
        User.objects.none(), label="CRA", required=False, empty_label="Nobody"
    )

    def __init__(self, *args: Any, trial: Trial, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["row"].queryset = Site.objects.filter(trial=trial)  # type: ignore[attr-defined]
        self.fields["cra"].queryset = cras_of(trial)  # type: ignore[attr-defined]
