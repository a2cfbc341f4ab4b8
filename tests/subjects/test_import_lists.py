"""A list of running subjects from file to visits: checks, permissions, and a worker that dies."""

import html
from datetime import timedelta
from itertools import count

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core import tasks
from core.access import reach
from core.imports import uploads
from core.models import AuditRow, Upload
from core.permissions import Permission
from subjects.imports import SubjectImport
from subjects.models import Booking, Subject, SubjectIdentity, Visit
from tests import world as worlds
from tests.world import World, at, screen, visit, weekday_from

HEAD = (
    "Subject,Status,Screened on,Enrolled on,Ended on,Name,Phone,Visit,Visit date,Booked for,Room,"
    "Visit status,Visit note\n"
)


def day(days: int) -> str:
    return str(timezone.localdate() + timedelta(days=days))


def course(number: str, name: str = "Jo Doe") -> str:
    """A subject enrolled twenty days ago, with week 2 done."""
    facts = f"{number},On treatment,{day(-30)},{day(-20)},,{name},+44 113"
    return "".join(
        f"{facts},{code},{on},,,,\n"
        for code, on in (("SCR", day(-30)), ("D1", day(-20)), ("Unscheduled", day(-9)))
    )


def words(answer: HttpResponse) -> str:
    return " ".join(html.unescape(answer.content.decode()).split())


def send(client: Client, text: str, *, head: str = HEAD, where: str = "site") -> HttpResponse:
    url = (
        reverse("subjects:import_at_site", args=["tmr-204", "1042"])
        if where == "site"
        else reverse("subjects:import_subjects", args=["tmr-204"])
    )
    answer = client.post(url, {"file": SimpleUploadedFile("s.csv", (head + text).encode())})
    assert answer.status_code == 302, words(answer)
    return client.get(answer.headers["Location"])


def begin(client: Client, **data: str) -> HttpResponse:
    return client.post(reverse("core:begin_import", args=[Upload.objects.latest("pk").pk]), data)


@pytest.fixture
def coordinator(world: World, client: Client) -> Client:
    client.force_login(world.coordinator)
    return client


