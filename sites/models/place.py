"""Institutions with their rooms, equipment, hours and closures."""

from __future__ import annotations

from typing import ClassVar
from zoneinfo import ZoneInfo

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from core.access import DEPLOYMENT, Scope, ScopedModel, ScopeIds, ScopeKind, ScopePermission
from core.links import address
from core.permissions import Permission


def same(column: str) -> tuple[Func, str]:
    """Equality of a whole number inside an exclusion constraint, with core PostgreSQL only."""
    return Func(F(column), F(column), Value("[]"), function="int8range"), RangeOperators.OVERLAPS


def same_text(column: str) -> tuple[Func, str]:
    """Equality of a text inside an exclusion constraint, with core PostgreSQL only."""
    key = Func(
        F(column), template="int8range(hashtextextended(%(expressions)s, 0),"
        " hashtextextended(%(expressions)s, 0), '[]')",
    )  # fmt: skip
    return key, RangeOperators.OVERLAPS


# Words that mean something else where a place's own word stands in addresses.
RESERVED_SLUGS = ("add",)


class Place(Scope):
    """An institution where subjects are seen."""

    kind = ScopeKind.PLACE
    search_fields = ("name", "short_name", "city")
    view_permission = Permission.PLACE_VIEW

    name = models.CharField(max_length=200)
    short_name = models.CharField(max_length=60)
    slug = models.SlugField(max_length=80, unique=True)
    street = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    country = models.CharField("country (ISO 3166)", max_length=2)
    time_zone = models.CharField(max_length=50, default="UTC")
    phone = models.CharField(max_length=40, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(slug__in=RESERVED_SLUGS), name="place_slug_not_reserved"
            )
        ]

    def __str__(self) -> str:
        return self.short_name

    def get_absolute_url(self) -> str:
        """The page of the place."""
        return address("sites:place", self.slug)

    def own_ids(self) -> ScopeIds:
        """The place itself."""
        return ScopeIds(place_id=self.pk)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which its days begin and end."""
        return ZoneInfo(self.time_zone)


class PlacePermission(ScopePermission):
    """Which role groups hold which permission on which place."""

    content_object = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="+")

    class Meta(ScopePermission.Meta):
        abstract = False


Place.permission_rows = PlacePermission


class Room(ScopedModel):
    """A room or chair that holds one subject at a time."""

    scope = "place"
    view_permission = Permission.DIARY_VIEW
    shared_below = True

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=60)
    is_active = models.BooleanField("in use", default=True)
    note = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["place", "name"], name="room_once_at_place")
        ]

    def __str__(self) -> str:
        return self.name


class Bed(ScopedModel):
    """A bed in which one subject at a time stays overnight."""

    scope = "place"
    view_permission = Permission.DIARY_VIEW
    shared_below = True

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="beds")
    name = models.CharField(max_length=60)
    unit = models.CharField("unit or ward", max_length=60, blank=True)
    is_active = models.BooleanField("in use", default=True)
    note = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["place", "name"], name="bed_once_at_place")
        ]

    def __str__(self) -> str:
        return self.name


class Equipment(ScopedModel):
    """A device, in a room or movable, with its calibration."""

    scope = "place"
    view_permission = Permission.DIARY_VIEW
    shared_below = True

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="equipment")
    room = models.ForeignKey(
        Room, null=True, blank=True, on_delete=models.PROTECT, related_name="equipment"
    )
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=100, help_text="as the protocol names it, for example ECG")
    serial_number = models.CharField(max_length=60, blank=True)
    calibration_due_on = models.DateField("calibration due", null=True, blank=True)
    is_active = models.BooleanField("in use", default=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name_plural = "equipment"

    def __str__(self) -> str:
        return self.name


class RoomClosure(ScopedModel):
    """A stretch of time in which one room cannot be used; it holds a claim on the room."""

    scope = "room__place"
    view_permission = Permission.DIARY_VIEW
    shared_below = True

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="closures")
    period = DateTimeRangeField()
    reason = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(period__isempty=False), name="room_closure_lasts")
        ]

    def __str__(self) -> str:
        return f"{self.room} closed: {self.reason}"


class OpeningHours(ScopedModel):
    """When the place sees subjects on one day of the week."""

    scope = "place"
    view_permission = Permission.DIARY_VIEW
    shared_below = True

    class Weekday(models.IntegerChoices):
        """Days, Monday first."""

        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices)
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        verbose_name_plural = "opening hours"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["place", "weekday", "opens"], name="hours_once"),
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")), name="hours_close_after_opening"
            ),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="hours_weekday_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M} to {self.closes:%H:%M}"


class Closure(ScopedModel):
    """A stretch of time in which the place sees nobody."""

    scope = "place"
    view_permission = Permission.DIARY_VIEW
    shared_below = True

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="closures")
    period = DateTimeRangeField()
    reason = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(period__isempty=False), name="closure_lasts"),
            ExclusionConstraint(
                name="closure_no_overlap",
                expressions=[same("place_id"), ("period", RangeOperators.OVERLAPS)],
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class Holiday(ScopedModel):
    """A public holiday of a country."""

    scope = DEPLOYMENT
    view_permission = Permission.PLACE_VIEW
    shared_below = True

    country = models.CharField("country (ISO 3166)", max_length=2)
    on = models.DateField()
    name = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["country", "on", "name"], name="holiday_once")
        ]

    def __str__(self) -> str:
        return self.name
