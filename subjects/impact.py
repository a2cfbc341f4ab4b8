"""What an amended schedule does to sites, subjects and bookings: before it takes effect, and until all have moved."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from django.db.models import Count, Exists, OuterRef

from accounts.models import User
from core.dates import show_days
from sites.models import ConsentApproval, Site
from sites.queries.effect import Effect, InEffect, effect_of
from subjects import planning
from subjects.courses import FOLLOWED, Courses, unsigned
from subjects.diary import Window
from subjects.models import Booking, DeviationDraft, Subject, Visit
from subjects.models.subject import ACTIVE, IN_SCREENING
from subjects.models.visit import OPEN
from trials.models import ConsentVersion, ScheduleVersion
from trials.queries.differences import CRITERIA, GONE, NEW, Compared, Difference

SHOWN = 8
Parts = list[tuple[str, list[tuple[Difference, str]]]]


@dataclass(frozen=True, slots=True)
class Standing:
    """A subject in the trial, and how it stands to a version."""

    pk: int
    number: str
    site_id: int
    followed: int | None
    is_unsigned: bool
    next_name: str
    next_on: date | None
    status: str

    def follows(self, version: ScheduleVersion) -> bool:
        """Whether its visits are laid out by the version."""
        return self.followed == version.pk

    def signs(self, version: ScheduleVersion) -> bool:
        """Whether it has to sign before it comes under the version."""
        return self.is_unsigned and self.followed is not None and not self.follows(version)

    def answers_anew(self, version: ScheduleVersion) -> bool:
        """Whether criteria that the version changes are still to be asked of it."""
        return self.status in IN_SCREENING and not self.follows(version)


@dataclass(frozen=True, slots=True)
class Following:
    """How many subjects have come under a version at the sites where it is in effect."""

    sites: int
    done: int
    due: int
    waiting: int

    @property
    def able(self) -> int:
        """How many follow it or can."""
        return self.done + self.due


@dataclass(frozen=True, slots=True)
class Displaced:
    """A booked visit that the version has no longer, or whose new window lies elsewhere."""

    visit_id: int
    number: str
    name: str
    site_id: int
    lineage: Hashable
    on: date
    window: Window | None  # none where the visit is gone

    @property
    def words(self) -> str:
        """How far it is out, in words."""
        if self.window is None or self.window.earliest is None or self.window.latest is None:
            return "visit removed"
        if self.on < self.window.earliest:
            return f"{show_days((self.window.earliest - self.on).days)} early"
        return f"{show_days((self.on - self.window.latest).days)} late"


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site with what the version means there."""

    held: InEffect
    version: ScheduleVersion
    subjects: int
    to_sign: int
    to_move: int
    unapproved: Sequence[ConsentVersion]

    @property
    def site(self) -> Site:
        """The site."""
        return self.held.site

    @property
    def level(self) -> str:
        """In effect, to come on a day, or still to be approved, as a shape."""
        if self.held.now and self.held.now.version_id == self.version.pk:
            return "g"
        return "a" if self.held.next and self.held.next.version_id == self.version.pk else "n"

    @property
    def since(self) -> date | None:
        """The day from which the site works under the version."""
        held = {"g": self.held.now, "a": self.held.next}.get(self.level)
        return held.during.lower if held else None


@dataclass(frozen=True, slots=True)
class CountryRow:
    """The sites of a country, summed up."""

    name: str
    rows: Sequence[SiteRow]

    @property
    def to_approve(self) -> int:
        """At how many sites the version is neither in effect nor to come."""
        return sum(row.level == "n" for row in self.rows)

    @property
    def to_approve_words(self) -> str:
        """The same in words."""
        return f"to approve at {self.to_approve} site{'' if self.to_approve == 1 else 's'}"

    @property
    def subjects(self) -> int:
        """Subjects in the trial there."""
        return sum(row.subjects for row in self.rows)

    @property
    def to_sign(self) -> int:
        """Subjects there who sign anew."""
        return sum(row.to_sign for row in self.rows)

    @property
    def to_move(self) -> int:
        """Bookings there to be moved or cancelled."""
        return sum(row.to_move for row in self.rows)