@pytest.mark.django_db
class TestList:
    """What a coordinator does with a list."""

    def test_a_site_moves_in(self, world: World, coordinator: Client) -> None:
        page = words(send(coordinator, course("1042-101") + course("1042-102", "Łukasz W.")))
        assert "6 new" in page
        begin(coordinator)
        subject = Subject.objects.get(number="1042-101")
        assert subject.identity.phone == "+44 113"
        assert visit(subject, "D1").status == "completed"
        assert visit(subject, "W4").target_on == timezone.localdate() + timedelta(days=8)
        trail = str(list(AuditRow.objects.values_list("changes", flat=True)))
        assert "Jo Doe" not in trail
        assert bytes(Upload.objects.get().raw) == b""

    def test_the_same_list_again_changes_nothing(self, coordinator: Client) -> None:
        send(coordinator, course("1042-101"))
        begin(coordinator)
        before = Visit.objects.count(), AuditRow.objects.count()
        assert "Nothing would change" in words(send(coordinator, course("1042-101")))
        assert begin(coordinator).status_code == 422
        assert (Visit.objects.count(), AuditRow.objects.count()) == before

    def test_a_booked_visit_keeps_its_room_and_clashes_are_seen(
        self, world: World, coordinator: Client
    ) -> None:
        on = weekday_from(timezone.localdate() + timedelta(days=8))
        facts = f"On treatment,{day(-30)},{day(-20)},,,"
        rows = "".join(
            f"{number},{facts},W4,,{on} {clock},Room 1,,\n"
            for number, clock in (("1042-1", "10:00"), ("1042-2", "10:30"), ("1042-3", "12:00"))
        )
        page = words(send(coordinator, rows))
        assert "1 wrong" in page
        assert "The room is taken at that time" in page
        begin(coordinator, without_wrong="yes")
        assert {str(b.visit.subject) for b in Booking.objects.all()} == {"1042-1", "1042-3"}
        assert Booking.objects.earliest("pk").period.lower == at(on, 10)
        page = words(send(coordinator, rows.replace("1042-2", "1042-4").split("\n")[1] + "\n"))
        assert "The room is taken at that time" in page

    def test_one_wrong_row_keeps_the_whole_subject_back(self, coordinator: Client) -> None:
        wrong = course("1042-102").replace("Unscheduled", "Week 99")
        page = words(send(coordinator, course("1042-101") + wrong))
        assert (
            "The schedule at 1042 Northgate has no such visit, or several of this name. It has: SCR, D1"
            in page
        )
        assert "Line 7 of the same subject is wrong" in page
        begin(coordinator, without_wrong="yes")
        assert list(Subject.objects.values_list("number", flat=True)) == ["1042-101"]
        assert Upload.objects.get().left_behind == 3

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            ("7,Asleep,{past},,,,,,,,,,", "Write one of: Pre-screened"),
            ("7,Screening,{soon},,,,,,,,,,", "has not come yet"),
            ("7,Screening,{past},{past},,,,,,,,,", "so is not in screening"),
            ("7,Randomised,{past},,,,,,,,,,", "Give the day of enrolment"),
            ("7,Withdrawn,{past},,,,,,,,,,", "Give the day"),
            ("7,Screening,{past},,{past},,,,,,,,", "the status says otherwise"),
            ("7,Randomised,{past},2001-01-01,,,,,,,,,", "lies before screening"),
            ("7,Screening,{past},,,,,W2,{soon},,,,", "has not come yet"),
            ("7,Screening,{past},,,,,W2,,,,Completed,", "Give its day"),
            ("7,Screening,{past},,,,,W2,{past},,,Missed,", "is completed. Correct one"),
            ("7,Screening,{past},,,,,W2,,,,Booked,", "Give day and time"),
            ("7,Screening,{past},,,,,W2,,2026-03-29 01:30,,,", "clock"),
            ("7,Screening,{past},,,,,W2,,{past} 9:00,Cellar,,", "has none of this name"),
            ("7,Withdrawn,{past},,{past},,,W2,,,,,", "Say what became of the visit"),
            ("7,Screening,{past},,,,,W2 cycle 2,,,,,", "has no cycle 2"),
            (",Screening,{past},,,,,,,,,,", "It is empty"),
            ("1042-001,Screening,{past},,,,,,,,,,", "is here already, screened on"),
        ],
    )
    def test_each_bad_row_gets_its_message(
        self, world: World, coordinator: Client, row: str, said: str
    ) -> None:
        screen(world)
        page = words(send(coordinator, row.format(past=day(-9), soon=day(9)) + "\n"))
        assert said in page
        assert "1 wrong" in page

    def test_rows_that_disagree_or_repeat_a_visit_are_wrong(self, coordinator: Client) -> None:
        first = f"7,Screening,{day(-9)},,,,,SCR,{day(-9)},,,,\n"
        page = words(send(coordinator, first + first + first.replace(day(-9), day(-8), 1)))
        assert "Line 2 says otherwise of this subject" in page
        page = words(send(coordinator, first + first))
        assert "It stands on line 2 already" in page

    def test_what_the_database_would_refuse_is_said_before(self, coordinator: Client) -> None:
        head = "Subject,Screening no,Status,Screened on,Visit,Booked for,Minutes,Room\n"
        on = weekday_from(timezone.localdate() + timedelta(days=8))
        booked = (
            f"7,S-1,Screening,{day(-9)},W2,{on} 10:00,120,Room 1\n"
            f"8,S-2,Screening,{day(-9)},W2,{on} 10:15,15,Room 1\n"
            f"9,S-3,Screening,{day(-9)},W2,{on} 11:00,30,Room 1\n"
        )
        page = words(send(coordinator, booked, head=head))
        assert page.count("The room is taken at that time") == 2
        page = words(
            send(coordinator, f"7,S,Screening,{day(-9)}\n8,S,Screening,{day(-9)}\n", head=head)
        )
        assert "It is that of 7. Correct it." in page
        both = "".join(f"7,,Screening,{day(-9)},{code},{on} 10:00,,\n" for code in ("W2", "W4"))
        page = words(send(coordinator, both, head=head))
        assert "The subject has another visit then" in page
        assert begin(coordinator, without_wrong="yes").status_code == 422

    def test_without_a_schedule_in_effect_visits_wait(
        self, world: World, coordinator: Client
    ) -> None:
        world.site.schedules.all().delete()
        page = words(send(coordinator, course("7")))
        assert "No schedule is in effect at 1042 Northgate" in page

    def test_the_check_costs_the_same_for_one_subject_and_for_forty(
        self, world: World, coordinator: Client
    ) -> None:
        assert reach(world.coordinator, Permission.IDENTITY_EDIT)  # remembered from now on
        counts = []
        for many in (1, 40):
            send(coordinator, "".join(course(f"1042-{100 + n}") for n in range(many)))
            opened = uploads.Opened(Upload.objects.latest("pk"), world.coordinator)
            with CaptureQueriesContext(connection) as seen:
                assert len(opened.checked.ready) == many
            counts.append(len(seen))
        assert counts[0] == counts[1]


