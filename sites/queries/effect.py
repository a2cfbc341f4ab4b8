"""Under which version of the schedule the sites of a trial work, from when to when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import User
from core.dates import local_day
from sites.models import ConsentApproval, Site, SiteSchedule, SiteStatus
from trials.models import ScheduleVersion

OVER = (
    SiteStatus.NOT_SELECTED, SiteStatus.DECLINED, SiteStatus.BACK_UP, SiteStatus.WITHDRAWN,
    SiteStatus.CLOSED, SiteStatus.ARCHIVED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class InEffect:
    """A site with what it works under today, and what is to come."""

    site: Site
    now: SiteSchedule | None
    next: SiteSchedule | None


@dataclass(frozen=True, slots=True)
class Effect:
    """A version at the sites of its trial."""

    version: ScheduleVersion
    rows: Sequence[InEffect]

    @property
    def since(self) -> Sequence[date]:
        """The days from which sites work under it today, the first one first."""
        held = [row.now for row in self.rows if row.now]
        return sorted(begins(one) for one in held if one.version_id == self.version.pk)

    @property
    def coming(self) -> int:
        """At how many sites it begins on a day to come."""
        held = [row.next for row in self.rows if row.next]
        return sum(one.version_id == self.version.pk for one in held)


def begins(held: SiteSchedule | ConsentApproval) -> date:
    """The day from which a version is in effect at a site."""
    return held.during.lower or date.min


def effect_of(version: ScheduleVersion, user: User, now: datetime) -> Effect:
    """A version at the sites that the person may see and that are not over, each on its own day."""
    sites = Site.objects.visible_to(user).filter(trial_id=version.trial_id).exclude(status__in=OVER)
    found = list(sites.select_related("place", "country").order_by("number", "place__short_name"))
    held: dict[int, list[SiteSchedule]] = defaultdict(list)
    rows = SiteSchedule.objects.filter(site__in=found).select_related("version")
    for row in rows.order_by("during"):
        held[row.site_id].append(row)
    return Effect(version, [_in_effect(site, held[site.pk], now) for site in found])


def _in_effect(site: Site, held: Sequence[SiteSchedule], now: datetime) -> InEffect:
    today = local_day(now, site.place.zone)
    return InEffect(
        site,
        now=next((row for row in held if today in row.during), None),
        next=next((row for row in held if begins(row) > today), None),
    )
