"""Calendar feeds: secret, revocable, right on the days the clocks change, and without subjects."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from accounts import actions as accounts
from accounts.models import Grant, User
from accounts.roles import Role
from core.models import AuditRow, Idempotency
from core.versions import ConflictError
from sites.actions import places
from sites.models import Site
from subjects.actions import bookings, feeds, subjects
from subjects.models import Feed, Visit
from tests.world import World, at, make_place, screen, user_with, visit, weekday_from

pytestmark = pytest.mark.django_db

SLUG = ["northgate"]


def booked(world: World, day: date | None = None, hour: int = 9) -> Visit:
    """A visit of Priya's in room 1."""
    held = visit(screen(world), "W2")
    wanted = bookings.Wanted(
        at(day or weekday_from(held.target_on), hour), 60, world.room, world.person
    )
    bookings.book(held, wanted=wanted, reason="in test", by=world.coordinator)
    return held


def address(world: World, **who: object) -> str:
    """The path of a new address of the coordinator."""
    secret = feeds.new_secret()
    feeds.make_feed(world.place, secret=secret, by=world.coordinator, **who)
    return reverse("subjects:feed", args=[secret])


def events(client: Client, path: str) -> list:
    """What a calendar program reads there."""
    answer = client.get(path)
    assert answer.status_code == 200
    return Calendar.from_ical(answer.content).walk("VEVENT")


