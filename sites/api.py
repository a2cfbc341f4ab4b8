"""Places, their rooms and staff, and sites over REST."""

from __future__ import annotations

from rest_framework import serializers

from core.api.resources import Addable, Resource, WithHistory, step
from core.api.shapes import LARGEST_KEY, Changing, Seen, SeenByWord, Shape, many_of
from sites.actions import places, sites
from sites.models import Absence, Bed, Closure, ConsentApproval, Person, Place, Room, Site


class PlaceFilters(Changing):
    """Filters of places."""

    country = serializers.CharField(required=False, help_text="ISO 3166, for example GB.")


class PlaceResource(Resource):
    """An institution where subjects are seen (FHIR Location)."""

    model = Place
    filters = PlaceFilters
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]{1,80}"
    columns = {
        "id": "pk", "slug": "slug", "name": "name", "short_name": "short_name",
        "street": "street", "postcode": "postcode", "city": "city", "country": "country",
        "time_zone": "time_zone",
    }  # fmt: skip


class AtPlace(Changing):
    """Filters of what lies at a place."""

    place = serializers.CharField(source="place__slug", required=False, help_text="Its slug.")
    is_active = serializers.BooleanField(required=False)


class RoomResource(Resource):
    """A room or chair that holds one subject at a time."""

    model = Room
    filters = AtPlace
    columns = {"id": "pk", "place": "place__slug", "name": "name", "is_active": "is_active"}


class BedResource(Resource):
    """A bed in which one subject at a time stays overnight (FHIR Location of form bed)."""

    model = Bed
    filters = AtPlace
    columns = {
        "id": "pk", "place": "place__slug", "name": "name", "unit": "unit",
        "is_active": "is_active",
    }  # fmt: skip


class StaffResource(Resource):
    """A member of staff of a place (FHIR Practitioner)."""

    model = Person
    filters = AtPlace
    columns = {
        "id": "pk", "place": "place__slug", "name": "name", "job_title": "job_title",
        "is_active": "is_active",
    }  # fmt: skip


LASTING = {"starts_at": "period__startswith", "ends_at": "period__endswith"}


class LastingFilters(Changing):
    """Filters of what lasts from one instant to another."""

    ends_after = serializers.DateTimeField(source="period__endswith__gt", required=False)


class Lasting(Shape):
    """From when to when."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class AbsenceFilters(LastingFilters):
    """Filters of absences."""

    place = serializers.CharField(source="person__place__slug", required=False)
    person = serializers.IntegerField(source="person_id", required=False, max_value=LARGEST_KEY)


class Away(Lasting):
    """From when to when a person is away."""

    note = serializers.CharField(required=False, max_length=120)


class Absent(Away):
    """Who is away, from when to when; visits booked then become obligations `visit.clash`."""

    person = Seen(queryset=Person.objects.filter(is_active=True))


class AbsenceResource(Addable):
    """A stretch of time in which a member of staff is away (FHIR PractitionerRole notAvailable)."""

    model = Absence
    filters = AbsenceFilters
    adding, adding_shape, parent = places.add_absence, Absent, "person"
    columns = {
        "id": "pk", "place": "person__place__slug", "person": "person_id", **LASTING,
        "note": "note",
    }  # fmt: skip

    change_absence = step(places.change_absence, Away)
    end_absence = step(places.end_absence, may_end=True)


class ClosureFilters(LastingFilters):
    """Filters of closures."""

    place = serializers.CharField(source="place__slug", required=False, help_text="Its slug.")


class Shut(Lasting):
    """From when to when a place is closed, and why."""

    reason = serializers.CharField(max_length=120)


class Closing(Shut):
    """Which place is closed; visits booked then become obligations `visit.clash`."""

    place = SeenByWord(queryset=Place.objects.all(), slug_field="slug")


class ClosureResource(Addable):
    """A stretch of time in which a place sees nobody (FHIR Location hoursOfOperation)."""

    model = Closure
    filters = ClosureFilters
    adding, adding_shape, parent = places.close, Closing, "place"
    columns = {
        "id": "pk", "place": "place__slug", **LASTING, "reason": "reason",
    }  # fmt: skip

    change_closure = step(places.change_closure, Shut)
    reopen = step(places.reopen, may_end=True)


class SiteFilters(Changing):
    """Filters of sites."""

    trial = serializers.CharField(source="trial__code", required=False, help_text="Its code.")
    place = serializers.CharField(source="place__slug", required=False, help_text="Its slug.")
    country = serializers.CharField(source="country__code", required=False)
    number = serializers.CharField(required=False)
    status = many_of(Site.Status, "status__in")
    status_from = serializers.DateField(source="status_on__gte", required=False)
    status_to = serializers.DateField(source="status_on__lte", required=False)
    cra = serializers.IntegerField(source="cra_id", required=False, max_value=LARGEST_KEY)


class StatusChange(Shape):
    """One step of a site through its life cycle."""

    status = serializers.ChoiceField(choices=Site.Status.choices)
    on = serializers.DateField(required=False, help_text="Today without it.")
    reason = serializers.CharField(required=False, max_length=200)


class SiteResource(WithHistory):
    """A place in a trial, with its life cycle and its counts (ODM Location)."""

    model = Site
    filters = SiteFilters
    columns = {
        "id": "pk", "trial": "trial__code", "number": "number", "place": "place__slug",
        "place_name": "place__short_name", "time_zone": "place__time_zone",
        "country": "country__code", "investigator": "investigator_name", "cra": "cra_id",
        "status": "status", "status_on": "status_on", "initiated_on": "initiated_on",
        "opened_on": "opened_on", "planned_subjects": "planned_subjects", "screened": "screened",
        "enrolled": "enrolled", "active": "active", "last_enrolled_on": "last_enrolled_on",
    }  # fmt: skip

    set_status = step(sites.set_status, StatusChange)


class ApprovalFilters(Changing):
    """Filters of approvals of consent versions."""

    trial = serializers.CharField(source="site__trial__code", required=False, help_text="Its code.")
    site = serializers.IntegerField(source="site_id", required=False, max_value=LARGEST_KEY)
    version = serializers.IntegerField(source="version_id", required=False, max_value=LARGEST_KEY)
    in_use_on = serializers.DateField(source="during__contains", required=False)


class ConsentApprovalResource(Resource):
    """The ethics approval of a version of a consent form at a site, in one language."""

    model = ConsentApproval
    filters = ApprovalFilters
    columns = {
        "id": "pk", "trial": "site__trial__code", "site": "site_id",
        "site_number": "site__number", "version": "version_id", "form": "type__name",
        "version_number": "version__number", "language": "language",
        "approved_on": "approved_on", "in_use_from": "during__startswith",
        "in_use_before": "during__endswith", "voided_at": "voided_at",
    }  # fmt: skip
