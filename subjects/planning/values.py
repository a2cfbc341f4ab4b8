"""What the plan of a subject's visits is made from, and what it yields."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, Self

from dateutil.relativedelta import relativedelta

from core.actions import RefusedError

Basis = Literal["planned", "actual"]


class PlanError(RefusedError):
    """A schedule that gives its visits no dates; the message says why and the way out."""

    code = "no_dates"


@dataclass(frozen=True, slots=True)
class Offset:
    """A signed distance in time, of which months are added first, then days, then minutes."""

    months: int = 0
    days: int = 0
    minutes: int = 0

    @property
    def is_forward(self) -> bool:
        """Whether it leads to a later moment or stays."""
        return (self.months, self.days, self.minutes) >= (0, 0, 0)

    def after(self, moment: datetime) -> datetime:
        """The moment this far later; where a month lacks the day, from the last day it has."""
        try:
            if self.months:
                moment += relativedelta(months=self.months)
            return moment + timedelta(days=self.days, minutes=self.minutes)
        except (OverflowError, ValueError) as error:
            raise PlanError(
                f"{self.months} months, {self.days} days and {self.minutes} minutes from "
                f"{moment:%Y-%m-%d} is outside the calendar. Correct the offset or the window."
            ) from error

    def before(self, moment: datetime) -> datetime:
        """The moment this far earlier."""
        return self.times(-1).after(moment)

    def times(self, count: int) -> Self:
        """So many of this distance."""
        return type(self)(self.months * count, self.days * count, self.minutes * count)


NO_TIME = Offset()


@dataclass(frozen=True, slots=True)
class Definition:
    """A visit as the protocol plans it, under a key that stays the same over schedule versions.

    It counts from the visit named in `after`, else from the anchor. A target that follows actual
    dates goes no further than the edge of a window that follows planned ones, and the reverse.
    """

    key: Hashable
    name: str
    position: int
    anchor_code: str
    after: Hashable | None = None
    offset: Offset = NO_TIME
    early: Offset = NO_TIME
    late: Offset = NO_TIME
    basis: Basis = "planned"
    window_basis: Basis = "planned"
    repeat_group: Hashable | None = None

    @property
    def is_anchor(self) -> bool:
        """Whether the visit takes place when the anchor happens."""
        return self.after is None and self.offset == NO_TIME


@dataclass(frozen=True, slots=True)
class RepeatGroup:
    """Visits that come round every so often, in so many cycles at most."""

    key: Hashable
    every: Offset
    cap: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """The day of the event that visits count from; provisional while it is only expected."""

    code: str
    on: date
    is_provisional: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of one visit of the subject; a frozen one keeps the dates it has."""

    key: Hashable
    cycle: int = 1
    sequence: int = 1
    performed_on: date | None = None
    is_frozen: bool = False
    status: str = "planned"
    first_target_on: date | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """The dates of one visit; `first_target_on` is the first target it was given and stays."""

    key: Hashable
    cycle: int
    first_target_on: date
    target_on: date
    earliest_on: date
    latest_on: date
    is_provisional: bool
