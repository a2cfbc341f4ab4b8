"""Subjects by number and their visits over REST; who subjects are never leaves the site."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import FilteredRelation, Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action as routed
from rest_framework.request import Request
from rest_framework.response import Response

from core.access import require
from core.actions import Action
from core.api.answers import Problem
from core.api.resources import Addable, WithHistory, step
from core.api.shapes import LARGEST_KEY, Changing, Seen, Shape, many_of
from core.api.shapes import Instant as Moment
from core.dates import ClockError, at
from core.permissions import Permission
from sites.models import Bed, Person, Room, Site
from subjects.actions import (
    bookings,
    corrections,
    eligibility,
    procedures,
    stays,
    subjects,
    transfers,
    visits,
)
from subjects.actions.plan import hold
from subjects.api.eligibility import Answering, Asking
from subjects.api.procedures import ProcedureAnswer
from subjects.api.shapes import AtVisit
from subjects.availability import around, best, minutes_of
from subjects.models import Booking, LeavingReason, Subject, Visit
from subjects.models.subject import ENDED, Sex


class On(Shape):
    """The day something happened, in the zone of the place."""

    on = serializers.DateField()


class OnWithReason(On):
    """The day something happened, and why where it is out of the ordinary."""

    reason = serializers.CharField(required=False, max_length=200)


class Reason(Shape):
    """Why."""

    reason = serializers.CharField(max_length=200)


class Screening(Shape):
    """A person to add to screening."""

    site = Seen(queryset=Site.objects.all())
    screened_on = serializers.DateField(source="on")
    consented_on = serializers.DateField(required=False, allow_null=True)
    number = serializers.CharField(
        required=False, max_length=30, help_text="Without it the subject gets the next number."
    )
    birth_year = serializers.IntegerField(
        required=False, allow_null=True, min_value=1900, max_value=2100
    )
    sex = serializers.ChoiceField(choices=Sex.choices, required=False)


class Ending(OnWithReason):
    """How, when and why a subject leaves the trial."""

    status = serializers.ChoiceField(choices=[(status.value, status.label) for status in ENDED])
    reason_code = serializers.ChoiceField(
        choices=LeavingReason.choices, required=False,
        help_text="The main reason, needed of a screen failure and of an early end.",
    )  # fmt: skip


class Mistake(Reason):
    """A status that was recorded by mistake, and why it is known to be wrong."""

    status = serializers.ChoiceField(
        choices=Subject.Status.choices, help_text="The status the subject is in now."
    )


class Moving(Reason):
    """To which site a subject goes, and when; on a day to come it moves by itself."""

    to = Seen(queryset=Site.objects.all())
    on = serializers.DateField()


class SubjectFilters(Changing):
    """Filters of subjects."""

    trial = serializers.CharField(source="trial__code", required=False, help_text="Its code.")
    site = serializers.IntegerField(source="site_id", required=False, max_value=LARGEST_KEY)
    site_number = serializers.CharField(source="site__number", required=False)
    place = serializers.CharField(source="site__place__slug", required=False)
    number = serializers.CharField(required=False)
    status = many_of(Subject.Status, "status__in")
    reason_code = many_of(LeavingReason, "reason_code__in")
    screened_from = serializers.DateField(source="screened_on__gte", required=False)
    screened_to = serializers.DateField(source="screened_on__lte", required=False)
    enrolled_from = serializers.DateField(source="enrolled_on__gte", required=False)
    enrolled_to = serializers.DateField(source="enrolled_on__lte", required=False)


class SubjectResource(WithHistory, Addable):
    """A subject, known by number only (FHIR ResearchSubject, ODM SubjectData)."""

    model = Subject
    filters = SubjectFilters
    adding, adding_shape, parent = subjects.screen, Screening, "site"
    columns = {
        "id": "pk", "trial": "trial__code", "site": "site_id", "site_number": "site__number",
        "number": "number", "screening_number": "screening_number", "status": "status",
        "reason_code": "reason_code", "status_reason": "status_reason", "sex": "sex", "birth_year": "birth_year",
        "screened_on": "screened_on", "consented_on": "consented_on",
        "enrolled_on": "enrolled_on", "ended_on": "ended_on", "previous": "previous_id",
        "next_visit": "next_visit_id", "next_visit_on": "next_visit_on",
        "last_visit_on": "last_visit_on",
    }  # fmt: skip

    find_eligible = step(subjects.find_eligible, On)
    enrol = step(subjects.enrol, On)
    start_treatment = step(subjects.start_treatment, On)
    start_follow_up = step(subjects.start_follow_up, On)
    end = step(subjects.end, Ending)
    take_back = step(corrections.take_back, Mistake)
    answer_criteria = step(eligibility.answer_criteria, Answering)
    request_waiver = step(eligibility.request_waiver, Asking)
    transfer = step(transfers.transfer, Moving, may_end=True)


@extend_schema_field({"type": "string", "format": "date-time"})
class Instant(serializers.Field[datetime, str, str, Any]):
    """An instant with its offset, or the time on the clock of the place."""

    def to_internal_value(self, data: Any) -> datetime:
        """The instant; a clock time that does not exist or comes twice that day is refused."""
        try:
            given = datetime.fromisoformat(data)
            if given.tzinfo is not None:
                return given
            return at(given.date(), given.time(), self.context["record"].site.place.zone)
        except ClockError as error:
            raise serializers.ValidationError(str(error)) from error
        except (TypeError, ValueError, OverflowError) as error:
            raise serializers.ValidationError(
                "Write the start as 2026-06-12T10:15:00+01:00, or 2026-06-12T10:15 as the clock"
                " of the place shows it."
            ) from error


class Time(Shape):
    """A time, a room and a person for a visit; a reason where the day is outside the window."""

    start = Instant()
    minutes = serializers.IntegerField(
        required=False, min_value=5, max_value=1440, help_text="As the protocol plans, without it."
    )
    room = AtVisit(queryset=Room.objects.all(), required=False, allow_null=True)
    person = AtVisit(queryset=Person.objects.all(), required=False, allow_null=True)
    bed = AtVisit(
        queryset=Bed.objects.all(), required=False, allow_null=True,
        help_text="Of a visit with nights, where the place has beds.",
    )  # fmt: skip
    reason = serializers.CharField(required=False, max_length=200)
    tell = serializers.BooleanField(
        default=True, help_text="Tell investigator and CRA of a day outside the window."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The wanted time as the actions take it."""
        minutes = attrs.get("minutes") or minutes_of(self.context["record"])
        wanted = bookings.Wanted(
            attrs["start"], minutes, attrs.get("room"), attrs.get("person"), attrs.get("bed")
        )
        return {"wanted": wanted, "reason": attrs.get("reason", ""), "tell": attrs["tell"]}