def test_an_address_is_made_shown_once_and_revoked(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    url = reverse("subjects:feeds", args=SLUG)
    made = client.post(url, {"person": ""})
    text = made.content.decode()
    assert made.headers["Cache-Control"] == "no-store"
    shown = text.split('value="http://testserver')[1].split('"')[0]
    secret = Path(shown).stem
    assert secret not in client.get(url).content.decode()
    feed = Feed.objects.get()
    assert secret not in feed.token_hash
    trail = AuditRow.objects.get(tbl="subjects_feed", op="I")
    assert trail.changes["token_hash"] == "hidden"
    twice = client.post(url, {"person": ""})
    assert twice.status_code == 409
    assert "Revoke it to get a new one" in twice.content.decode()
    client.logout()
    assert client.get(shown).status_code == 200
    client.force_login(world.coordinator)
    assert client.post(reverse("subjects:revoke_feed", args=[feed.pk])).status_code == 302
    gone = client.get(shown)
    assert gone.status_code == 410
    assert "Northgate" not in gone.content.decode()
    with pytest.raises(ConflictError, match="revoked already"):
        feeds.revoke_feed(Feed.objects.get(), by=world.coordinator)
    assert client.post(url, {"person": ""}).status_code == 200


def test_the_page_that_shows_the_address_is_not_kept(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    url = reverse("subjects:feeds", args=SLUG)
    for code in (200, 409):
        made = client.post(url, {"person": ""}, headers={"Idempotency-Key": "again"})
        assert made.status_code == code
    assert not Idempotency.objects.exists()


def test_a_guess_finds_nothing_and_is_not_logged(
    world: World, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    guess = client.get(reverse("subjects:feed", args=["x" * 43]))
    assert guess.status_code == 404
    assert guess.content == b"No calendar here."
    assert "xxxx" not in caplog.text
    assert client.post(address(world)).status_code == 405


def test_the_calendar_names_trial_site_and_visit_and_nobody(world: World, client: Client) -> None:
    held = booked(world)
    subjects.identify(
        held.subject, values={"name": "Zoë Hart", "phone": "0113"}, by=world.coordinator
    )
    path = address(world)
    (event,) = events(client, path)
    assert event["SUMMARY"] == "TMR-204 1042 \N{MIDDLE DOT} W2"
    assert event["LOCATION"] == "Room 1, Northgate"
    assert event["STATUS"] == "TENTATIVE"
    text = client.get(path).content.decode()
    assert held.subject.number not in text
    assert "Hart" not in text
    bookings.confirm(held.bookings.get(), by=world.coordinator)
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        (event,) = events(client, path)
    assert event["STATUS"] == "CONFIRMED"
    assert event["SEQUENCE"] == 1


def test_a_feed_of_a_person_has_that_persons_visits_and_absences(
    world: World, client: Client
) -> None:
    held = booked(world)
    day = held.bookings.get().on
    other = places.add_person(world.place, values={"name": "Tom"}, by=world.coordinator)
    places.add_absence(world.person, start=at(day, 13), end=at(day, 15), by=world.coordinator)
    next_day = day + timedelta(days=1)
    places.close(
        world.place, start=at(next_day, 0), end=at(next_day + timedelta(days=1), 0),
        reason="Stocktaking, first; floor\nonly", by=world.coordinator,
    )  # fmt: skip
    hers = [str(event["SUMMARY"]) for event in events(client, address(world, person=world.person))]
    closed = "Closed: Stocktaking, first; floor\nonly"
    assert hers == ["TMR-204 1042 \N{MIDDLE DOT} W2", closed, "Away"]
    (his,) = events(client, address(world, person=other))
    assert his["SUMMARY"] == closed
    assert his["DTSTART"].dt == next_day
    assert his["DTEND"].dt == next_day + timedelta(days=1)


@pytest.mark.parametrize(
    ("now", "day", "utc_hour", "offset"),
    [
        (datetime(2026, 3, 20, 12, tzinfo=UTC), date(2026, 3, 27), 9, 0),
        (datetime(2026, 3, 20, 12, tzinfo=UTC), date(2026, 3, 30), 8, 1),
        (datetime(2026, 10, 20, 12, tzinfo=UTC), date(2026, 10, 23), 8, 1),
        (datetime(2026, 10, 20, 12, tzinfo=UTC), date(2026, 10, 26), 9, 0),
    ],
)
def test_nine_stays_nine_on_both_sides_of_a_change_of_clocks(
    world: World, client: Client, now: datetime, day: date, utc_hour: int, offset: int
) -> None:
    with time_machine.travel(now, tick=False):
        booked(world, day)
        path = address(world)
        (event,) = events(client, path)
        text = client.get(path).content.decode()
    start = event["DTSTART"].dt
    assert start.astimezone(UTC) == datetime(day.year, day.month, day.day, utc_hour, tzinfo=UTC)
    assert start.utcoffset() == timedelta(hours=offset)
    assert f"DTSTART;TZID=Europe/London:{day:%Y%m%d}T090000" in text
    assert "BEGIN:VTIMEZONE" in text


def test_odd_characters_are_escaped_and_long_lines_folded(world: World, client: Client) -> None:
    held = booked(world)
    odd = 'Blut, Harn; "W\\2"\r\nBEGIN:VEVENT \N{SNOWMAN}\x07 Größe ' + "ähnlich " * 20
    Visit.objects.filter(pk=held.pk).update(name=odd[:200])
    body = client.get(address(world)).content
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert b"\x07" not in body
    (event,) = Calendar.from_ical(body).walk("VEVENT")
    assert 'Blut, Harn; "W\\2" \nBEGIN:VEVENT \N{SNOWMAN}' in str(event["SUMMARY"])


def test_an_unchanged_calendar_is_not_sent_twice(world: World, client: Client) -> None:
    booked(world)
    path = address(world)
    first = client.get(path)
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"
    later = timezone.now() + timedelta(minutes=2)
    with time_machine.travel(later, tick=False):
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    booked(world, weekday_from(timezone.localdate() + timedelta(days=20)))
    with time_machine.travel(later + timedelta(minutes=2), tick=False):
        changed = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_too_many_reads_wait(world: World, client: Client) -> None:
    path = address(world)
    codes = {client.get(path).status_code for _ in range(60)}
    assert codes == {200}
    slow = client.get(path)
    assert slow.status_code == 429
    assert slow.headers["Retry-After"] == "600"


def test_the_address_ends_with_the_access(world: World, client: Client) -> None:
    path = address(world)
    assert client.get(path).status_code == 200
    grant = Grant.objects.get(user=world.coordinator)
    accounts.end_grant(grant, reason="moved on", by=world.admin)
    assert client.get(path).status_code == 410


def test_the_address_ends_with_the_account_and_with_the_person(
    world: World, client: Client
) -> None:
    hers = address(world, person=world.person)
    places.change_person(world.person, values={"is_active": False}, by=world.coordinator)
    assert client.get(hers).status_code == 410
    path = address(world)
    accounts.disable(world.coordinator, reason="left", by=world.admin)
    gone = client.get(path)
    assert gone.status_code == 410
    assert gone.content.decode() == (
        "This calendar address is closed. Make a new one at the place, under Calendars."
    )


def test_visits_of_sites_i_may_not_see_are_only_busy(world: World, client: Client) -> None:
    booked(world)
    path = address(world)
    Site.objects.filter(pk=world.site.pk).update(place=make_place("southgate", world.admin))
    (event,) = events(client, path)
    assert event["SUMMARY"] == "Busy"
    assert "CATEGORIES" not in event


def test_only_people_of_the_place_have_addresses(world: World, client: Client) -> None:
    address(world)
    feed = Feed.objects.get()
    for user, code in ((world.cra, 403), (User.objects.create(username="s", email="s@x.org"), 404)):
        client.force_login(user)
        assert client.get(reverse("subjects:feeds", args=SLUG)).status_code == code
        assert client.post(reverse("subjects:feeds", args=SLUG), {"person": ""}).status_code == code
        assert client.post(reverse("subjects:revoke_feed", args=[feed.pk])).status_code == 404
    with pytest.raises(PermissionDenied):
        feeds.make_feed(world.place, secret="s", by=world.cra)


def test_site_support_sees_and_revokes_only_its_own(world: World, client: Client) -> None:
    address(world)
    feed = Feed.objects.get()
    support = user_with(Role.SITE_SUPPORT, world.place, world.admin)
    client.force_login(support)
    text = client.get(reverse("subjects:feeds", args=SLUG)).content.decode()
    assert "No address yet" in text
    assert client.post(reverse("subjects:revoke_feed", args=[feed.pk])).status_code == 403
    feeds.make_feed(world.place, secret="theirs", by=support)
    client.force_login(world.coordinator)
    text = client.get(reverse("subjects:feeds", args=SLUG)).content.decode()
    assert support.get_full_name() in text
    theirs = Feed.objects.get(user=support)
    feeds.revoke_feed(theirs, by=world.coordinator)
    assert theirs.revoked_at is not None


@pytest.mark.parametrize("count", [1, 5])
def test_a_feed_and_its_page_run_a_fixed_number_of_queries(
    world: World, client: Client, django_assert_max_num_queries, count: int
) -> None:
    first = weekday_from(timezone.localdate() + timedelta(days=14))
    for step in range(count):
        booked(world, first, 9 + step)
        person = places.add_person(world.place, values={"name": f"P{step}"}, by=world.coordinator)
        address(world, person=person)
    path = address(world)
    with django_assert_max_num_queries(9):
        assert len(events(client, path)) == count
    client.force_login(world.coordinator)
    client.get(reverse("subjects:feeds", args=SLUG))
    with django_assert_max_num_queries(9):
        client.get(reverse("subjects:feeds", args=SLUG))