@dataclass(frozen=True, slots=True)
class Impact:
    """All of it, for one version and the sites a person may see."""

    version: ScheduleVersion
    following: Following
    countries: Sequence[CountryRow]
    to_sign: Sequence[Standing]
    displaced: Sequence[Displaced]
    open_visits: Counter[Hashable]
    asked: Sequence[tuple[ConsentVersion, int]]  # with at how many sites it is approved
    screened: int  # subjects in screening who come under it
    problem: str

    @property
    def all_sites(self) -> CountryRow:
        """Every country together."""
        return CountryRow("All", [row for country in self.countries for row in country.rows])

    @property
    def gone(self) -> int:
        """How many booked visits the version has no longer."""
        return sum(one.window is None for one in self.displaced)

    def effect(self, one: Difference) -> str:
        """What a difference does to open visits and bookings, in words."""
        if one.lineage is None:
            return ""
        if one.kind == NEW:
            return "Laid out unless its window has passed"
        count = self.open_visits[one.lineage]
        booked = sum(held.lineage == one.lineage for held in self.displaced)
        ending = "ends" if count == 1 else "end"
        done, lost = (
            (ending, "booked") if one.kind == GONE else ("laid out anew", "booked out of window")
        )
        said = f"{_visits(count)} {done}"
        return f"{said}, {booked} {lost}" if booked else said

    def asked_anew(self, one: Difference) -> str:
        """What a difference of a criterion does to subjects in screening, in words."""
        if one.kind == GONE:
            return "No longer asked in screening"
        who = f"{self.screened or 'no'} subject{'' if self.screened == 1 else 's'}"
        return f"Asked of {who} in screening"

    def parts(self, compared: Compared) -> Parts:
        """The differences with their effects."""
        return [
            (title, [
                (one, self.asked_anew(one) if title == CRITERIA else self.effect(one))
                for one in found
            ])
            for title, found in compared.parts.items()
        ]  # fmt: skip


def _visits(count: int) -> str:
    return f"{count or 'No'} open visit{'' if count == 1 else 's'}"


def standings(version: ScheduleVersion, sites: Iterable[Site], user: User) -> list[Standing]:
    """The subjects in the trial at these sites: one query."""
    rows = Subject.objects.visible_to(user).filter(
        site__pk__any=[site.pk for site in sites], status__in=ACTIVE
    )
    found = rows.annotate(followed=FOLLOWED, is_unsigned=Exists(unsigned(version.pk)))
    return [
        Standing(*row)
        for row in found.order_by("number").values_list(
            "pk", "number", "site_id", "followed", "is_unsigned", "next_visit__name",
            "next_visit_on", "status",
        )
    ]  # fmt: skip


def following_of(effect: Effect, subjects: Sequence[Standing]) -> Following:
    """How far the subjects of the sites under a version are, counted from what they follow."""
    version = effect.version
    there = {row.site.pk for row in effect.rows if row.now and row.now.version_id == version.pk}
    held = [one for one in subjects if one.site_id in there]
    done = sum(one.follows(version) for one in held)
    waiting = sum(one.signs(version) for one in held)
    return Following(len(there), done, len(held) - done - waiting, waiting)


def impact_of(version: ScheduleVersion, user: User, now: datetime) -> Impact:
    """What the version does at the sites the person may see."""
    effect = effect_of(version, user, now)
    sites = [row.site for row in effect.rows]
    subjects = standings(version, sites, user)
    asked = [row.consent for row in version.asked.select_related("consent__type")]
    approved = _approved(asked, sites)
    displaced, problem = _displaced(version, subjects)
    to_sign = [one for one in subjects if one.signs(version)]
    return Impact(
        version=version, following=following_of(effect, subjects),
        countries=list(_countries(effect, subjects, to_sign, displaced, approved, asked)),
        to_sign=sorted(to_sign, key=lambda one: one.next_on or date.min),
        displaced=displaced, open_visits=_open_visits(version, subjects),
        asked=[(one, sum(one.pk == key for _, key in approved)) for one in asked],
        problem=problem,
        screened=sum(one.answers_anew(version) for one in subjects),
    )  # fmt: skip


