"""Places with rooms, staff and hours; sites; delegations; and what is taken when."""

from sites.models.claims import Claim, ClaimKind
from sites.models.consent import ConsentApproval
from sites.models.people import Absence, Delegation, Person, Task
from sites.models.place import (
    Bed,
    Closure,
    Equipment,
    Holiday,
    OpeningHours,
    Place,
    Room,
    RoomClosure,
)
from sites.models.site import Site, SiteSchedule, SiteStatus

__all__ = [
    "Absence",
    "Bed",
    "Claim",
    "ClaimKind",
    "Closure",
    "ConsentApproval",
    "Delegation",
    "Equipment",
    "Holiday",
    "OpeningHours",
    "Person",
    "Place",
    "Room",
    "RoomClosure",
    "Site",
    "SiteSchedule",
    "SiteStatus",
    "Task",
]
