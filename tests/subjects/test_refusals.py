"""What a booking, a transfer and a list of subjects are refused for: said with the way out, nothing kept."""

from __future__ import annotations

import html
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.actions import RefusedError
from core.models import Upload
from core.versions import ConflictError
from sites.actions import places
from sites.models import Claim, Site
from subjects import imports
from subjects.actions import bookings, subjects, transfers
from subjects.actions.bookings import Wanted
from subjects.actions.imports import import_subjects
from subjects.actions.lay_out import SubjectRow
from subjects.models import Booking, Subject, Visit
from tests.api.conftest import Caller, secret_of, service_with
from tests.trail import nothing_written
from tests.world import (
    World,
    at,
    make_place,
    make_site,
    make_version,
    screen,
    visit,
    weekday_from,
)
from trials.actions import trials

pytestmark = pytest.mark.django_db


def said(answer: HttpResponse) -> str:
    """The words of a page, on one line."""
    return " ".join(html.unescape(answer.content.decode()).split())


def due(world: World) -> tuple[Visit, date]:
    """A visit to book, and a day of its window on which the place is open."""
    subject = screen(world)
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate(), reason="dose", by=world.coordinator
    )
    held = visit(subject, "W2")
    return held, weekday_from(held.target_on)


@pytest.fixture
def api(world: World) -> Caller:
    """A program of the trial that has called before."""
    caller = Caller(
        secret_of(service_with("service", world.trial, world.manager, world.admin), world.admin)
    )
    caller.get("trials/")
    return caller


@pytest.fixture
def coordinator(world: World, client: Client) -> Client:
    client.force_login(world.coordinator)
    return client


def out_of_use(world: World) -> str:
    places.change_room(world.room, values={"is_active": False}, by=world.coordinator)
    return "Room 1 is out of use. Choose another room."


def has_left(world: World) -> str:
    places.change_person(world.person, values={"is_active": False}, by=world.coordinator)
    return "Priya Nair has left Northgate. Choose another person."


@pytest.mark.parametrize("change", [out_of_use, has_left])
class TestGoneFromThePlace:
    """A form opened before a room or a person went: the words are those of the rule."""

    def asked(self, world: World, day: date) -> dict[str, Any]:
        facts = {"room": world.room.pk, "person": world.person.pk, "minutes": 60}
        return {"start": f"{day}T11:00", **facts}

    def test_on_the_page(self, world: World, coordinator: Client, change) -> None:
        held, day = due(world)
        message = change(world)
        with nothing_written():
            answer = coordinator.post(
                reverse("subjects:slots", args=[held.pk]), self.asked(world, day)
            )
        assert answer.status_code == 422
        assert message in said(answer)
        assert f'value="{day}T11:00"' in answer.content.decode()
        assert not Booking.objects.exists()
        assert not Claim.objects.filter(holder="booking").exists()

    def test_over_the_api(self, world: World, api: Caller, change) -> None:
        held, day = due(world)
        message = change(world)
        with nothing_written():
            answer = api.post(f"visits/{held.pk}/book/", self.asked(world, day))
        assert (answer.status_code, answer.json()["code"]) == (422, "refused")
        assert answer.json()["detail"] == message

    def test_a_booked_visit_stays_where_it_is(
        self, world: World, coordinator: Client, api: Caller, change
    ) -> None:
        held, day = due(world)
        made = bookings.book(held, wanted=Wanted(at(day, 9), 60), by=world.coordinator)
        message = change(world)
        with nothing_written():
            moved = api.post(f"visits/{held.pk}/move/", self.asked(world, day))
            shown = coordinator.post(
                reverse("subjects:slots", args=[held.pk]),
                {**self.asked(world, day), "booking": made.pk, "revision": made.revision},
            )
        assert moved.json()["detail"] == message
        assert message in said(shown)
        assert Booking.objects.get().period.lower == at(day, 9)


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("minutes", "3", "greater than or equal to 5"),
        ("room", "0", "Select a valid choice"),
        ("person", "x", "Select a valid choice"),
        ("start", "soon", "Write the start as 2026-06-12T10:15."),
    ],
)
def test_the_page_says_which_field_is_wrong(
    world: World, coordinator: Client, field: str, typed: str, message: str
) -> None:
    held, day = due(world)
    asked = {"start": f"{day}T11:00", "minutes": "60", field: typed}
    with nothing_written():
        answer = coordinator.post(reverse("subjects:slots", args=[held.pk]), asked)
    assert answer.status_code == 422
    assert message in said(answer).partition("Choose by hand")[2]


def test_a_visit_dropped_where_nothing_is_free_is_offered_other_times(
    world: World, coordinator: Client
) -> None:
    (first, day), (second, _) = due(world), due(world)
    slot = Wanted(at(day, 9), 60, world.room, world.person)
    bookings.book(first, wanted=slot, by=world.coordinator)
    asked = {"start": f"{day}T09:15", "minutes": 60, "is_assigned": "yes"}
    htmx = {"HX-Request": "true", "HX-Target": "panel"}
    with nothing_written():
        answer = coordinator.post(reverse("subjects:slots", args=[second.pk]), asked, headers=htmx)
    assert answer.status_code == 409
    assert "No room with a delegated person is free at 09:15." in said(answer)
    assert "Free slots, best first" in said(answer)
    assert answer.context["offers"]


