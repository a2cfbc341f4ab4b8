"""The demo: a small organisation at once, studies behind it, and the quiet line that says so."""

import subprocess
import sys
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.models import Upload
from ctms.demo import lists, notice, operations, pilot
from sites.models import Site
from subjects.models import Booking, Subject, Visit
from trials.models import Trial


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
    assert Site.objects.filter(trial__code="onc-176").count() == 22
    today = timezone.localdate()
    for code in ("lzzt", "onc-176"):
        visits = Visit.objects.filter(subject__trial__code=code)
        assert visits.filter(performed_on__gte=today - timedelta(days=60)).exists()
        assert not visits.filter(performed_on__gte=today).exists()
        assert visits.filter(status="planned", target_on__gt=today).exists()
    ahead = Booking.objects.filter(on__range=(today, today + timedelta(days=6)), is_live=True)
    assert ahead.filter(place__slug="northgate-cru").count() > 5
    left = Upload.objects.get(trial_id=Trial.objects.get(code="onc-176").pk, kind="subjects")
    assert left.left_behind > 0
    counts = [model.objects.count() for model in (Subject, Visit, Booking, Upload, User)]
    call_command("load_demo")
    assert [model.objects.count() for model in (Subject, Visit, Booking, Upload, User)] == counts
    assert cache.get(notice.LOADING) is None


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


def test_invented_places_are_never_the_same() -> None:
    for country in lists.PLACES:
        names = [lists.invented_place(country, number)[0] for number in range(150)]
        assert len(set(names)) == len(names)


def test_a_worker_finds_the_tasks_by_itself() -> None:
    code = "from ctms.celery import app; app.loader.import_default_modules(); print(*app.tasks)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"core.tasks.carry_on", "ctms.tasks.load_studies"} <= set(ran.stdout.split())
