"""The demo: a small organisation at once, studies behind it, and the quiet line that says so."""

import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from accounts.models import User
from core.audit import coming_from
from core.models import Event, Obligation, Source, StatusChange, Upload
from core.notices import last_told
from ctms.demo import (
    days,
    events,
    issues,
    lists,
    northgate,
    notice,
    operations,
    organisation,
    pilot,
)
from quality.models import Issue
from safety.models import AdverseEvent, Medication, ReportClock
from sites.models import Site, SiteSchedule
from subjects import windows
from subjects.models import (
    Booking,
    Contact,
    DeviationDraft,
    Subject,
    SubjectAnchor,
    Transfer,
    Visit,
    VisitStatus,
)
from tests import databases
from trials.models import ScheduleVersion, Trial, VisitProcedure

ZONE = ZoneInfo("Europe/London")
THURSDAY = datetime(2030, 6, 13, 6, tzinfo=ZONE)
VISITS = 9  # that the table tells of the first working day


@pytest.fixture(scope="module")
def founded(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[organisation.Organisation]:
    """People, place and trials, once for all days."""
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(databases.cloned())
        with time_machine.travel(THURSDAY - days.DAY), coming_from(source=Source.PAGE):
            made = organisation.found(THURSDAY.date())
        yield made


@contextmanager
def filled(organised: organisation.Organisation, now: datetime) -> Iterator[None]:
    """Northgate as it is made at this moment, and forgotten after it."""
    people = {user.username: user for user in User.objects.filter(is_service=False)}
    with transaction.atomic(), time_machine.travel(now):
        with coming_from(source=Source.PAGE):
            northgate.fill(replace(organised, people=people), now)
        yield
        transaction.set_rollback(True)
        cache.clear()


@pytest.mark.parametrize(
    ("now", "shown", "statuses"),
    [
        (THURSDAY.replace(hour=7), 13, {"booked": 9}),
        (THURSDAY.replace(hour=8, minute=20), 13, {"in_progress": 1, "booked": 8}),
        (
            THURSDAY.replace(hour=12), 13,
            {"completed": 3, "in_progress": 1, "arrived": 1, "booked": 4},
        ),
        (THURSDAY.replace(hour=22), 13, {"completed": 7, "in_progress": 1, "booked": 1}),
        (THURSDAY.replace(day=15, hour=11), 17, {"booked": 9}),  # a Saturday
        (datetime(2030, 8, 26, 9, tzinfo=ZONE), 27, {"booked": 9}),  # a bank holiday
    ],
)  # fmt: skip
def test_today_is_a_working_day_as_far_as_the_clock_says(
    founded: organisation.Organisation, client: Client, now: datetime, shown: int,
    statuses: dict[str, int],
) -> None:  # fmt: skip
    with filled(founded, now):
        client.force_login(founded.coordinator)
        day = client.get(reverse("subjects:today")).context["day"]
    rows = [*day.before, *day.after]
    assert day.on.day == shown
    assert len(rows) == VISITS
    assert Counter(row.block.status for row in rows) == statuses
    assert sum(bool(row.note) for row in rows) >= 4
    assert all(each.visits for each in day.load)
    assert len(day.to_book) == 5


def test_every_outcome_and_every_end_is_shown(founded: organisation.Organisation) -> None:
    with filled(founded, THURSDAY.replace(hour=12)):
        visits = set(Visit.objects.values_list("status", flat=True))
        subjects = set(Subject.objects.values_list("status", flat=True))
        confirmations = Counter(
            Booking.objects.filter(on__gt=THURSDAY.date()).values_list("confirmation", flat=True)
        )
        drafts = set(DeviationDraft.objects.values_list("kind", "state"))
        modalities = set(Booking.objects.values_list("visit__definition__modality", flat=True))
    assert visits == set(VisitStatus) - {VisitStatus.NOT_APPLICABLE}
    assert {"screen_failed", "withdrawn", "lost", "terminated", "completed"} < subjects
    assert min(confirmations.values()) > 5
    assert drafts == {
        ("missed_visit", "occurred"), ("out_of_window", "occurred"), ("out_of_window", "planned"),
        ("mistimed_sample", "occurred"),
    }  # fmt: skip
    assert modalities == {"clinic", "inpatient", "phone"}


def test_the_same_moment_makes_the_same_demo(founded: organisation.Organisation) -> None:
    columns = ("visit__subject__number", "visit__name", "period", "room__name", "person__name")
    told = []
    for _ in range(2):
        with filled(founded, THURSDAY):
            told.append(sorted(map(str, Booking.objects.values_list(*columns))))
    assert told[0] == told[1]


def test_the_schedules_ask_for_procedures_at_visits(founded: organisation.Organisation) -> None:
    for version in ScheduleVersion.objects.all():
        cells = VisitProcedure.objects.filter(visit__version=version)
        assert version.status == "approved"
        assert set(cells.values_list("need", flat=True)) >= {"required", "conditional"}
        assert not version.visits.filter(cells=None).exists()
        assert not version.procedures.filter(cells=None).exists()
    tmr = ScheduleVersion.objects.get(trial__code="tmr-204")
    assert (tmr.visits.count(), tmr.procedures.count()) == (12, 35)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo with some rows of its data only."""
    whole = lists.rows_of
    steps = {"ops/sites.csv": 8, "ops/subjects.csv": 12, "sdtm/dm.csv": 6}

    def some(name: str) -> list[dict[str, str]]:
        return whole(name)[:: steps.get(name, 1)]

    for module in (operations, pilot):
        monkeypatch.setattr(module, "rows_of", some)


@pytest.mark.usefixtures("quick")
def test_the_demo_loads_lives_around_today_and_a_second_time_changes_nothing(
    committed_db: str,
) -> None:
    said = call_command("load_demo")
    assert "priya    Study coordinator" in said
    assert {"lzzt", "onc-176", "tmr-204"} <= set(Trial.objects.values_list("code", flat=True))
    _see_the_studies(timezone.localdate())
    _see_the_windows()
    _see_the_network()
    counts = [model.objects.count() for model in COUNTED]
    call_command("load_demo")
    assert [model.objects.count() for model in COUNTED] == counts
    assert cache.get(notice.LOADING) is None


COUNTED = (Subject, Visit, Booking, Upload, User, Contact, Site, ScheduleVersion, Event)


def _see_the_studies(today: date) -> None:
    assert Site.objects.filter(trial__code="onc-176").count() == 22
    for code in ("lzzt", "onc-176"):
        visits = Visit.objects.filter(subject__trial__code=code)
        assert visits.filter(performed_on__gte=today - timedelta(days=60)).exists()
        assert not visits.filter(performed_on__gte=today).exists()
        assert visits.filter(status="planned", target_on__gt=today).exists()
    left = Upload.objects.get(trial_id=Trial.objects.get(code="onc-176").pk, kind="subjects")
    assert left.left_behind > 0
    home = Site.objects.get(trial__code="lzzt", number="701")
    assert (home.place.slug, home.investigator_name) == ("northgate-cru", "Hannah Osei")


def _see_the_windows() -> None:
    """Every week of the big study against its window, counted here from day 1 of each subject."""
    visits = Visit.objects.filter(subject__trial__code="onc-176")
    day_1 = dict(
        SubjectAnchor.objects.filter(subject__trial__code="onc-176", code="day_1").values_list(
            "subject_id", "on"
        )
    )
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for held in visits.filter(status=VisitStatus.COMPLETED, name__startswith="Week "):
        counted[held.name][_kept(held.name, held.performed_on - day_1[held.subject_id])] += 1
    assert sum(one["inside"] for one in counted.values()) > 50
    assert any(one["early"] or one["late"] for one in counted.values())
    rows = {one.name: one for one in windows.kept(visits) if one.name.startswith("Week ")}
    assert {name: (one.inside, one.early, one.late) for name, one in rows.items() if one.done} == {
        name: (one["inside"], one["early"], one["late"]) for name, one in counted.items()
    }
    assert all(one.done == one.inside + one.early + one.late for one in rows.values())


def _kept(name: str, after: timedelta) -> str:
    """How a week was kept, by the windows of the README of the data."""
    week = int(name.removeprefix("Week "))
    days = 5 if week < 48 else 7 if week <= 96 else 14
    off = after.days - 7 * week
    return "late" if off > days else "early" if off < (-14 if week == 48 else -days) else "inside"


def _see_the_network() -> None:
    """The sites of TMR-204 in many states, monitored and led, with what happened to subjects."""
    sites = Site.objects.filter(trial__code="tmr-204")
    assert sites.values("country").distinct().count() == 12
    assert {"open", "on_hold", "terminated", "start_up", "declined", "enrolment_closed"} < set(
        sites.values_list("status", flat=True)
    )
    assert not sites.filter(investigator_name="").exists()
    assert not sites.exclude(number="").filter(cra=None).exists()
    assert sites.filter(enrolled__gt=0).count() == 9
    steps = StatusChange.objects.filter(flow="sites.site", object_id=sites.get(number="1031").pk)
    days = list(steps.order_by("pk").values_list("on", flat=True))
    assert len(days) == 4
    assert days == sorted(days)
    subjects = Subject.objects.filter(trial__code="tmr-204")
    assert {"lost", "withdrawn", "deceased", "completed"} < set(
        subjects.values_list("status", flat=True)
    )
    assert not subjects.filter(status="screen_failed", reason_code="").exists()
    assert subjects.get(previous__number="1042-010").status == "screening"
    moved = Transfer.objects.get()
    assert (moved.from_site.number, moved.to_site.number) == ("1008", "1042")
    draft = ScheduleVersion.objects.get(trial__code="tmr-204", status="draft")
    assert (draft.number, draft.visits.count()) == ("4.1", 15)
    held = SiteSchedule.objects.filter(version__number="4.0").order_by("during")
    assert [row.site.number for row in held] == ["1008", "1025"]
    assert Contact.objects.filter(subject__number="1042-007").count() > 5


@pytest.mark.django_db
def test_a_page_says_how_far_the_demo_is_and_when_it_is_old(world: object, client: Client) -> None:
    client.force_login(User.objects.get(username="admin"))
    url = reverse("workspace:trials")
    assert "demo data" not in client.get(url).content.decode()
    cache.set(notice.LOADED_ON, timezone.localdate() - timedelta(days=15))
    assert "15 days old" in client.get(url).content.decode()
    cache.delete(notice.NOTE)
    cache.set(notice.LOADING, "yes")
    assert "Loading demo data." in client.get(url).content.decode()
    Trial.objects.update(code=operations.CODE)
    cache.delete(notice.NOTE)
    assert "Loading demo data, 0 of 1 sites." in client.get(url).content.decode()


def test_subjects_are_moved_in_their_order_and_keep_their_weekday() -> None:
    days = {"a": date(2010, 1, 4), "b": date(2012, 1, 3), "c": date(2011, 1, 5)}
    first, last = date(2026, 1, 1), date(2026, 6, 1)
    shifts = lists.moved(days, first, last)
    after = {key: on + shifts[key] for key, on in days.items()}
    assert sorted(after, key=after.__getitem__) == ["a", "c", "b"]
    assert all(after[key].weekday() == on.weekday() for key, on in days.items())
    assert first - timedelta(days=7) <= min(after.values()) <= max(after.values()) <= last


def test_bank_holidays_of_england_are_given_back_after_a_weekend() -> None:
    known = {
        2026: {"2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31",
               "2026-12-25", "2026-12-28"},
        2027: {"2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03", "2027-05-31", "2027-08-30",
               "2027-12-27", "2027-12-28"},
    }  # fmt: skip
    assert {year: {str(on) for on in days.public_holidays(year)} for year in known} == known


def test_working_days_are_counted_from_the_next_that_is_one() -> None:
    working = days.WorkingDays(date(2026, 4, 4), days.public_holidays(2026))
    found = [working.at(number) for number in (-1, 0, 1, 4)]
    assert [str(on) for on in found] == ["2026-04-02", "2026-04-07", "2026-04-08", "2026-04-13"]
    friday, monday = date(2026, 4, 3), date(2026, 4, 6)
    assert working.near(friday, friday, monday) == friday
    assert working.near(monday, friday, date(2026, 4, 8)) == date(2026, 4, 7)


def test_invented_places_are_never_the_same() -> None:
    for country in lists.PLACES:
        names = [lists.invented_place(country, number)[0] for number in range(150)]
        assert len(set(names)) == len(names)


def test_a_worker_finds_the_tasks_by_itself() -> None:
    code = "from ctms.celery import app; app.loader.import_default_modules(); print(*app.tasks)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"core.tasks.carry_on", "ctms.tasks.load_studies"} <= set(ran.stdout.split())


def test_adverse_events_of_every_state_are_there(founded: organisation.Organisation) -> None:
    with filled(founded, THURSDAY.replace(hour=12)):
        running = ReportClock.objects.filter(is_running=True, met_at=None)
        clocks = {clock.code: clock for clock in running}
        rows = list(AdverseEvent.objects.order_by("pk"))
        to_send = clocks["site_24h"].event
        told = {one.recipient_name: one.read_at is not None for one in last_told(to_send)}
        taken = Counter(Medication.objects.values_list("indication", "is_ongoing"))
    assert set(clocks) == {"site_24h", "eu_15"}
    assert timedelta(hours=5) < clocks["site_24h"].ends_at - THURSDAY.replace(hour=12)
    assert [row.is_serious for row in rows].count(False) == 3
    assert [row.case_number for row in rows if row.reconciled_on] == [events.CASE]
    assert taken == {
        ("history", True): 2, ("event", True): 2, ("event", False): 1, ("prophylaxis", False): 1,
    }  # fmt: skip
    assert told == {
        "Hannah Osei": True, "Elena Fischer": True, "Amara Bello": False, "Jonas Lindqvist": False,
    }  # fmt: skip


def test_deviations_of_every_state_are_there(founded: organisation.Organisation) -> None:
    with filled(founded, THURSDAY.replace(hour=12)):
        rows = list(Issue.objects.order_by("pk"))
        duties = Counter(
            Obligation.objects.filter(rule__startswith="quality.", met_at=None).values_list(
                "rule", flat=True
            )
        )
        clock = Obligation.objects.get(rule="quality.breach", met_at=None).due_at
    assert {row.status for row in rows} == {"reported", "assessed", "closed"}
    assert {row.kind for row in rows} == {"deviation", "data"}
    assert [row.is_important for row in rows].count(True) == 2
    assert clock == THURSDAY.replace(hour=12) - issues.AWARE + timedelta(days=7)
    assert 0 < duties["quality.report"] < 8
    assert duties["quality.ethics"] == 2
    assert (duties["quality.act_cra"], duties["quality.act_investigator"]) == (1, 1)