class Reservation(Shape):
    """Which bed a booked visit gets; until the protocol's last day without an end."""

    bed = AtVisit(queryset=Bed.objects.all())
    until = Moment(required=False)


class Admission(Shape):
    """When the subject came, into which bed, and until when; as reserved where left out."""

    at = Moment()
    bed = AtVisit(queryset=Bed.objects.all(), required=False)
    until = Moment(required=False)


class Unscheduled(Shape):
    """A visit that the protocol did not plan."""

    subject = Seen(queryset=Subject.objects.all())
    name = serializers.CharField(max_length=200)
    on = serializers.DateField()


class Slot(Shape):
    """A free time for a visit, best first."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    room = serializers.IntegerField(source="room_id", allow_null=True)
    person = serializers.IntegerField(source="person_id", allow_null=True)
    bed = serializers.IntegerField(source="bed_id", allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())


class VisitFilters(Changing):
    """Filters of visits."""

    trial = serializers.CharField(
        source="subject__trial__code", required=False, help_text="Its code."
    )
    site = serializers.IntegerField(source="site_id", required=False, max_value=LARGEST_KEY)
    place = serializers.CharField(source="site__place__slug", required=False)
    subject = serializers.IntegerField(source="subject_id", required=False, max_value=LARGEST_KEY)
    status = many_of(Visit.Status, "status__in")
    target_from = serializers.DateField(source="target_on__gte", required=False)
    target_to = serializers.DateField(source="target_on__lte", required=False)
    booked_from = serializers.DateField(source="live__on__gte", required=False)
    booked_to = serializers.DateField(source="live__on__lte", required=False)
    performed_from = serializers.DateField(source="performed_on__gte", required=False)
    performed_to = serializers.DateField(source="performed_on__lte", required=False)


class VisitResource(WithHistory, Addable):
    """A visit of a subject: its window, its booking and what became of it (FHIR Appointment)."""

    model = Visit
    filters = VisitFilters
    relations = {"live": FilteredRelation("bookings", condition=Q(bookings__is_live=True))}
    watched = {Booking: "visit_id"}
    adding, adding_shape, parent = visits.add_unscheduled, Unscheduled, "subject"
    columns = {
        "id": "pk", "trial": "subject__trial__code", "site": "site_id",
        "site_number": "site__number", "subject": "subject_id",
        "subject_number": "subject__number", "definition": "definition_id",
        "lineage": "lineage", "cycle": "cycle", "sequence": "sequence", "kind": "kind",
        "code": "code", "name": "name", "status": "status", "outcome_reason": "outcome_reason",
        "first_target_on": "first_target_on", "target_on": "target_on",
        "earliest_on": "earliest_on", "latest_on": "latest_on",
        "is_provisional": "is_provisional", "performed_on": "performed_on",
        "booked_on": "live__on", "starts_at": "live__period__startswith",
        "ends_at": "live__period__endswith", "time_zone": "live__zone", "room": "live__room_id",
        "person": "live__person_id", "confirmation": "live__confirmation",
    }  # fmt: skip

    book = step(bookings.book, Time)
    move = step(bookings.move, Time)
    unbook = step(bookings.unbook, Reason)
    confirm = step(bookings.confirm)
    check_in = step(visits.check_in)
    take_back_check_in = step(visits.take_back_check_in)
    start = step(visits.start)
    answer = step(procedures.answer, ProcedureAnswer)
    complete = step(visits.complete, OnWithReason)
    miss = step(visits.miss, Reason)
    cancel = step(visits.cancel, Reason)
    skip = step(visits.skip, Reason)
    reopen = step(visits.reopen, Reason)
    reserve_bed = step(stays.reserve_bed, Reservation)
    admit = step(stays.admit, Admission)

    @routed(detail=True, methods=["get"])
    def slots(self, request: Request, key: str) -> Response:
        """Free times for the visit, best first: with room and person, inside the window if any is."""
        visit = self.found(key)
        require(request.user, Permission.VISIT_BOOK, visit)  # type: ignore[arg-type]
        return Response({"results": offers(visit)})

    slots.answer = Slot  # type: ignore[attr-defined]

    def target(self, act: Action[Any, Any, Any], record: Visit) -> Visit | Booking:
        """Moving, confirming and unbooking are about the live booking."""
        if act in {bookings.move, bookings.unbook, bookings.confirm}:
            return visits.booking_of(record)
        return record

    def _refuse_stale(self, record: Visit) -> None:
        hold([record.subject_id])
        super()._refuse_stale(record)

    def carry_out(
        self, act: Action[Any, Any, Any], record: Visit, shape: type[Shape] | None
    ) -> Response:
        """A step of the visit; where the time is refused, free times come with the refusal."""
        try:
            return super().carry_out(act, record, shape)
        except (bookings.OutsideWindowError, bookings.TakenError) as error:
            raise Problem(error, offers=offers(record)) from error


def offers(visit: Visit) -> list[dict[str, Any]]:
    """Free times for a visit as the API shows them."""
    found = best([visit], around(visit, timezone.now()))[visit.pk]
    return [
        {
            "start": offer.start, "end": offer.end, "room": offer.room_id,
            "person": offer.person_id, "bed": offer.bed_id, "reasons": list(offer.reasons),
        }
        for offer in found
    ]  # fmt: skip