NO_BOOKING = "W2 of 1042-001 has no booking any more. Give it a time first."


def test_what_was_unbooked_is_not_confirmed(world: World, coordinator: Client) -> None:
    held, day = due(world)
    made = bookings.book(held, wanted=Wanted(at(day, 9), 60), by=world.coordinator)
    bookings.unbook(made, by=world.coordinator)
    for verb in ("confirm", "unbook"):
        with nothing_written():
            answer = coordinator.post(reverse(f"subjects:{verb}", args=[held.pk]))
        assert answer.status_code == 409, verb
        assert NO_BOOKING in said(answer)
        assert "Look at it as it is now" in said(answer)
    assert Visit.objects.get(pk=held.pk).status == "planned"


@pytest.mark.parametrize("verb", ["confirm", "move", "unbook"])
def test_programs_are_told_that_a_booking_is_gone(world: World, api: Caller, verb: str) -> None:
    held, day = due(world)
    with nothing_written():
        answer = api.post(
            f"visits/{held.pk}/{verb}/",
            {"move": {"start": f"{day}T09:00"}, "unbook": {"reason": "x"}}.get(verb),
        )
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert answer.json()["detail"] == NO_BOOKING


def test_a_visit_that_has_a_time_is_not_booked_once_more(world: World, api: Caller) -> None:
    held, day = due(world)
    made = bookings.book(held, wanted=Wanted(at(day, 9), 60), by=world.coordinator)
    with nothing_written():
        answer = api.post(f"visits/{held.pk}/book/", {"start": f"{day}T14:00"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert answer.json()["detail"] == "W2 of 1042-001 was booked meanwhile. Reload to see when."
    assert Booking.objects.get() == made
    assert Claim.objects.filter(holder="booking").count() == 1


@pytest.fixture
def elsewhere(world: World) -> Site:
    """An open site of another trial of the sponsor."""
    values = {"code": "tmr-205", "protocol_number": "TMR-205", "name": "Juniper"}
    other = trials.add_trial(world.sponsor, values=values, by=world.admin)
    place = make_place("southgate", world.admin)
    return make_site(other, place, "2001", world.admin, world.manager)


def test_a_subject_does_not_move_into_another_trial(
    world: World, client: Client, elsewhere: Site
) -> None:
    subject, today = screen(world), timezone.localdate()
    client.force_login(world.manager)
    form = {"to": elsewhere.pk, "on": today, "reason": "moved house"}
    with nothing_written():
        answer = client.post(reverse("subjects:transfer", args=[subject.pk]), form)
        with pytest.raises(RefusedError) as refused:
            transfers.transfer(
                subject, to=elsewhere, on=today, reason="moved house", by=world.manager
            )
    assert answer.status_code == 422
    assert "Select a valid choice" in said(answer)
    assert "moved house" in said(answer)
    assert str(refused.value) == (
        "A subject can only move to a site of the same trial. Choose a site of TMR-204."
    )
    subject.refresh_from_db()
    assert subject.site == world.site
    assert not subject.transfers.exists()


GONE = "A site of the list is not here any more. Check the list again."


def test_a_list_with_a_site_of_another_trial_is_refused_whole(
    world: World, elsewhere: Site
) -> None:
    today = timezone.localdate()
    rows = [
        SubjectRow(site.pk, f"{site.number}-1", f"{site.number}-1", "screening", today)
        for site in (world.site, elsewhere)
    ]
    for scope in (world.trial, world.site):
        with nothing_written(), pytest.raises(ConflictError) as refused:
            import_subjects(scope, rows=rows, by=world.manager)
        assert str(refused.value) == GONE
    assert not Subject.objects.exists()


def test_a_list_whose_site_goes_while_it_is_taken_over_can_be_checked_again(
    world: World, client: Client, elsewhere: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place("westgate", world.admin)
    second = make_site(world.trial, place, "1043", world.admin, world.manager)
    make_version(elsewhere.trial, "1.0", world.manager)

    def after_a_change(*args: Any, **kwargs: Any) -> Any:
        Site.objects.filter(pk=second.pk).update(trial=elsewhere.trial)
        return import_subjects(*args, **kwargs)

    monkeypatch.setattr(imports, "import_subjects", after_a_change)
    client.force_login(world.manager)
    today = timezone.localdate()
    rows = f"Site,Subject,Status,Screened on\n1042,7,Screening,{today}\n1043,8,Screening,{today}\n"
    url = reverse("subjects:import_subjects", args=["tmr-204"])
    client.post(url, {"file": SimpleUploadedFile("s.csv", rows.encode())})
    held = Upload.objects.get()
    client.post(reverse("core:begin_import", args=[held.pk]))
    text = said(client.get(held.get_absolute_url()))
    assert GONE in text
    assert not Subject.objects.exists()
    held.refresh_from_db()
    assert (held.is_running, held.ended_at, held.done) == (False, None, 0)


@pytest.mark.parametrize("view", ["day", "week", "agenda"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "tomorrow"])
def test_a_day_that_nobody_plans_by_is_not_found(
    world: World, client: Client, view: str, day: str
) -> None:
    client.force_login(world.coordinator)
    url = reverse("subjects:schedule", args=[world.place.slug])
    assert client.get(url, {"view": view, "day": day}).status_code == 404
