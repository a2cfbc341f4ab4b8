"""The notices of a person, a page at a time, ready to show."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import User
from core.dates import show_day
from core.models import Notice
from core.notices import icon_of, unread_by

ROWS = 50
TABS = {"unread": "Not read", "all": "All"}


@dataclass(frozen=True, slots=True)
class Told:
    """One notice: what it says, where it leads, and when it was made and read."""

    pk: int
    icon: str
    label: str
    detail: str
    url: str
    told: str
    read: str


def told(user: User, view: str, *, before: int | None) -> tuple[list[Told], int | None]:
    """A page of notices, the newest first, and the key after which the next one begins."""
    seen = unread_by(user) if view == "unread" else Notice.objects.visible_to(user)
    rows = seen.order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: ROWS + 1])
    shown = [_told(notice, user) for notice in found[:ROWS]]
    return shown, shown[-1].pk if len(found) > ROWS else None


def _told(notice: Notice, user: User) -> Told:
    made = notice.made_at.astimezone(user.zone)
    read = notice.read_at.astimezone(user.zone) if notice.read_at else None
    return Told(
        notice.pk, icon_of(notice.kind), notice.label, notice.detail, notice.url,
        f"{show_day(made.date())} {made:%H:%M}",
        f"{show_day(read.date())} {read:%H:%M}" if read else "",
    )  # fmt: skip
