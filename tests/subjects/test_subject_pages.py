"""Adding subjects, who they are, calls with them, and how they leave, in the browser."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.actions import RefusedError
from core.dates import at, show_day
from core.models import AuditRow
from sites.actions import sites
from subjects.actions import subjects
from subjects.models import Contact, Preference, Subject, SubjectIdentity, Visit
from tests.world import World, screen, visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def coordinator(world: World, client: Client) -> Client:
    client.force_login(world.coordinator)
    return client


def today_at(world: World) -> str:
    return timezone.localdate(timezone=world.place.zone).isoformat()


def typed(world: World, **more: Any) -> dict[str, Any]:
    return {"screened_on": today_at(world), "sex": "f", **more}


def url(name: str, subject: Subject) -> str:
    return reverse(f"subjects:{name}", args=[subject.pk])


def test_a_subject_is_screened_with_a_name_that_stays_at_the_site(
    world: World, coordinator: Client
) -> None:
    page = reverse("subjects:screen", args=[world.site.pk])
    assert (
        f'value="{show_day(timezone.localdate(timezone=world.place.zone))}"'
        in coordinator.get(page).content.decode()
    )
    values = typed(world, name="Maya Hart", phone="020 7946 0018", birth_year="1961")
    answer = coordinator.post(page, values, follow=True)
    made = Subject.objects.get()
    assert (made.number, made.birth_year, made.status) == ("1042-001", 1961, "screening")
    assert answer.redirect_chain[0][0] == made.get_absolute_url()
    assert "1042-001 is in screening." in answer.content.decode()
    held = SubjectIdentity.objects.get(subject=made)
    assert (held.name, held.phone) == ("Maya Hart", "020 7946 0018")
    assert Visit.objects.filter(subject=made).count() == 4


def test_a_taken_number_and_a_day_to_come_are_told_beside_what_was_typed(
    world: World, coordinator: Client
) -> None:
    held = screen(world)
    page = reverse("subjects:screen", args=[world.site.pk])
    taken = coordinator.post(page, typed(world, number=held.number, name="Maya Hart"))
    assert taken.status_code == 409
    assert "is taken in this trial. Leave it empty" in taken.content.decode()
    assert "Maya Hart" in taken.content.decode()
    tomorrow = timezone.localdate(timezone=world.place.zone) + timedelta(days=1)
    early = coordinator.post(page, {**typed(world), "screened_on": tomorrow.isoformat()})
    assert early.status_code == 422
    assert "The screening day has not come yet." in early.content.decode()
    early = coordinator.post(page, {**typed(world), "consented_on": tomorrow.isoformat()})
    assert early.status_code == 422
    assert "The day of consent has not come yet." in early.content.decode()
    short = coordinator.post(page, {**typed(world), "birth_year": "61"})
    assert "Type the year with four digits." in short.content.decode()
    assert coordinator.post(page, {"sex": "f"}).status_code == 422
    assert Subject.objects.count() == 1
    assert not SubjectIdentity.objects.exists()


def test_nobody_is_screened_while_the_site_is_not_open(world: World, coordinator: Client) -> None:
    sites.set_status(world.site, status="on_hold", reason="Audit", by=world.manager)
    answer = coordinator.post(reverse("subjects:screen", args=[world.site.pk]), typed(world))
    assert answer.status_code == 422
    assert "subjects can be screened" in answer.content.decode()


def test_who_leaves_has_no_visits_to_come(world: World, coordinator: Client) -> None:
    subject = screen(world)
    ways = {"status": "screen_failed", "on": today_at(world)}
    offered = coordinator.get(url("end", subject)).content.decode()
    assert '"withdrawn"' in offered
    assert '"completed"' not in offered, "nobody completes a trial in screening"
    without = coordinator.post(url("end", subject), ways)
    assert without.status_code == 422
    assert "Choose the reason." in without.content.decode()
    other = coordinator.post(url("end", subject), {**ways, "reason_code": "other"})
    assert "Say what the other reason is." in other.content.decode()
    said = {**ways, "reason_code": "exclusion", "reason": "eGFR"}
    done = coordinator.post(url("end", subject), said, follow=True)
    assert f"{subject}: screen failed." in done.content.decode()
    assert "Exclusion criterion met: eGFR" in " ".join(done.content.decode().split())
    assert set(Visit.objects.values_list("status", flat=True)) == {"cancelled"}
    again = coordinator.post(url("end", subject), {**said, "reason_code": "", "status": "deceased"})
    assert again.status_code == 409
    late = coordinator.post(
        reverse("subjects:outcome", args=[visit(subject, "W2").pk, "reopen"]), {"reason": "x"}
    )
    assert late.status_code == 422
    assert "is no longer in the trial: screen failed." in late.content.decode()


def test_a_call_is_logged_with_who_made_it(world: World, coordinator: Client) -> None:
    subject = screen(world)
    assert coordinator.get(url("contact", subject)).status_code == 200
    assert coordinator.post(url("contact", subject), {"channel": "phone"}).status_code == 422
    call = {"channel": "phone", "result": "voicemail", "summary": "Asked to call back"}
    coordinator.post(url("contact", subject), call)
    held = Contact.objects.get(subject=subject)
    assert (held.result, held.by_name) == ("voicemail", world.coordinator.get_full_name())
    assert held.at <= timezone.now()


def test_a_call_is_logged_later_for_the_time_it_was(world: World, coordinator: Client) -> None:
    subject = screen(world)
    page = url("contact", subject)
    local = timezone.now().astimezone(world.place.zone)
    shown = coordinator.get(page).content.decode()
    assert f'value="{show_day(local.date())}"' in shown
    assert "by the clocks of Northgate" in shown
    yesterday = local.date() - timedelta(days=1)
    call = {"channel": "phone", "result": "reached", "on": yesterday.isoformat()}
    without = coordinator.post(page, call)
    assert (without.status_code, "at what time of that day" in without.content.decode()) == (
        422, True,
    )  # fmt: skip
    coordinator.post(page, {**call, "clock": "16:40"})
    held = Contact.objects.get(subject=subject)
    assert held.at == at(yesterday, time(16, 40), world.place.zone)
    assert AuditRow.objects.get(tbl="subjects_contact").at >= local, "when it was logged"
    tomorrow = (local.date() + timedelta(days=1)).isoformat()
    early = coordinator.post(page, {**call, "on": tomorrow, "clock": "09:00"})
    assert early.status_code == 422
    assert "lies in the future" in early.content.decode()
    skipped = coordinator.post(page, {**call, "on": "2026-03-29", "clock": "01:30"})
    assert "does not exist" in skipped.content.decode()
    wrong = coordinator.post(page, {**call, "clock": "25:00"})
    assert wrong.status_code == 422
    assert Contact.objects.count() == 1


def test_what_to_know_when_booking_is_kept_and_changed(world: World, coordinator: Client) -> None:
    subject = screen(world)
    for part in ("morning", "afternoon"):
        coordinator.post(url("prefer", subject), {"part_of_day": part, "interpreter": "Polish"})
        held = Preference.objects.get(subject=subject)
        assert (held.part_of_day, held.interpreter) == (part, "Polish")
    assert "Polish" in coordinator.get(url("prefer", subject)).content.decode()
    assert coordinator.post(url("prefer", subject), {"part_of_day": "night"}).status_code == 422


def test_who_a_subject_is_stays_with_the_people_of_the_site(
    world: World, coordinator: Client
) -> None:
    subject = screen(world)
    coordinator.post(url("identify", subject), {"name": "Maya Hart", "born": "1961-03-02"})
    coordinator.post(url("identify", subject), {"name": "Maya Hart-Lee", "born": "1961-03-02"})
    assert SubjectIdentity.objects.get(subject=subject).name == "Maya Hart-Lee"
    assert "Maya Hart-Lee" in coordinator.get(url("identify", subject)).content.decode()
    assert coordinator.post(url("identify", subject), {"name": ""}).status_code == 422
    for person in (world.cra, world.manager):
        assert _as(coordinator, person).get(url("identify", subject)).status_code == 403


def _as(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def test_a_contact_to_come_is_refused(world: World) -> None:
    subject = screen(world)
    later = timezone.now() + timedelta(hours=1)
    with pytest.raises(RefusedError, match="lies in the future"):
        subjects.log_contact(
            subject, at=later, channel="phone", result="reached", by=world.coordinator
        )


def test_ways_to_leave_are_those_of_the_protocol(world: World) -> None:
    with pytest.raises(RefusedError, match="not a way to leave"):
        subjects.end(
            screen(world), status="enrolled", on=timezone.localdate(), by=world.coordinator
        )
