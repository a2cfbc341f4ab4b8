"""Subjects move to another site at once or on a day to come; until then they stay."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.actions import RefusedError
from core.audit import under_event
from core.models import Event
from core.versions import ConflictError
from sites.models import Site
from subjects.actions import bookings, subjects, transfers
from subjects.actions.bookings import Wanted
from subjects.models import Subject, Transfer, Visit
from subjects.planning import PlanError
from subjects.tasks import carry_out_transfers
from tests.world import World, at, make_place, make_site, screen, visit, weekday_from

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def today_at(world: World) -> date:
    return timezone.localdate(timezone=world.place.zone)


@pytest.fixture
def there(world: World) -> Site:
    place = make_place("southgate", world.admin)
    return make_site(world.trial, place, "1043", world.admin, world.manager)


def planned(world: World, there: Site, subject: Subject, days: int = 10) -> Transfer:
    return transfers.transfer(
        subject, to=there, on=today_at(world) + days * DAY, reason="moves house", by=world.manager
    )


def the_day_comes() -> None:
    with under_event("in test"):
        Transfer.objects.update(on=timezone.localdate() - DAY)
    carry_out_transfers()


def test_until_the_day_the_subject_stays(world: World, there: Site, client: Client) -> None:
    subject = screen(world)
    made = planned(world, there, subject)
    assert (made.state, Subject.objects.get().site) == ("planned", world.site)
    carry_out_transfers()
    assert Subject.objects.get().site == world.site
    client.force_login(world.coordinator)
    assert "Moves to 1043 Southgate on" in client.get(subject.get_absolute_url()).content.decode()
    with pytest.raises(ConflictError, match="Call that transfer off first"):
        planned(world, there, subject, 12)
    the_day_comes()
    moved = Subject.objects.get()
    assert (moved.site, Transfer.objects.get().state) == (there, "done")
    assert set(Visit.objects.values_list("site", flat=True)) == {there.pk}
    assert list(Site.objects.order_by("number").values_list("screened", flat=True)) == [0, 1]
    assert Event.objects.filter(verb="carry out transfer", source="task").count() == 1
    carry_out_transfers()
    assert Event.objects.filter(verb="carry out transfer").count() == 1


def test_no_visit_is_booked_here_once_the_subject_is_there(world: World, there: Site) -> None:
    subject = screen(world)
    made = planned(world, there, subject, 3)
    held = visit(subject, "W4")
    assert held.target_on is not None
    wanted = Wanted(at(weekday_from(held.target_on), 9), 60, world.room, world.person)
    with pytest.raises(RefusedError, match="moves to 1043 Southgate on"):
        bookings.book(held, wanted=wanted, by=world.coordinator)
    transfers.call_off_transfer(made, reason="stays", by=world.manager)
    bookings.book(held, wanted=wanted, by=world.coordinator)


def test_a_transfer_is_called_off(world: World, there: Site, client: Client) -> None:
    subject = screen(world)
    client.force_login(world.manager)
    url = reverse("subjects:transfer", args=[subject.pk])
    on = today_at(world) + 4 * DAY
    held = visit(subject, "W4")
    assert held.target_on is not None
    wanted = Wanted(at(weekday_from(held.target_on), 9), 60, world.room, world.person)
    bookings.book(held, wanted=wanted, by=world.coordinator)
    form = {"to": there.pk, "on": on, "reason": "moves house"}
    text = client.post(url, form, follow=True).content.decode()
    assert "One booked visit from then on will need a time there." in text
    made = Transfer.objects.get()
    off = reverse("subjects:call_off_transfer", args=[made.pk])
    assert off in text
    assert client.post(off, {"reason": ""}).status_code == 422
    text = client.post(off, {"reason": "stays in town"}, follow=True).content.decode()
    assert f"{subject} stays at 1042 Northgate." in text
    assert client.post(off, {"reason": "stays in town"}).status_code == 409
    the_day_comes()
    assert Subject.objects.get().site == world.site


def test_who_left_meanwhile_does_not_move(world: World, there: Site) -> None:
    subject = screen(world)
    planned(world, there, subject)
    subjects.end(
        subject, status="withdrawn", on=today_at(world), reason="stops", by=world.coordinator
    )
    the_day_comes()
    assert (Subject.objects.get().site, Transfer.objects.get().state) == (
        world.site, "called_off",
    )  # fmt: skip


def test_one_that_gets_no_dates_stops_no_other(
    world: World, there: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [screen(world), screen(world)]
    for subject in made:
        planned(world, there, subject)
    replan = transfers.replan

    def fail(subject: Subject, **more: Any) -> None:
        if subject.pk == made[0].pk:
            raise PlanError("no dates")
        replan(subject, **more)

    monkeypatch.setattr(transfers, "replan", fail)
    the_day_comes()
    held = dict(Subject.objects.values_list("pk", "site"))
    assert held == {made[0].pk: world.site.pk, made[1].pk: there.pk}


def test_a_subject_moves_inside_its_trial_and_once(world: World, there: Site) -> None:
    subject = screen(world)
    with pytest.raises(RefusedError, match="is at 1042 Northgate already"):
        transfers.transfer(subject, to=world.site, on=today_at(world), reason="x", by=world.manager)
    made = planned(world, there, subject)
    with pytest.raises(IntegrityError), transaction.atomic(), under_event("in test"):
        Transfer.objects.create(
            subject=subject, from_site=world.site, to_site=there, on=made.on, reason="x",
            state="planned",
        )  # fmt: skip
