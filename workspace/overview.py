"""The overview of a trial or a site: figures that lead to their lists, and what is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Min, Q
from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from core.dates import show_due
from core.lists import Rows
from core.lists.lines import Line
from core.obligations import RULES, seen_by
from sites.models import Site, SiteStatus
from subjects.models import Subject
from trials.models import Trial
from workspace.lists import SITES, SUBJECTS
from workspace.lists.sites import STAGES, share

WORST = 7
WORST_COLUMNS = "columns=status,cra,enrolled,duties"
NEXT = "sort=next&rows=8&columns=status,next,window"
# What is counted of the subjects, each as its list would be asked for it.
SUBJECT_FIGURES = {
    "screened": "is=screened", "screening": "is=in_screening", "failed": "status=screen_failed",
    "enrolled": "is=enrolled", "active": "is=active", "week": "need=visit&sort=next",
    "late": "need=late&sort=next",
}  # fmt: skip
SITE_FIGURES = {"sites": "", "open": "status=open", "quiet": "need=enrolment"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a strip, with its state in words and the list behind it."""

    label: str
    value: str
    of: str
    level: str
    words: str
    url: str


def subjects_of(user: User, path: str, query: str = "", **where: Any) -> Rows:
    """Some subjects as their list shows them."""
    rows = Subject.objects.visible_to(user).filter(**where)
    return Rows(user, SUBJECTS, rows, QueryDict(query), path)


def sites_of(user: User, trial: Trial) -> Rows:
    """The sites of a trial as their list shows them."""
    rows = Site.objects.visible_to(user).filter(trial=trial)
    path = reverse("workspace:sites", args=[trial.code])
    return Rows(user, SITES, rows, QueryDict(WORST_COLUMNS), path)


def subject_figures(subjects: Rows, planned: int | None) -> list[Figure]:
    """Screening, enrolment, and what is due: one query."""
    n = subjects.tally(SUBJECT_FIGURES)
    decided = n["failed"] + n["enrolled"]
    failure = f"{round(100 * n['failed'] / decided)}" if decided else "\N{EN DASH}"

    def figure(label: str, value: str, name: str, level: str, words: str, of: str = "") -> Figure:
        return Figure(label, value, of, level, words, f"{subjects.path}?{SUBJECT_FIGURES[name]}")

    return [
        figure("Enrolled", f"{n['enrolled']:,}", "enrolled", *against_plan(n["enrolled"], planned),
               of="" if planned is None else f" / {planned:,}"),
        figure("Screened", f"{n['screened']:,}", "screened", "", f"{n['screening']:,} in screening"),
        figure("Screen failure, %", failure, "failed", "", f"{n['failed']:,} of {decided:,} decided"),
        figure("In the trial", f"{n['active']:,}", "active", "", "enrolled and not ended"),
        figure("Visit within a week", f"{n['week']:,}", "week", "", "subjects, booked or to book"),
        figure("Something late", f"{n['late']:,}", "late", *(("x", "subjects to look at") if n["late"] else ("g", "nothing late"))),
    ]  # fmt: skip


def against_plan(enrolled: int, planned: int | None) -> tuple[str, str]:
    """A level and words for enrolment against plan."""
    if planned is None:
        return "n", "no plan"
    left = planned - enrolled
    return ("g", "plan reached") if left <= 0 else ("n", f"{left:,} to go")


def site_figure(sites: Rows, planned: int | None) -> Figure:
    """How many sites are open, and how many of them do not enrol: one query."""
    n = sites.tally(SITE_FIGURES)
    level, words = ("a", f"{n['quiet']:,} enrol nobody") if n["quiet"] else ("g", "all enrol")
    if not n["open"]:
        level, words = "n", "of 1 site" if n["sites"] == 1 else f"of {n['sites']:,} sites"
    of = "" if planned is None else f" / {planned:,}"
    query = SITE_FIGURES["quiet" if n["quiet"] else "open"]
    return Figure("Sites open", f"{n['open']:,}", of, level, words, f"{sites.path}?{query}")


def worst_first(user: User, sites: Rows, trial: Trial, today: date) -> list[Line]:
    """The sites at work that need most: something late, no enrolment, open and far from plan."""
    late = dict(
        seen_by(user).filter(trial_id=trial.pk, due_on__lt=today).order_by()
        .values_list("site_id").annotate(late=Count("pk"))
    )  # fmt: skip
    quiet = set(sites.asking("need=enrolment").values_list("pk", flat=True))
    at_work = sites.everything.exclude(status__in=STAGES["Ended"])

    def need(row: Mapping[str, Any]) -> tuple[int, bool, bool, int]:
        done = share(row["enrolled"], row["planned_subjects"])
        is_open = row["status"] == SiteStatus.OPEN
        return -late.get(row["pk"], 0), row["pk"] not in quiet, not is_open, done

    facts = at_work.order_by("pk").values("pk", "status", "enrolled", "planned_subjects")
    rows = sorted(facts, key=need)
    return sites.only([row["pk"] for row in rows[:WORST]])


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One kind of duty at a site: how many are open and late, and when the next is due."""

    title: str
    open: int
    late: int
    due: str
    url: str


def open_items(user: User, site: Site, today: date, path: str) -> list[OpenItem]:
    """What is due at a site, by kind, the most urgent on top: one query."""
    held = (
        seen_by(user).filter(site_id=site.pk).order_by().values("rule")
        .annotate(open=Count("pk"), late=Count("pk", filter=Q(due_on__lt=today)), due=Min("due_on"))
        .order_by("due")
    )  # fmt: skip
    return [
        OpenItem(
            RULES[row["rule"]].title, row["open"], row["late"], show_due(row["due"], today),
            f"{path}?duty={row['rule']}&sort=next",
        )
        for row in held
    ]  # fmt: skip
