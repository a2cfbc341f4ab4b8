"""The whole product at a glance: what the side navigation offers to whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from core import obligations
from core.access import has_anywhere
from core.kept import kept
from core.links import address
from core.notices import TO_READ
from core.permissions import Permission
from core.saved_views.queries import at_hand as views_at_hand
from ctms.context import (
    PLACE,
    Context,
    at_hand,
    context_of,
    is_site_staff,
    remember,
    switch_to,
    works_above_sites,
)

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the navigation, counting what is open under the rules of its page."""

    url: str
    icon: str
    text: str
    key: str = ""
    rules: frozenset[str] = frozenset()
    also: tuple[str, ...] = ()  # other addresses below which its pages lie
    count: int = 0
    unit: str = "open"
    is_late: bool = False
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one heading, with the trial or place they are about, if any."""

    title: str
    items: tuple[Item, ...]
    context: Context | None = None
    switch: str = ""  # where to choose another one


Groups = tuple[Group, ...]


# What the tab bar of a phone holds, the first of these that the person has.
QUICK = ("Today", "Schedule", "People", "Overview", "Sites", "Subjects", "My work")
TABS = 4
KEPT = "navigation"
SUBJECT_PAGES = (
    "/subjects/", "/visits/", "/procedures/", "/answers/", "/stays/", "/leaves/", "/transfers/",
    "/randomisations/", "/unblindings/", "/documents/", "/document-versions/",
)  # fmt: skip
SCHEDULE_PAGES = ("day_sheet", "waiting")
PLACE_PAGES = ("/closures/", "/rooms/", "/room-closures/", "/staff/", "/absences/")
EVENT_PAGES = "/events/"
PAYMENT_PAGES = (
    "stipends", "stipend_years", "terms", "approve_stipends", "decline_stipends", "approve_all",
    "pay_all", "reconcile_all",
)  # fmt: skip
SET_UP_PAGES = ("/references/", "/consent-versions/", "/consent-approvals/")
ISSUE_PAGES = ("/issues/", "/drafts/", "/capas/", "/capa-actions/")
SAFETY_PAGES = (EVENT_PAGES, "/letters/", "/clocks/", "/safety-reports/")
# Where pages below a trial lie for those whose navigation is that of a place.
RECORDS = {
    "safety:event": EVENT_PAGES, "quality:issue": "/issues/", "quality:capa": "/capas/",
    "budgets:payment": "/subject-payments/",
}  # fmt: skip


def navigation(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every page needs: where to go, and the person's settings."""
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"navigation": (), "quick": (), "theme": "", "density": "comfortable", "keys": "on"}
    shown = SimpleLazyObject(lambda: groups(request, user))  # a fragment does not show it
    return {
        "navigation": shown,
        "quick": SimpleLazyObject(lambda: _quick(shown)),
        "theme": "" if user.theme == "system" else user.theme,
        "density": user.density,
        "keys": "on" if user.has_single_keys else "off",
    }


def groups(request: HttpRequest, user: User) -> Groups:
    """The navigation, as far as the person may go: mine, the organisation, the trial or place."""
    kind, key = at_hand(request, user)
    shown = kept(user, (KEPT, kind, key), lambda: _groups(user, kind, key, request.path))
    for at in (group.context for group in shown if group.context):
        remember(request, at)
        kept(user, (KEPT, at.kind, at.key), lambda: shown)  # the next page asks for it by name
    return _marked(tuple(_with_switch(group, request) for group in shown), request)


def _groups(user: User, kind: str, key: str, path: str) -> Groups:
    context = context_of(user, kind, key)
    shown = [Group("", tuple(_mine(user, context, path)))]
    if works_above_sites(user):
        shown.append(Group("Organisation", tuple(_organisation(user))))
    if context is not None:
        is_place = context.kind == PLACE
        items = _at_place(user, context.key) if is_place else _in_trial(user, context.key)
        shown.append(Group("Site" if is_place else "Trial", tuple(items), context))
    if has_anywhere(user, Permission.ACCOUNT_EDIT):
        people = _item("accounts:people", "users", "People", "g e")
        installation = _item("accounts:set_up", "settings", "Installation")
        shown.append(Group("Administration", (people, installation)))
    due = obligations.counts(user)
    return tuple(_counted(group, due) for group in shown)


