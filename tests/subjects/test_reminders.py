"""Reminders of visits: to whom, when, once, never stale, and a call where no mail can go."""

from __future__ import annotations

import smtplib
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.bootstrap import system_account
from core import obligations
from core.audit import under_event
from core.models import AuditRow, Event, Obligation
from subjects import tasks
from subjects.actions import bookings, reminders, subjects, visits
from subjects.models import Booking, Contact, Preference, Reminder, ReminderPlan, Visit
from subjects.reminders import due, letter_of
from tests.world import World, at, screen, visit

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 9)  # a Tuesday
DAY = timedelta(days=1)
ADDRESS, NAME = "ann@example.org", "Ann Example"


@pytest.fixture(autouse=True)
def clocks() -> Any:
    with time_machine.travel(at(TODAY, 10), tick=False) as traveller:
        yield traveller


def booked(world: World, on: date, *, by: str = "email", **known: str) -> Booking:
    """Week 2 of a new subject that agreed to be reminded."""
    subject = screen(world, TODAY - 30 * DAY)
    anchor = TODAY - 12 * DAY
    subjects.set_anchor(subject, code="day_1", on=anchor, reason="dose", by=world.coordinator)
    preference = {"reminder": by, "language": "en", **known}
    address = preference.pop("address", ADDRESS)
    subjects.prefer(subject, values=preference, by=world.coordinator)
    subjects.identify(subject, values={"name": NAME, "email": address}, by=world.coordinator)
    held = visit(subject, "W2")
    hour = 9 + Booking.objects.count()
    wanted = bookings.Wanted(at(on, hour), 60, world.room, world.person)
    return bookings.book(held, wanted=wanted, reason="x", by=world.coordinator)


def calls() -> dict[str, Obligation]:
    obligations.refresh_everything()
    rows = Obligation.objects.filter(met_at=None, rule__startswith="reminder.")
    return {row.rule: row for row in rows}


def called(world: World, booking: Booking) -> None:
    subjects.log_contact(
        booking.visit.subject, at=timezone.now(), channel="phone", result="reached",
        by=world.coordinator,
    )  # fmt: skip


def test_a_subject_is_reminded_two_days_and_one_day_before_once_each(
    world: World, clocks: Any
) -> None:
    booking = booked(world, TODAY + 3 * DAY, fasting="Fasting from 22:00", transport="Taxi 8:10")
    tasks.remind()
    assert mail.outbox == []
    clocks.move_to(at(TODAY + DAY, 8))
    tasks.remind()
    assert mail.outbox == []  # too early in the day
    clocks.move_to(at(TODAY + DAY, 9))
    for _ in range(2):
        tasks.remind()
    (letter,) = mail.outbox
    assert letter.to == [ADDRESS]
    for words in (NAME, "Friday 12 June 2026 at 09:00", "Fasting from 22:00", "Taxi 8:10"):
        assert words in letter.body
    for secret in ("TMR-204", "Tamarind", "Halden", "W2", "1042", "trial", "study"):
        assert secret not in letter.body + letter.subject
    clocks.move_to(at(TODAY + 2 * DAY, 9))
    tasks.remind()
    clocks.move_to(at(TODAY + 3 * DAY, 9))
    tasks.remind()
    assert len(mail.outbox) == 2
    kept = Reminder.objects.order_by("pk").values_list("days_before", "status")
    assert list(kept) == [(2, "sent"), (1, "sent")]
    log = Contact.objects.filter(subject=booking.visit.subject)
    assert {(one.channel, one.result) for one in log} == {("email", "sent")}
    assert "Reminder of Fri 12 Jun, 09:00" in log[0].summary
    assert calls() == {}


