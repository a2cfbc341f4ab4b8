"""My work: what is mine, what waits on others, what was put off, and what can be done at once."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from core.actions import RefusedError
from core.kept import forget
from core.models import Event, Obligation
from inbox import actions, queries
from subjects.actions import bookings, subjects
from subjects.actions.bookings import Wanted
from subjects.models import Visit
from tests.world import LONDON, World, at, make_place, screen, user_with, visit, weekday_from

pytestmark = pytest.mark.django_db
WORK = "/my-work/"


@pytest.fixture
def wednesday() -> Iterator[time_machine.Traveller]:
    """The morning of 10 June 2026; to be asked for before the world."""
    with time_machine.travel(datetime(2026, 6, 10, 10, 30, tzinfo=LONDON), tick=False) as clock:
        yield clock


def week_2_to_book(world: World) -> Visit:
    """A visit whose window is open."""
    subject = screen(world, timezone.localdate() - timedelta(days=14))
    subjects.set_anchor(
        subject, code="day_1", on=timezone.localdate() - timedelta(days=13), reason="dose",
        by=world.coordinator,
    )  # fmt: skip
    return visit(subject, "W2")


def duty_of(held: Visit, rule: str = "visit.book") -> Obligation:
    return Obligation.objects.get(rule=rule, object_id=held.pk, met_at=None)


def text_of(client: Client, url: str) -> str:
    return " ".join(client.get(url).content.decode().split())


def test_a_duty_shows_what_is_needed_to_decide_and_books_from_the_list(
    world: World, client: Client
) -> None:
    held = week_2_to_book(world)
    client.force_login(world.coordinator)
    url = f"{WORK}?item={duty_of(held).pk}"
    page = client.get(url)
    offer = page.context["offers"][0]
    assert "Book W2" in page.content.decode()
    assert f"Book {offer.label}" in text_of(client, url)
    data = {"start": offer.value, "minutes": 60, "room": offer.room_id, "person": offer.person_id}
    answer = client.post(reverse("subjects:slots", args=[held.pk]), data | {"next": WORK})
    assert answer.headers["Location"] == WORK
    assert Visit.objects.get(pk=held.pk).status == "booked"
    assert not Obligation.objects.filter(rule="visit.book", object_id=held.pk, met_at=None).exists()


def test_the_side_navigation_stays_on_my_work(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    assert 'href="/today/"' in text_of(client, WORK)


def test_a_booked_visit_is_confirmed_from_the_list(world: World, client: Client) -> None:
    held = week_2_to_book(world)
    day = weekday_from(timezone.localdate() + timedelta(days=1))
    slot = Wanted(at(day, 9), 60, world.room, world.person)
    bookings.book(held, wanted=slot, reason="the subject asked for it", by=world.coordinator)
    if day > timezone.localdate() + timedelta(days=2):
        pytest.skip("The next working day is too far away to be confirmed today.")
    client.force_login(world.coordinator)
    page = text_of(client, f"{WORK}?item={duty_of(held, 'visit.confirm').pk}")
    assert "Subject confirmed" in page


def decide(client: Client, verb: str, *duties: Obligation, **given: object) -> HttpResponse:
    """What a person decides about duties."""
    data = {"duty": [duty.pk for duty in duties], **given}
    return client.post(reverse(f"inbox:{verb}"), data)


def undo_of(answer: HttpResponse) -> str:
    """The address that takes back what was just done."""
    return list(get_messages(answer.wsgi_request))[-1].extra_tags.removesuffix(" success")


def verbs_about(duty: Obligation) -> list[str]:
    rows = Event.objects.filter(target_id=duty.pk, target_type="core.obligation").order_by("pk")
    return list(rows.values_list("verb", flat=True))


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("later", "2026-06-10 13:30"), ("tomorrow", "2026-06-11 00:00"),
        ("week", "2026-06-15 00:00"), ("fri", "2026-06-12 00:00"), ("+9", "2026-06-19 00:00"),
        ("2026-06-20", "2026-06-20 00:00"),
    ],
)  # fmt: skip
def test_a_duty_is_put_off_until_later_or_a_day_and_taken_back(
    wednesday: time_machine.Traveller, world: World, client: Client, text: str, until: str
) -> None:
    held = duty_of(week_2_to_book(world))
    client.force_login(world.coordinator)
    answer = decide(client, "snooze", held, until=text, next=f"{WORK}?group=type")
    assert answer.headers["Location"] == f"{WORK}?group=type"
    held.refresh_from_db()
    assert f"{held.snoozed_until.astimezone(LONDON):%Y-%m-%d %H:%M}" == until
    assert f"item={held.pk}" not in text_of(client, WORK)
    assert f"item={held.pk}" in text_of(client, f"{WORK}?view=hidden")
    assert client.post(undo_of(answer)).status_code == 302
    assert f"item={held.pk}" in text_of(client, WORK)
    assert verbs_about(held) == ["snooze", "resume"]


def test_what_was_put_off_comes_back_at_its_time(
    wednesday: time_machine.Traveller, world: World, client: Client
) -> None:
    held = duty_of(week_2_to_book(world))
    client.force_login(world.coordinator)
    decide(client, "snooze", held, until="later")
    wednesday.move_to(datetime(2026, 6, 10, 13, 29, tzinfo=LONDON))
    client.force_login(world.coordinator)
    assert f"item={held.pk}" not in text_of(client, WORK)
    wednesday.move_to(datetime(2026, 6, 10, 13, 30, tzinfo=LONDON))
    client.force_login(world.coordinator)
    assert f"item={held.pk}" in text_of(client, WORK)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Choose a day to put this off until."), ("soon", "is not a day"),
        ("2020-01-01", "Choose a day after today."), ("today", "Choose a day after today."),
        ("9999-12-31", "Choose a day after today."), ("6/7/2027", "may mean 6 Jul 2027 or 7 Jun"),
        ("later", "Today is almost over. Choose tomorrow."),
    ],
)  # fmt: skip
def test_a_time_that_is_none_is_refused_and_said_why(
    wednesday: time_machine.Traveller, world: World, client: Client, text: str, said: str
) -> None:
    wednesday.move_to(datetime(2026, 6, 10, 22, 30, tzinfo=LONDON))
    held = duty_of(week_2_to_book(world))
    client.force_login(world.coordinator)
    answer = decide(client, "snooze", held, until=text)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    held.refresh_from_db()
    assert held.snoozed_until is None


def test_who_only_watches_cannot_put_off_what_others_have_to_do(
    world: World, client: Client
) -> None:
    held = duty_of(week_2_to_book(world))
    client.force_login(world.cra)
    for verb, given in (("snooze", {"until": "tomorrow"}), ("resume", {})):
        answer = decide(client, verb, held, **given)
        assert answer.status_code == 422
        assert "This waits on others" in answer.content.decode()
    with pytest.raises(RefusedError, match="That time is over"):
        actions.snooze(held, until=timezone.now(), by=world.coordinator)


def test_a_duty_given_to_one_person_leaves_the_lists_of_the_others(
    world: World, client: Client
) -> None:
    held = duty_of(week_2_to_book(world))
    other = user_with(Role.COORDINATOR, world.place, world.admin)
    elsewhere = user_with(Role.COORDINATOR, make_place("southgate", world.admin), world.admin)
    client.force_login(world.coordinator)
    for person in (elsewhere, world.cra):
        refused = decide(client, "assign", held, to=person.pk)
        assert refused.status_code == 422
        assert "Choose one of the people who work there." in refused.content.decode()
    with pytest.raises(RefusedError, match="does not work where this is due"):
        actions.assign(held, to=elsewhere, by=world.coordinator)
    given = decide(client, "assign", held, to=other.pk)
    assert f"item={held.pk}" not in text_of(client, WORK)
    assert str(other) in text_of(client, f"{WORK}?view=waiting&item={held.pk}")
    client.post(undo_of(given))
    assert f"item={held.pk}" in text_of(client, WORK)
    mine = decide(client, "assign", held, to=world.coordinator.pk)
    assert "given to you" in str(list(get_messages(mine.wsgi_request))[-1])
    client.force_login(other)
    assert f"item={held.pk}" not in text_of(client, WORK)


def test_several_duties_are_decided_about_at_once_or_not_at_all(
    world: World, client: Client
) -> None:
    first, second = duty_of(week_2_to_book(world)), duty_of(week_2_to_book(world))
    client.force_login(world.coordinator)
    answer = decide(client, "snooze", first, second, until="tomorrow")
    assert Obligation.objects.filter(snoozed_until__isnull=False).count() == 2
    client.post(undo_of(answer))
    assert not Obligation.objects.filter(snoozed_until__isnull=False).exists()
    actions.assign(
        second, to=user_with(Role.COORDINATOR, world.place, world.admin), by=world.coordinator
    )
    assert decide(client, "snooze", first, second, until="tomorrow").status_code == 422
    assert not Obligation.objects.filter(snoozed_until__isnull=False).exists()
    assert decide(client, "snooze").status_code == 422
    unknown = client.post(reverse("inbox:snooze"), {"duty": [first.pk, 999_999], "until": "week"})
    assert unknown.status_code == 404


def test_who_watches_sees_what_waits_on_others_and_cannot_book(
    world: World, client: Client
) -> None:
    held = duty_of(week_2_to_book(world))
    client.force_login(world.cra)
    assert f"item={held.pk}" not in text_of(client, WORK)
    page = text_of(client, f"{WORK}?view=waiting&item={held.pk}")
    assert "Study coordinator" in page
    assert "Other slots" not in page


def test_filters_narrow_the_list_and_say_when_nothing_is_left(world: World, client: Client) -> None:
    held = duty_of(week_2_to_book(world))
    client.force_login(world.coordinator)
    assert f"item={held.pk}" in text_of(client, f"{WORK}?trial=tmr-204&kind=visit.book")
    assert "Nothing here with these filters" in text_of(client, f"{WORK}?trial=other")
    assert client.get(f"{WORK}?view=nonsense").status_code == 404
    assert client.get(f"{WORK}?group=nonsense").status_code == 404


def test_groups_say_how_much_they_hold_on_all_pages(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        week_2_to_book(world)
    monkeypatch.setattr(queries, "ROWS", 2)
    client.force_login(world.coordinator)
    total = Obligation.objects.filter(met_at=None).count()
    for group in queries.GROUPS:
        first = client.get(f"{WORK}?group={group}").context
        assert first["total"] == total
        assert sum(len(held.duties) for held in first["duty_groups"]) == 2
        assert first["next_after"] == 2
        seen = {
            (held.name, held.total)
            for after in range(0, total, 2)
            for held in client.get(f"{WORK}?group={group}&after={after}").context["duty_groups"]
        }
        assert sum(count for _, count in seen) == total
    names = [held.name for held in client.get(f"{WORK}?group=trial").context["duty_groups"]]
    assert names == ["TMR-204"]


def test_tabs_count_what_they_show(world: World, client: Client) -> None:
    held = duty_of(week_2_to_book(world))
    week_2_to_book(world)
    client.force_login(world.coordinator)
    decide(client, "snooze", held, until="tomorrow")
    tabs = {tab.name: tab.count for tab in client.get(WORK).context["tabs"]}
    shown = {name: client.get(f"{WORK}?view={name}").context["total"] for name in queries.VIEWS}
    assert tabs == shown
    assert tabs["hidden"] == 1
    assert tabs["waiting"] == 0


def test_an_empty_list_says_what_is_due_next(world: World, client: Client) -> None:
    subject = screen(world, timezone.localdate() - timedelta(days=14))
    client.force_login(world.coordinator)
    for duty in Obligation.objects.filter(subject_id=subject.pk, met_at=None):
        decide(client, "waive", duty, reason="not needed")
    shown = client.get(WORK).context
    assert shown["total"] == 0
    coming = Visit.objects.filter(
        subject=subject, status="planned", latest_on__gt=timezone.localdate()
    )
    assert shown["next_due"] == min(coming.values_list("latest_on", flat=True))
    assert "next_due" not in client.get(f"{WORK}?trial=tmr-204").context
    client.force_login(world.cra)
    assert client.get(WORK).context["next_due"] is None


def test_waiving_takes_a_reason_and_the_right_to(world: World, client: Client) -> None:
    held = duty_of(week_2_to_book(world))
    client.force_login(user_with(Role.SITE_SUPPORT, world.place, world.admin))
    assert decide(client, "waive", held, reason="no need").status_code == 403
    client.force_login(world.manager)
    assert decide(client, "waive", held, reason=" ").status_code == 422
    done = decide(client, "waive", held, reason="The visit was dropped.")
    assert done.status_code == 302
    held.refresh_from_db()
    assert held.waived_by_id == world.manager.pk
    client.post(undo_of(done))
    held.refresh_from_db()
    assert (held.waived_at, held.waived_reason) == (None, "")
    with pytest.raises(RefusedError, match="Give the reason"):
        actions.waive(held, reason=" ", by=world.manager)


def test_the_list_costs_the_same_for_one_duty_and_for_five(world: World, client: Client) -> None:
    client.force_login(world.cra)
    counts = []
    for _ in range(2):
        week_2_to_book(world)
        for _ in range(len(counts) * 4):
            week_2_to_book(world)
        client.get(f"{WORK}?view=waiting")
        forget(User.objects.get(pk=world.cra.pk))
        with CaptureQueriesContext(connection) as seen:
            client.get(f"{WORK}?view=waiting")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 10