def _item(
    name: str, icon: str, text: str, key: str = "", *args: str, rules: Iterable[str] = (),
    also: tuple[str, ...] = (),
) -> Item:  # fmt: skip
    return Item(address(name, *args), icon, text, key, frozenset(rules), also)


def _mine(user: User, context: Context | None, path: str) -> Iterator[Item]:
    if is_site_staff(user):
        yield _item("subjects:today", "sunrise", "Today", "g t", rules=["visit.confirm"])
    yield _item("inbox:work", "inbox", "My work", "g w", rules=obligations.RULES)
    notices = _item("inbox:notices", "bell", "Notices", "g n", rules=[TO_READ])
    yield replace(notices, unit="not read")
    yield from _saved_views(user, path)
    if context is not None and context.kind == PLACE:
        yield _item(
            "subjects:schedule", "calendar", "Schedule", "g s", context.key, rules=["visit.book"],
            also=tuple(address(f"subjects:{name}", context.key) for name in SCHEDULE_PAGES),
        )  # fmt: skip


def _saved_views(user: User, path: str) -> Iterator[Item]:
    """The page of all views with how many are the person's own, and those that are pinned."""
    held = views_at_hand(user, path)
    own = sum(one.is_own for one in held)
    yield replace(_item("views:views", "star", "Saved views", "g v"), count=own, unit="kept")
    for one in held:
        if one.is_pinned:
            yield Item(one.view.get_absolute_url(), "pin", one.view.name)


def _organisation(user: User) -> Iterator[Item]:
    entries = (
        (Permission.TRIAL_VIEW, "workspace:trials", "rocket", "Trials", "g p"),
        (Permission.SITE_VIEW, "workspace:all_sites", "building", "Sites", "g i"),
        (Permission.SUBJECT_VIEW, "workspace:all_subjects", "users", "Subjects", "g a"),
        (Permission.PLACE_VIEW, "sites:places", "door", "Places", "g l"),
        (Permission.AUDIT_VIEW, "audit:search", "history", "Audit trail", "g h"),
    )
    return (
        _item(*entry, also=("/protocols/",) if entry[0] == "workspace:trials" else ())
        for permission, *entry in entries
        if has_anywhere(user, permission)
    )


def _at_place(user: User, place: str) -> Iterator[Item]:
    yield _item(
        "workspace:place_subjects", "users", "Subjects", "g u", place, rules=["visit.outcome"],
        also=(address("subjects:find_caller", place), *SUBJECT_PAGES),
    )  # fmt: skip
    yield _item("subjects:place_screening", "clipboard", "Screening log", "", place)
    yield _item(
        "subjects:place_consents", "pen", "Consents", "", place, rules=["consent.reconsent"],
        also=("/consents/",),
    )  # fmt: skip
    if has_anywhere(user, Permission.ADVERSE_EVENT_VIEW):
        yield _adverse_events("safety:place_events", place)
    if has_anywhere(user, Permission.DEVIATION_VIEW):
        yield _issues("quality:place_issues", place)
    if has_anywhere(user, Permission.STIPEND_VIEW):
        yield _item("budgets:place_payments", "wallet", "Subject payments", "", place,
            also=("/subject-payments/",))  # fmt: skip
    yield _item(
        "sites:delegations", "check-circle", "Delegations", "", place,
        also=(address("sites:delegate", place), "/delegations/"),
    )  # fmt: skip
    yield _item("sites:place", "door", "Place", "g c", place, also=PLACE_PAGES)


def _in_trial(user: User, code: str) -> Iterator[Item]:
    yield _item("workspace:trial", "gauge", "Overview", "g o", code)
    if has_anywhere(user, Permission.SITE_VIEW):
        yield _item("workspace:sites", "building", "Sites", "", code, also=("/sites/",))
    if has_anywhere(user, Permission.SUBJECT_VIEW):
        yield _item(
            "workspace:subjects", "users", "Subjects", "g u", code, rules=["visit.outcome"],
            also=SUBJECT_PAGES,
        )  # fmt: skip
        yield _item("subjects:trial_screening", "clipboard", "Screening log", "", code)
        yield _item(
            "subjects:trial_consents", "pen", "Consents", "", code, rules=["consent.reconsent"],
            also=("/consents/",),
        )  # fmt: skip
    if has_anywhere(user, Permission.ADVERSE_EVENT_VIEW):
        yield _adverse_events("safety:events", code, address("safety:letters", code))
    if has_anywhere(user, Permission.MEDICATION_VIEW):
        yield _item("safety:medications", "pill", "Medications", "", code, also=("/medications/",))
    if has_anywhere(user, Permission.DEVIATION_VIEW):
        yield _issues("quality:issues", code, address("quality:capas", code))
    if has_anywhere(user, Permission.STIPEND_VIEW):
        yield _payments(code)
    yield _item("trials:schedule", "columns", "Schedule of activities", "", code)
    yield _item("trials:set_up", "settings", "Set-up", "", code, also=SET_UP_PAGES)


