"""How long it takes until 2,000 subjects with 30,000 open visits follow an amended schedule."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from pathlib import Path
from time import perf_counter

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.bootstrap import system_account
from accounts.models import User
from benchmarks.databases import Size, cloned
from benchmarks.organisation import BEGAN
from benchmarks.run import REFERENCE, WORKER_MB, listening, yardstick
from core.audit import under_event
from sites.models import SiteSchedule
from subjects.actions.follow import follow_all
from subjects.courses import behind
from subjects.models import Subject, Visit
from subjects.models.visit import OPEN
from trials.actions import drafts
from trials.models import ScheduleVersion, Trial

SECONDS = 30
HEAD = f"{'amendment':23}{'subjects':>9}{'visits':>9}{'seconds':>9}{'peak MB':>9}{'yardstick':>11}"
# The subjects of one trial as they would stand on their first day, each with a visit booked in two weeks.
EVERYBODY_ON_DAY_1 = """
    SET session_replication_role = replica;
    CREATE TEMPORARY TABLE chosen AS SELECT id FROM subjects_subject WHERE trial_id = %(trial)s;
    DELETE FROM sites_claim WHERE holder = 'booking';
    DELETE FROM subjects_booking;
    UPDATE subjects_subject SET status = 'on_treatment', enrolled_on = %(today)s, ended_on = NULL, reason_code = '',
        status_reason = '' WHERE id IN (SELECT id FROM chosen);
    UPDATE subjects_subjectanchor SET "on" = %(today)s, is_provisional = false
        WHERE subject_id IN (SELECT id FROM chosen);
    UPDATE subjects_visit v SET status = CASE d.code WHEN 'W4' THEN 'booked' ELSE 'planned' END,
        outcome_reason = '', performed_on = NULL, frozen_at = NULL, is_provisional = false,
        target_on = %(today)s + d.days, first_target_on = %(today)s + d.days,
        earliest_on = %(today)s + d.days - d.early_days, latest_on = %(today)s + d.days + d.late_days
        FROM trials_visitdefinition d
        WHERE d.id = v.definition_id AND v.subject_id IN (SELECT id FROM chosen);
    INSERT INTO subjects_booking (visit_id, place_id, period, "on", zone, confirmation, is_live, revision)
        SELECT v.id, s.place_id, tstzrange(v.target_on + time '09:00', v.target_on + time '10:00'),
            v.target_on, 'UTC', 'confirmed', true, 1
        FROM subjects_visit v JOIN sites_site s ON s.id = v.site_id
        WHERE v.status = 'booked' AND v.subject_id IN (SELECT id FROM chosen);
    DROP TABLE chosen;
    SET session_replication_role = origin;
"""


def report(size: Size) -> None:
    """Print what the worker takes for a version put into effect at every site of a trial."""
    with cloned(size):
        trial = Trial.objects.order_by("pk")[0]
        manager = User.objects.get(username=f"senior-{trial.sponsor_id}")
        today = timezone.localdate()
        with connection.cursor() as cursor:
            cursor.execute(EVERYBODY_ON_DAY_1, {"trial": trial.pk, "today": today})
        version = _amended(trial, manager)
        shown, asked = _impact(version, manager)
        _put_into_effect(trial, version, today)
        visits = Visit.objects.filter(subject__trial=trial, status__in=OPEN).count()
        subjects = behind(timezone.now()).filter(trial=trial).count()
        pace = yardstick()
        _forget_peak()
        began = perf_counter()
        follow_all(by=system_account())
        took = perf_counter() - began
        pace, peak = (pace + yardstick()) / 2, _peak()
        _check(trial, today)
    missed = [f"over {SECONDS} s"] if took > SECONDS * max(1, pace / REFERENCE) else []
    missed += [f"over {WORKER_MB} MB"] if peak > WORKER_MB else []
    print(
        f"\n{HEAD}\n{'subjects follow it':23}{subjects:9,}{visits:9,}{took:9.1f}{peak:9.1f}"
        f"{pace:11.1f}  {', '.join(missed)}"
    )
    print(f"{'its impact is shown':23}{'':18}{shown:9.1f}{'':9}{'':11}  {asked} queries")


def _impact(version: ScheduleVersion, by: User) -> tuple[float, int]:
    """Seconds and queries of the page that says what the version does to subjects and bookings."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(by, backend="allauth.account.auth_backends.AuthenticationBackend")
    url = reverse("subjects:impact", args=[version.trial.code, version.number])
    client.get(url)
    with listening() as heard:
        began = perf_counter()
        assert client.get(url).status_code == HTTPStatus.OK
    return perf_counter() - began, len(heard)


def _amended(trial: Trial, by: User) -> ScheduleVersion:
    """Week 4 narrower and later, so that booked visits fall out, week 8 gone, one visit new."""
    version = drafts.copy(ScheduleVersion.objects.get(trial=trial), number="2.0", by=by)
    drafts.change_visit(
        version.visits.get(code="W4"), by=by, values={"code": "W4", "days": 30, "late_days": 1}
    )
    drafts.change_visit(version.visits.get(code="W12"), by=by, values={"code": "W12", "days": 86})
    drafts.remove_visit(version.visits.get(code="W8"), by=by)
    drafts.add_visit(version, by=by, place=3, values={"code": "W6", "name": "W6", "days": 42})
    with under_event("benchmark"):
        ScheduleVersion.flow.move(version, "approved", by=by, approved_at=timezone.now())
    return version


def _put_into_effect(trial: Trial, version: ScheduleVersion, today: date) -> None:
    """At every site from today on, without the word to a worker to begin before the clock runs."""
    before = SiteSchedule.objects.filter(site__trial=trial)
    sites = list(before.values_list("site_id", flat=True))
    with under_event("benchmark"):
        before.update(during=DateRange(BEGAN, today, "[)"))
        SiteSchedule.objects.bulk_create(
            SiteSchedule(site_id=pk, version=version, during=DateRange(today, None, "[)"))
            for pk in sites
        )


def _check(trial: Trial, today: date) -> None:
    """Nobody is left behind, no visit is there twice and none is missing."""
    subjects = Subject.objects.filter(trial=trial)
    assert not behind(timezone.now()).filter(trial=trial).exists()
    for code, found in (
        ("W8", Q(status="not_applicable")),
        ("W6", Q(status="planned")),
        ("W4", Q(status="booked", target_on__gt=today)),
    ):
        held = Visit.objects.filter(found, subject__trial=trial, code=code)
        assert held.count() == held.values("subject").distinct().count() == subjects.count(), code


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """Megabytes this process held at most since it was told to forget."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
