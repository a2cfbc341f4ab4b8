"""The plain records of places, declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from accounts.models import User
from core.access import ScopedModel
from core.pages import Pages
from core.permissions import Permission
from core.web import Request
from sites import queries
from sites.actions import places
from sites.models import Bed, ClaimKind, Equipment, Holiday, Person, Place, Room


class PlacePages(Pages):
    """Records of a place, in the frame of its page."""

    parent = "place"
    frame = "sites/frame.html"
    edit_permission = Permission.PLACE_EDIT
    fields_once_there = ("is_active",)
    claim_kind: ClassVar[int] = 0
    sure = "Save it all the same; the visits become duties to move"

    @classmethod
    def around(cls, request: Request, above: ScopedModel) -> dict[str, Any]:
        """The head of the place and its tabs."""
        assert isinstance(above, Place)
        return queries.frame(above, request.user, cls.plural())

    @classmethod
    def concerned(cls, request: Request, record: Any, values: Mapping[str, Any]) -> list[Any]:
        """The visits booked ahead, where a room or a person is to go."""
        if not cls.claim_kind or values.get("is_active", True):
            return []
        claims = queries.ahead(record.place, cls.claim_kind, record.pk)
        return queries.concerned(claims, record.place, request.user)


class RoomPages(PlacePages):
    """Rooms and chairs."""

    model = Room
    columns = ("name", "note", "is_active")
    fields = ("name", "note")
    claim_kind = ClaimKind.ROOM
    step = ("sites:close_room", "Close for a time")

    @classmethod
    def create(cls, above: Any, values: Mapping[str, Any], by: User) -> object:
        """Add a room."""
        return places.add_room(above, **values, by=by)

    @classmethod
    def update(
        cls, record: Any, values: Mapping[str, Any], by: User, revision: int | None
    ) -> object:
        """Change a room; visits booked in one that is to go are listed first."""
        return places.change_room(record, values=values, by=by, revision=revision)


class BedPages(PlacePages):
    """Beds of a unit in which subjects stay overnight."""

    model = Bed
    columns = ("name", "unit", "note", "is_active")
    fields = ("name", "unit", "note")
    claim_kind = ClaimKind.BED
    sure = "Save it all the same; whoever is to stay in it needs another bed"


class EquipmentPages(PlacePages):
    """Devices and their calibration."""

    model = Equipment
    columns = ("name", "kind", "room__name", "serial_number", "calibration_due_on", "is_active")
    fields = ("name", "kind", "room", "serial_number", "calibration_due_on")
    sure = "Change it all the same; visits that need the device may need another room"

    @classmethod
    def concerned(cls, request: Request, record: Any, values: Mapping[str, Any]) -> list[Any]:
        """The visits booked ahead in the room that the device leaves."""
        held = Equipment.objects.filter(pk=record.pk).first()
        if held is None or not held.room_id or not values:
            return []
        if values["is_active"] and values["room"] == held.room:
            return []
        claims = queries.ahead(held.place, ClaimKind.ROOM, held.room_id)
        return queries.concerned(claims, held.place, request.user)

    @classmethod
    def create(cls, above: Any, values: Mapping[str, Any], by: User) -> object:
        """Add a device."""
        return places.add_equipment(above, **values, by=by)


class PersonPages(PlacePages):
    """Members of staff."""

    model = Person
    columns = ("name", "job_title", "email", "phone", "is_active")
    fields = ("name", "job_title", "email", "phone")
    edit_permission = Permission.STAFF_EDIT
    claim_kind = ClaimKind.PERSON
    step = ("sites:add_absence", "Add absence")

    @classmethod
    def create(cls, above: Any, values: Mapping[str, Any], by: User) -> object:
        """Add a member of staff."""
        return places.add_person(above, values=values, by=by)

    @classmethod
    def update(
        cls, record: Any, values: Mapping[str, Any], by: User, revision: int | None
    ) -> object:
        """Change facts about a member of staff; visits booked with one who leaves are listed first."""
        return places.change_person(record, values=values, by=by, revision=revision)


class HolidayPages(Pages):
    """Public holidays by country."""

    model = Holiday
    columns = ("on", "country", "name")
    fields = ("country", "on", "name")
    edit_permission = Permission.DEPLOYMENT_EDIT
    step = ("sites:remove_holiday", "Remove")
    sure = "Save it all the same; the visits become duties to move"

    @classmethod
    def concerned(cls, request: Request, record: Any, values: Mapping[str, Any]) -> list[Any]:
        """The visits booked on the day, where it becomes a holiday."""
        held = Holiday.objects.filter(pk=record.pk).values_list("country", "on").first()
        if not values or held == (values["country"], values["on"]):
            return []
        claims = queries.on_holiday(values["country"], values["on"])
        return queries.concerned(claims, None, request.user)