def _adverse_events(name: str, key: str, *also: str) -> Item:
    rules = [rule for rule in obligations.RULES if rule.startswith("safety.")]
    return _item(
        name, "activity", "Adverse events", "", key, rules=rules, also=(*SAFETY_PAGES, *also)
    )


def _payments(code: str) -> Item:
    rules = [rule for rule in obligations.RULES if rule.startswith("payment.")]
    also = (*(address(f"budgets:{name}", code) for name in PAYMENT_PAGES), "/payment-terms/", "/subject-payments/", "/documents/", "/document-versions/")  # fmt: skip
    return _item(
        "budgets:subject_payments", "wallet", "Subject payments", "", code, rules=rules, also=also
    )


def _issues(name: str, key: str, *also: str) -> Item:
    rules = [rule for rule in obligations.RULES if rule.startswith("quality.")]
    return _item(name, "flag", "Deviations & issues", "", key, rules=rules, also=ISSUE_PAGES + also)


def _with_switch(group: Group, request: HttpRequest) -> Group:
    """The group with the way to another trial or place, if it is about one."""
    at = group.context
    if at is None:
        return group
    home = "subjects:schedule" if at.kind == PLACE else "workspace:trial"
    return replace(group, switch=switch_to(request, at.kind, address(home, at.key)))


def _counted(group: Group, due: list[obligations.Count]) -> Group:
    """The group with what this person has to do on each page, here where it is about a record."""
    at = group.context
    here = [row for row in due if at is None or at.pk == getattr(row, f"{at.kind}_id")]
    return replace(group, items=tuple(_with_count(item, here) for item in group.items))


def _with_count(item: Item, due: list[obligations.Count]) -> Item:
    if not item.rules:
        return item
    rows = [row for row in due if row.rule in item.rules]
    count = sum(row.total for row in rows)
    return replace(item, count=count, is_late=any(row.late for row in rows))


def _marked(shown: Groups, request: HttpRequest) -> Groups:
    """The navigation with the one entry marked below whose address this page lies."""
    path = _path_of(request)
    items = [item for group in reversed(shown) for item in group.items]
    current = max(items, key=lambda item: _fit(item, path))
    return tuple(_with_mark(group, current) for group in shown) if _fit(current, path) else shown


def _with_mark(group: Group, current: Item) -> Group:
    if not any(item is current for item in group.items):
        return group
    items = (replace(item, is_current=True) if item is current else item for item in group.items)
    return replace(group, items=tuple(items))


def _path_of(request: HttpRequest) -> str:
    """Where a page lies in the navigation; those of a numbered record below its list."""
    match = request.resolver_match
    if match is None or "number" not in match.kwargs:
        return request.path
    if match.view_name.startswith("workspace:subject"):
        return f"{SUBJECT_PAGES[0]}{match.kwargs['number']}/"
    below = RECORDS.get(match.view_name)
    return f"{below}{match.kwargs['number']}/" if below else request.path


def _fit(item: Item, path: str) -> int:
    """How much of an address an entry stands for; the page itself most of all."""
    if path == item.url:
        return len(path) + 1
    return max(
        (len(start) for start in (item.url, *item.also) if path.startswith(start)), default=0
    )


def to_read(shown: Groups) -> int:
    """How many notices the person has not read, as the navigation counts them."""
    items = (item for group in shown for item in group.items)
    return next((item.count for item in items if TO_READ in item.rules), 0)


def _quick(shown: Iterable[Group]) -> tuple[Item, ...]:
    """The first pages of a phone; a week does not fit on it, so the schedule is a list there."""
    found = {item.text: item for group in shown for item in group.items}
    if schedule := found.get("Schedule"):
        found["Schedule"] = replace(schedule, url=f"{schedule.url}?view=agenda#today")
    return tuple(found[text] for text in QUICK if text in found)[:TABS]