@pytest.mark.django_db
def test_names_never_go_past_the_site(world: World, client: Client) -> None:
    client.force_login(world.manager)
    head = HEAD.replace("Subject,", "Site,Subject,")
    rows = "".join(f"1042,{line}\n" for line in course("1042-101").splitlines())
    unknown = "".join(f"99,{line}\n" for line in course("99-101").splitlines())
    page = words(send(client, rows + unknown, head=head, where="trial"))
    assert "Site 99 is not in this trial" in page
    assert "Jo Doe" not in page
    held = Upload.objects.get()
    assert not {"name", "phone"} & held.mapping.keys()
    assert b"Jo Doe" not in bytes(held.raw)
    wrong = client.get(reverse("core:wrong_rows", args=[held.pk])).content.decode()
    assert "99-101" in wrong
    assert "Jo Doe" not in wrong
    begin(client, without_wrong="yes")
    assert Subject.objects.count() == 1
    assert not SubjectIdentity.objects.exists()
    assert "Jo Doe" not in uploads.box().decrypt(bytes(Upload.objects.get().raw)).decode()


@pytest.mark.django_db
def test_who_may_not_import_subjects_is_refused(world: World, client: Client) -> None:
    for url in (
        reverse("subjects:import_at_site", args=["tmr-204", "1042"]),
        reverse("subjects:import_subjects", args=["tmr-204"]),
    ):
        client.logout()
        assert client.get(url).status_code == 302
        client.force_login(world.cra)
        assert client.get(url).status_code in {403, 404}
    client.force_login(world.coordinator)
    assert client.get(url).status_code in {403, 404}


def begun(world: World, count: int) -> Upload:
    """A list of so many subjects that the worker is to take over."""
    text = HEAD + "".join(course(f"1042-{100 + n}") for n in range(count))
    held = uploads.upload(
        world.site, kind="subjects", name="s.csv", raw=text.encode(), by=world.coordinator
    )
    uploads.begin(held, without_wrong=False, by=world.coordinator)
    return held


def test_a_worker_that_dies_in_the_middle_is_followed_by_one_that_carries_on(
    committed_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = begun(worlds.build(), 5)
    monkeypatch.setattr(SubjectImport, "batch", 2)
    whole, calls = SubjectImport.take_over, count(1)

    def dying(*args: object, **kwargs: object) -> None:
        whole(*args, **kwargs)
        if next(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(SubjectImport, "take_over", dying)
    with pytest.raises(KeyboardInterrupt):
        tasks.carry_on(held.pk)
    held.refresh_from_db()
    assert (held.done, held.is_running, Subject.objects.count()) == (2, True, 2)
    tasks.carry_on_all()
    assert Subject.objects.count() == 2
    Upload.objects.update(moved_at=timezone.now() - timedelta(hours=1))
    tasks.carry_on_all()
    held.refresh_from_db()
    assert (held.done, held.is_running, held.left_behind) == (5, False, 0)
    assert Subject.objects.count() == 5
    assert Visit.objects.filter(status="completed").count() == 15
