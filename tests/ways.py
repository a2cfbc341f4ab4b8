"""What every address of ours takes: where its record lies, who sees it, who may do what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from accounts import actions as accounts
from accounts.models import Grant
from accounts.roles import BUNDLES, Role
from core.access import ScopeKind
from core.imports.uploads import upload
from core.models import Deployment, Obligation
from core.permissions import Permission
from sites.actions import places
from sites.models import Delegation, Holiday, Task
from subjects.actions import bookings, feeds
from tests.world import World, at, screen, visit, weekday_from

ANSWERED = {200, 204, 302, 409, 422}
# Where a role reaches what lies at a kind of scope: granted there or above it.
OVER = {
    "deployment": {"deployment"},
    "trial": {"trial", "sponsor", "deployment"},
    "place": {"place", "deployment"},
    "site": {"site", "place", "country", "trial", "sponsor", "deployment"},
}


@dataclass(frozen=True)
class Way:
    """An address: where its record lies, what shows it, and what opens and posts it besides."""

    path: str
    at: str = "site"
    see: Permission | None = None  # without it the record does not exist; none: everybody signed in
    get: Permission | None = None
    post: Permission | None = None
    methods: str = "GET"
    shared: bool = False  # those who work below the record see it too
    anywhere: bool = False  # it is enough to hold the permission on any scope
    own: bool = False  # it belongs to a person of the world and to nobody of the walk


@dataclass(frozen=True)
class Who:
    """A person with one role on one scope, or with none."""

    role: str
    on: str

    def holds(self, permission: Permission | None, at: str, *, shared: bool = False) -> bool:
        """Whether the role carries the permission and reaches the record."""
        if permission is None:
            return True
        if not self.carries(permission):
            return False
        if self.on == "elsewhere":
            return shared and at == "deployment"
        return shared or self.on in OVER[at]

    def carries(self, permission: Permission | None) -> bool:
        """Whether the role carries the permission, wherever it is held."""
        return self.role in BUNDLES and permission in BUNDLES[self.role].permissions

    def expects(self, way: Way, method: str) -> set[int]:
        """The answers that are right."""
        if self.role == "anonymous":
            return {302}
        if method not in way.methods:
            return {405}
        if way.own or not self.holds(way.see, way.at, shared=way.shared):
            return {404}
        need = way.get if method == "GET" else way.post or way.get
        if way.anywhere:
            return ANSWERED if self.carries(need) else {403}
        # Seeing may be shared with those who work below; doing never is.
        is_seeing = need is not None and need.endswith("view")
        if not self.holds(need, way.at, shared=way.shared and is_seeing):
            return {403}
        return ANSWERED


def persons() -> Iterator[Who]:
    """One of each set of permissions, at the narrowest scope its role is granted on."""
    met = set()
    for role in Role:
        bundle = BUNDLES[role]
        if role == Role.SERVICE or bundle.permissions in met:
            continue
        met.add(bundle.permissions)
        kinds = ("site", "trial", "deployment")
        yield Who(role, next(kind for kind in kinds if ScopeKind(kind) in bundle.granted_on))
    yield Who(Role.COORDINATOR, "place")
    yield Who(Role.COORDINATOR, "elsewhere")
    yield Who("stranger", "")
    yield Who("anonymous", "")


Table = dict[str, list[Way]]


def table(world: World) -> Table:
    """Every address of ours with what it takes; a new one without an entry fails."""
    ways: dict[str, Way | list[Way]] = {
        **subject_ways(world),
        **place_ways(world),
        **site_ways(world),
        **open_ways(),
        **account_ways(world),
        **import_ways(world),
    }
    return {name: way if isinstance(way, list) else [way] for name, way in ways.items()}


def open_ways() -> dict[str, Way]:
    """Lists that show what each person may see, down to nothing."""
    names = [
        "workspace:home", "workspace:search", "inbox:work", "inbox:notices", "subjects:today",
        "views:views", "core:read_day",
    ]  # fmt: skip
    ways = {name: Way(reverse(name)) for name in names}
    ways["accounts:settings"] = Way(reverse("accounts:settings"), methods="GET POST")
    return ways


def subject_ways(world: World) -> dict[str, Way | list[Way]]:
    """Subjects, visits and what is due."""
    subject = screen(world)
    held = visit(subject, "W2")
    wanted = bookings.Wanted(at(weekday_from(held.target_on), 9), 60, world.room, None)
    bookings.book(held, wanted=wanted, reason="in test", by=world.coordinator)
    duty = Obligation.objects.filter(site_id=world.site.pk).first()
    assert duty
    both, see = "GET POST", Permission.SUBJECT_VIEW
    forms = {
        "enrol": Permission.SUBJECT_STATUS, "end": Permission.SUBJECT_STATUS, "contact": Permission.CONTACT_LOG,
        "identify": Permission.IDENTITY_EDIT, "prefer": Permission.CONTACT_LOG,
    }  # fmt: skip
    steps = {
        "confirm": Permission.VISIT_BOOK, "unbook": Permission.VISIT_BOOK, "check_in": Permission.VISIT_CONDUCT,
        "start": Permission.VISIT_CONDUCT, "take_back_check_in": Permission.VISIT_CONDUCT,
    }  # fmt: skip

    decisions = {
        "snooze": None, "resume": None, "assign": Permission.WORK_WAIVE, "waive": Permission.WORK_WAIVE,
        "take_up": Permission.WORK_WAIVE,
    }  # fmt: skip

    def to(name: str, *args: object) -> str:
        return reverse(f"subjects:{name}", args=args)

    return {
        **{
            f"subjects:{name}": Way(to(name, subject.pk), see=see, get=need, methods=both)
            for name, need in forms.items()
        },
        **{
            f"subjects:{name}": Way(to(name, held.pk), see=see, post=need, methods="POST")
            for name, need in steps.items()
        },
        "subjects:slots": Way(to("slots", held.pk), see=see, get=Permission.VISIT_BOOK, methods=both),
        "subjects:acknowledge": Way(
            to("acknowledge", held.pk), see=see, get=Permission.DEVIATION_ACKNOWLEDGE, methods=both
        ),
        "subjects:complete": Way(to("complete", held.pk), see=see, get=Permission.VISIT_CONDUCT, methods=both),
        "subjects:outcome": [
            Way(to("outcome", held.pk, verb), see=see, get=Permission.VISIT_CONDUCT, methods=both)
            for verb in ("miss", "cancel", "skip", "reopen")
        ],
        "subjects:screen": Way(
            to("screen", world.site.pk), see=Permission.SITE_VIEW, get=Permission.SUBJECT_SCREEN, methods=both
        ),
        **{
            f"workspace:{name}": Way(reverse(f"workspace:{name}", args=["tmr-204", subject.number]), see=see, get=need)
            for name, need in {
                "subject": None, "subject_visits": None, "subject_deviations": None, "subject_activity": None,
            }.items()
        },
        "audit:export_record": Way(
            reverse("audit:export_record", args=["sites.site", world.site.pk]), see=Permission.SITE_VIEW, get=Permission.AUDIT_VIEW
        ),
        "audit:search": Way(reverse("audit:search"), get=Permission.AUDIT_VIEW, anywhere=True),
        "audit:export": Way(reverse("audit:export"), get=Permission.AUDIT_VIEW, anywhere=True),
        "audit:record": [
            Way(reverse("audit:record", args=[label, pk]), see=shown, get=Permission.AUDIT_VIEW)
            for label, pk, shown in (
                ("subjects.subject", subject.pk, see),
                ("subjects.visit", held.pk, see),
                ("sites.site", world.site.pk, Permission.SITE_VIEW),
            )
        ],
        **{
            f"inbox:{name}": Way(
                f"{reverse(f'inbox:{name}')}?duty={duty.pk}", see=Permission.WORK_VIEW, post=need, methods="POST"
            )
            for name, need in decisions.items()
        },
    }  # fmt: skip


def place_ways(world: World) -> dict[str, Way | list[Way]]:
    """Places with their rooms, staff and hours."""
    by, place = world.coordinator, world.place
    morning, noon = at(date(2030, 1, 2), 9), at(date(2030, 1, 2), 12)
    closure = places.close(place, start=morning, end=noon, reason="Paint", by=by)
    absence = places.add_absence(world.person, start=morning, end=noon, by=by)
    closed = places.close_room(world.room, start=morning, end=noon, reason="Paint", by=by)
    device = places.add_equipment(place, name="MAC", kind="ECG", by=by)
    feed = feeds.make_feed(place, secret=feeds.new_secret(), person=None, by=by)
    places.set_holidays(
        Deployment.objects.get(), country="GB", days={date(2030, 1, 1): "New Year"}, by=world.admin
    )
    holiday = Holiday.objects.get(on=date(2030, 1, 1))
    both, diary = "GET POST", {"at": "place", "see": Permission.DIARY_VIEW, "shared": True}
    seen = {"at": "place", "see": Permission.PLACE_VIEW, "shared": True}

    def to(name: str, *args: object) -> str:
        return reverse(f"sites:{name}", args=args or ["northgate"])

    edited = {
        "change_place": Permission.PLACE_EDIT,
        "hours": Permission.PLACE_EDIT,
        "close": Permission.PLACE_EDIT,
    }
    under = {
        "room": (Permission.PLACE_EDIT, world.room),
        "equipment": (Permission.PLACE_EDIT, device),
        "person": (Permission.STAFF_EDIT, world.person),
    }
    ways: dict[str, Way | list[Way]] = {
        "sites:add_place": Way(reverse("sites:add_place"), at="deployment", get=Permission.PLACE_ADD, methods=both),
        "sites:place": Way(to("place"), **seen),
        "subjects:schedule": Way(reverse("subjects:schedule", args=["northgate"]), **seen),
        "subjects:day_sheet": Way(reverse("subjects:day_sheet", args=["northgate"]), **seen),
        "subjects:waiting": Way(reverse("subjects:waiting", args=["northgate"]), **seen),
        "subjects:feeds": Way(reverse("subjects:feeds", args=["northgate"]), get=Permission.FEED_EDIT, methods=both, **seen),
        "subjects:revoke_feed": Way(reverse("subjects:revoke_feed", args=[feed.pk]), post=Permission.FEED_EDIT, methods="POST", **diary),
        "sites:change_closure": Way(to("change_closure", closure.pk), get=Permission.PLACE_EDIT, methods=both, **diary),
        "sites:reopen": Way(to("reopen", closure.pk), post=Permission.PLACE_EDIT, methods="POST", **diary),
        "sites:close_room": Way(to("close_room", world.room.pk), get=Permission.PLACE_EDIT, methods=both, **diary),
        "sites:open_room": Way(to("open_room", closed.pk), post=Permission.PLACE_EDIT, methods="POST", **diary),
        "sites:add_absence": Way(to("add_absence", world.person.pk), get=Permission.STAFF_EDIT, methods=both, **diary),
        "sites:change_absence": Way(to("change_absence", absence.pk), get=Permission.STAFF_EDIT, methods=both, **diary),
        "sites:end_absence": Way(to("end_absence", absence.pk), post=Permission.STAFF_EDIT, methods="POST", **diary),
        "sites:delegate": Way(to("delegate"), get=Permission.DELEGATION_EDIT, methods=both, anywhere=True, **seen),
        **{f"sites:{name}": Way(to(name), get=need, methods=both, **seen) for name, need in edited.items()},
        "sites:add_holiday": Way(reverse("sites:add_holiday"), at="deployment", see=Permission.PLACE_VIEW, get=Permission.DEPLOYMENT_EDIT, methods=both, shared=True),
        "sites:change_holiday": Way(reverse("sites:change_holiday", args=[holiday.pk]), at="deployment", see=Permission.PLACE_VIEW, get=Permission.DEPLOYMENT_EDIT, methods=both, shared=True),
        "sites:remove_holiday": Way(reverse("sites:remove_holiday", args=[holiday.pk]), at="deployment", see=Permission.PLACE_VIEW, get=Permission.DEPLOYMENT_EDIT, methods=both, shared=True),
    }  # fmt: skip
    for word, (need, record) in under.items():
        ways[f"sites:add_{word}"] = Way(to(f"add_{word}"), get=need, methods=both, **seen)
        ways[f"sites:change_{word}"] = Way(
            to(f"change_{word}", "northgate", record.pk), get=need, methods=both, **seen
        )
    return ways


def site_ways(world: World) -> dict[str, Way | list[Way]]:
    """Trials and their sites."""
    both, one = "GET POST", ["tmr-204", "1042"]
    delegation = Delegation.objects.get(person=world.person, task=Task.VISITS)
    of_trial = {"at": "trial", "see": Permission.TRIAL_VIEW, "shared": True}
    return {
        "workspace:trial": Way(reverse("workspace:trial", args=["tmr-204"]), **of_trial),
        "workspace:site": Way(reverse("workspace:site", args=one), see=Permission.SITE_VIEW),
        "sites:add_site": Way(reverse("sites:add_site", args=["tmr-204"]), get=Permission.SITE_EDIT, methods=both, **of_trial),
        "sites:assign_cra": Way(reverse("sites:assign_cra", args=["tmr-204"]), get=Permission.SITE_EDIT, methods=both, **of_trial),
        "workspace:edit_site": Way(reverse("workspace:edit_site", args=[*one, "planned"]), see=Permission.SITE_VIEW, get=Permission.SITE_EDIT, methods=both),
        "sites:change_site": Way(reverse("sites:change_site", args=one), see=Permission.SITE_VIEW, get=Permission.SITE_EDIT, methods=both),
        "sites:status": Way(reverse("sites:status", args=one), see=Permission.SITE_VIEW, post=Permission.SITE_STATUS, methods=both),
        "sites:schedules": Way(reverse("sites:schedules", args=one), see=Permission.SITE_VIEW, post=Permission.SITE_EDIT, methods=both),
        "sites:end_delegation": Way(reverse("sites:end_delegation", args=[delegation.pk]), see=Permission.SITE_VIEW, get=Permission.DELEGATION_EDIT, methods=both),
    }  # fmt: skip


def account_ways(world: World) -> dict[str, Way | list[Way]]:
    """People and their roles."""
    grant = Grant.objects.get(user=world.cra)
    service = accounts.add_service(
        Deployment.objects.get(), name="service", owner=world.manager, by=world.admin
    )
    token = accounts.issue_token(service, label="EDC", days=1, by=world.admin)
    both, here, person = "GET POST", ["site", world.site.pk], [world.cra.pk]
    of_people: dict[str, Any] = {"at": "deployment", "see": Permission.ACCOUNT_VIEW}

    def to(name: str, *args: object) -> str:
        return reverse(f"accounts:{name}", args=args)

    return {
        "accounts:set_up": Way(to("set_up"), at="deployment", get=Permission.DEPLOYMENT_EDIT, methods=both),
        "accounts:invite": Way(to("invite"), at="deployment", get=Permission.ACCOUNT_EDIT, methods=both),
        "accounts:person": Way(to("person", *person), **of_people),
        "accounts:change": Way(to("change", *person), get=Permission.ACCOUNT_EDIT, methods=both, **of_people),
        "accounts:disable": Way(to("disable", *person), get=Permission.ACCOUNT_EDIT, methods=both, **of_people),
        "accounts:send_password_link": Way(to("send_password_link", *person), post=Permission.ACCOUNT_EDIT, methods="POST", **of_people),
        "accounts:give": Way(to("give", *person), get=Permission.GRANT_EDIT, methods=both, **of_people),
        "accounts:access": Way(to("access", *here), see=Permission.ACCOUNT_VIEW),
        "accounts:give_here": Way(to("give_here", *here), see=Permission.GRANT_EDIT, methods=both),
        "accounts:issue_token": Way(to("issue_token", service.pk), get=Permission.ACCOUNT_EDIT, methods=both, **of_people),
        "accounts:revoke_token": Way(to("revoke_token", token.pk), get=Permission.ACCOUNT_EDIT, methods=both, **of_people),
        "accounts:end": Way(to("end", grant.pk), see=Permission.GRANT_EDIT, methods=both),
    }  # fmt: skip


def import_ways(world: World) -> dict[str, Way]:
    """Lists on their way in: choosing one, and the pages of whoever chose it."""
    raw = b"number,name,country\n1043,Southgate,GB\n"
    held = upload(world.trial, kind="sites", name="sites.csv", raw=raw, by=world.manager).pk
    of_trial: dict[str, Any] = {"at": "trial", "see": Permission.TRIAL_VIEW, "shared": True}
    both, trial, site = "GET POST", ["tmr-204"], ["tmr-204", "1042"]

    def to(name: str) -> str:
        return reverse(f"core:{name}", args=[held])

    return {
        "sites:import_sites": Way(reverse("sites:import_sites", args=trial), get=Permission.SITE_EDIT, methods=both, **of_trial),
        "subjects:import_subjects": Way(reverse("subjects:import_subjects", args=trial), get=Permission.SUBJECT_IMPORT, methods=both, **of_trial),
        "subjects:import_at_site": Way(reverse("subjects:import_at_site", args=site), see=Permission.SITE_VIEW, get=Permission.SUBJECT_IMPORT, methods=both),
        **{f"core:{name}": Way(to(name), own=True) for name in ("import", "wrong_rows")},
        **{
            f"core:{name}": Way(to(name), methods="POST", own=True)
            for name in ("map_columns", "begin_import", "set_import_aside")
        },
    }  # fmt: skip