def _approved(asked: Sequence[ConsentVersion], sites: Sequence[Site]) -> set[tuple[int, int]]:
    """At which sites which of these consents are approved."""
    if not asked:
        return set()
    rows = ConsentApproval.objects.filter(
        version__in=asked, site__pk__any=[site.pk for site in sites], voided_at=None
    )
    return set(rows.values_list("site_id", "version_id"))


def _countries(
    effect: Effect, subjects: Iterable[Standing], to_sign: Iterable[Standing],
    displaced: Iterable[Displaced], approved: set[tuple[int, int]],
    asked: Sequence[ConsentVersion],
) -> Iterator[CountryRow]:  # fmt: skip
    there, signing, moving = (
        Counter(map(attrgetter("site_id"), rows)) for rows in (subjects, to_sign, displaced)
    )
    found: dict[str, list[SiteRow]] = defaultdict(list)
    for row in effect.rows:
        key = row.site.pk
        found[row.site.country.name].append(
            SiteRow(
                row, effect.version, there[key], signing[key], moving[key],
                [one for one in asked if (key, one.pk) not in approved],
            )
        )  # fmt: skip
    for name in sorted(found):
        yield CountryRow(name, found[name])


def _open_visits(version: ScheduleVersion, subjects: Iterable[Standing]) -> Counter[Hashable]:
    """How many visits are still to come of subjects who do not follow the version yet, by lineage."""
    rows = Visit.objects.filter(
        subject__pk__any=[one.pk for one in subjects if not one.follows(version)],
        status__in=OPEN, kind=Visit.Kind.SCHEDULED,
    )  # fmt: skip
    return Counter(dict(rows.values_list("lineage").annotate(count=Count("pk"))))


def _displaced(
    version: ScheduleVersion, subjects: Iterable[Standing]
) -> tuple[list[Displaced], str]:
    """The bookings that fall out of the version's windows, the first one first; why it gives none."""
    kept = DeviationDraft.objects.filter(
        visit=OuterRef("visit_id"), state=DeviationDraft.State.PLANNED,
        kind=DeviationDraft.Kind.OUT_OF_WINDOW,
    )  # fmt: skip
    live: Any = Booking.objects.filter(
        visit__subject__pk__any=[one.pk for one in subjects], is_live=True,
        visit__status=Visit.Status.BOOKED, visit__kind=Visit.Kind.SCHEDULED,
    )  # fmt: skip
    days = dict(live.filter(~Exists(kept)).values_list("visit_id", "on"))
    held = Visit.objects.filter(pk__any=list(days)).values_list("subject_id", flat=True)
    courses = Courses(Subject.objects.filter(pk__any=set(held)), under=version.pk)
    try:
        found = [one for course in courses for one in _out(courses, course, days)]
    except planning.PlanError as error:
        return [], str(error)
    return sorted(found, key=attrgetter("on", "number")), ""


def _out(courses: Courses, course: Any, days: dict[int, date]) -> Iterator[Displaced]:
    """The booked visits of one subject that are not where the version wants them."""
    plan = courses.plan(course)
    for key, visit in course.visits.items():
        if (on := days.get(visit.pk)) is None:
            continue
        window = _window(plan[key], on) if key in plan else None
        if window is None or window.is_out:
            yield Displaced(
                visit.pk, course.subject.number, visit.name, visit.site_id, visit.lineage, on,
                window,
            )  # fmt: skip


def _window(planned: planning.Planned, on: date) -> Window:
    return Window(planned.earliest_on, planned.target_on, planned.latest_on, on, "out")