def test_nothing_that_is_kept_of_a_reminder_says_who_it_went_to(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    first = AuditRow.objects.latest("pk").pk
    booking = booked(world, TODAY + 2 * DAY)
    tasks.remind()
    assert len(mail.outbox) == 1
    told = [str(row.changes) for row in AuditRow.objects.filter(pk__gt=first)]
    told += [f"{event.target_label} {event.reason}" for event in Event.objects.all()]
    told += [record.getMessage() for record in caplog.records]
    told.append(repr(letter_of(booking)))
    assert not [text for text in told if ADDRESS in text or NAME in text]


def test_a_moved_visit_is_reminded_of_at_its_new_time_and_a_cancelled_one_not_at_all(
    world: World, clocks: Any
) -> None:
    moved, gone, done = (booked(world, TODAY + 2 * DAY) for _ in range(3))
    found = list(due(timezone.now()))
    assert len(found) == 3
    later = bookings.Wanted(at(TODAY + 3 * DAY, 15), 60, world.room, world.person)
    bookings.move(moved, wanted=later, by=world.coordinator)
    visits.cancel(gone.visit, reason="ill", by=world.coordinator)
    for one in found:  # read before: none of these goes out but the one that stands
        with transaction.atomic():
            if one.booking == done:
                reminders.begin(done, days_before=2, by=system_account())
                continue
            with pytest.raises(reminders.ConflictError):
                reminders.begin(one.booking, days_before=2, by=system_account())
    assert reminders.remind_all(by=system_account()) == 0
    clocks.move_to(at(TODAY + DAY, 10))
    assert reminders.remind_all(by=system_account()) == 2
    bodies = [letter.body for letter in mail.outbox]
    assert ["15:00" in body for body in bodies].count(True) == 1


def test_who_does_not_agree_any_more_gets_no_mail_that_was_due(world: World) -> None:
    booking = booked(world, TODAY + 2 * DAY)
    (found,) = due(timezone.now())
    values = {"reminder": "not", "language": "en"}
    subjects.prefer(booking.visit.subject, values=values, by=world.coordinator)
    with transaction.atomic(), pytest.raises(reminders.ConflictError, match="not reminded of"):
        reminders.begin(found.booking, days_before=2, by=system_account())
    assert not Reminder.objects.exists()


def test_a_letter_that_cannot_be_written_keeps_nobody_else_from_theirs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (booked(world, TODAY + 2 * DAY) for _ in range(2))

    def write(booking: Booking) -> Any:
        if booking == first:
            raise ValueError(ADDRESS)
        return letter_of(booking)

    monkeypatch.setattr(reminders, "letter_of", write)
    assert reminders.remind_all(by=system_account()) == 1
    kept = dict(Reminder.objects.values_list("booking", "problem"))
    assert kept == {first.pk: "ValueError", second.pk: ""}


def test_only_who_agreed_and_still_comes_is_reminded(world: World) -> None:
    day = TODAY + 2 * DAY
    booked(world, day, by="not")
    booked(world, day, by="phone")
    left = booked(world, day)
    subjects.end(
        left.visit.subject, status="screen_failed", on=TODAY, reason_code="window",
        by=world.coordinator,
    )  # fmt: skip
    arrived = booked(world, day)
    visits.check_in(arrived.visit, by=world.coordinator)
    assert list(due(timezone.now())) == []


def test_a_mail_that_does_not_go_out_becomes_a_call(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    booking = booked(world, TODAY + 2 * DAY)

    def refuse(*_: object, **__: object) -> None:
        raise smtplib.SMTPRecipientsRefused({ADDRESS: (550, b"no such user")})

    monkeypatch.setattr(reminders, "send_mail", refuse)
    assert reminders.remind_all(by=system_account()) == 0
    held = Reminder.objects.get()
    assert (held.status, held.problem) == ("failed", "SMTPRecipientsRefused")
    duty = calls()["reminder.failed"]
    assert duty.label == f"Call {booking.visit.subject.number} to remind of W2"
    assert duty.due_on == TODAY + DAY
    called(world, booking)
    assert calls() == {}
    without = booked(world, TODAY + 2 * DAY, address="")
    settings.MAIL_GOES_OUT = True
    reminders.remind_all(by=system_account())
    assert Reminder.objects.get(booking=without).problem == "no e-mail address"
    settings.MAIL_GOES_OUT = False
    offline = booked(world, TODAY + 2 * DAY)
    reminders.remind_all(by=system_account())
    assert Reminder.objects.get(booking=offline).problem == "no mail server is set up"
    assert mail.outbox == []


def test_a_worker_that_dies_on_the_way_sends_nothing_twice_and_somebody_calls(
    world: World, monkeypatch: pytest.MonkeyPatch, clocks: Any
) -> None:
    booked(world, TODAY + 2 * DAY)

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    monkeypatch.setattr(reminders, "send_mail", die)
    with pytest.raises(SystemExit):
        reminders.remind_all(by=system_account())
    monkeypatch.undo()
    assert reminders.remind_all(by=system_account()) == 0
    assert mail.outbox == []
    assert calls() == {}
    clocks.move_to(at(TODAY, 10, 20))
    assert set(calls()) == {"reminder.failed"}
    clocks.move_to(at(TODAY + DAY, 10))
    assert reminders.remind_all(by=system_account()) == 1  # the mail of the day before goes out
    assert calls() == {}


def test_who_wants_a_call_is_a_duty_the_day_before(world: World, clocks: Any) -> None:
    booking = booked(world, TODAY + 3 * DAY, by="phone")
    assert calls() == {}
    clocks.move_to(at(TODAY + DAY, 10))
    assert calls()["reminder.call"].due_on == TODAY + 2 * DAY
    called(world, booking)
    assert calls() == {}
    assert mail.outbox == []


def test_a_mail_is_no_call_back(world: World) -> None:
    booking = booked(world, TODAY + 2 * DAY)
    subjects.log_contact(
        booking.visit.subject, at=timezone.now() - timedelta(hours=1), channel="phone",
        result="voicemail", follow_up_on=TODAY, by=world.coordinator,
    )  # fmt: skip
    tasks.remind()
    obligations.refresh_everything()
    assert Obligation.objects.filter(rule="contact.follow_up", met_at=None).exists()


@pytest.mark.parametrize("language", Preference.Language.values)
def test_the_letter_is_written_in_the_language_of_the_subject(world: World, language: str) -> None:
    booking = booked(world, TODAY + 2 * DAY, language=language)
    Visit.objects.filter(pk=booking.visit_id).update(note="x")
    letter = letter_of(Booking.objects.get(pk=booking.pk))
    assert letter.head
    assert "\n" not in letter.head
    assert "09:00" in letter.body
    assert "Northgate" in letter.body
    assert "\n\n\n" not in letter.body


def test_a_place_says_when_and_with_which_words(world: World, client: Client) -> None:
    booked(world, TODAY + 3 * DAY)
    url = reverse("subjects:reminders", args=["northgate"])
    client.force_login(world.coordinator)
    assert "9 and 20" in client.get(url).content.decode()
    form = {"is_on": "on", "days_before": "1, 3, 3", "phone": "0113 1", "note": "Ring twice."}
    assert client.post(url, form | {"days_before": "0, 40"}).status_code == 422
    assert client.post(url, form).status_code == 302
    plan = ReminderPlan.objects.get()
    assert plan.days_before == [3, 1]
    tasks.remind()
    (letter,) = mail.outbox
    assert "Ring twice." in letter.body
    assert "please call 0113 1." in letter.body
    stale = client.post(url, form | {"revision": "1", "note": "a"})
    assert stale.status_code == 302
    assert client.post(url, form | {"revision": "1", "note": "b"}).status_code == 409
    booked(world, TODAY + 3 * DAY)
    client.post(url, {"days_before": "3", "revision": "2"})
    tasks.remind()
    assert len(mail.outbox) == 1
    client.force_login(world.cra)
    assert client.get(url).status_code == 403


def test_the_database_keeps_reminders_apart(world: World) -> None:
    booking = booked(world, TODAY + 2 * DAY)
    made = reminders.begin(booking, days_before=2, by=world.coordinator)
    wrong = pytest.raises(IntegrityError, match="reminder_once")
    with wrong, transaction.atomic(), under_event("test"):
        Reminder.objects.create(
                visit=booking.visit, booking=booking, starts_at=made.starts_at, days_before=2,
                begun_at=timezone.now(),
            )  # fmt: skip
    for values, name in (
        ({"status": "lost"}, "reminder_status_known"), ({"days_before": 0}, "reminder_days_before"),
    ):  # fmt: skip
        wrong = pytest.raises(IntegrityError, match=name)
        with wrong, transaction.atomic(), under_event("wrong"):
            Reminder.objects.filter(pk=made.pk).update(**values)
    wrong = pytest.raises(IntegrityError, match="preference_language_known")
    with wrong, transaction.atomic(), under_event("wrong"):
        Preference.objects.update(language="xx")
