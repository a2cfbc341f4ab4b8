"""Notices: who must know of a serious event is told, and who read it is shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import Grant, User
from accounts.roles import Role
from core import notices
from core.models import Event, Notice
from inbox import actions
from inbox.notices import ROWS, told
from safety.actions import events
from sites.actions import sites
from tests.safety.events import investigator_of, log, monitor_of
from tests.test_pages import assert_well_made
from tests.world import World, make_place, make_site, user_with

pytestmark = pytest.mark.django_db
PAGE = reverse("inbox:notices")


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def people(world: World) -> dict[str, User]:
    """One of each who must know, and some who must not."""
    there = make_site(
        world.trial, make_place("southgate", world.admin), "1043", world.admin, world.manager
    )
    return {
        "monitor": monitor_of(world), "investigator": investigator_of(world), "cra": world.cra,
        "manager": user_with(Role.TRIAL_MANAGER, world.trial, world.admin),
        "elsewhere": user_with(Role.CRA, there, world.admin),
        "support": user_with(Role.SITE_SUPPORT, world.place, world.admin),
    }  # fmt: skip


def test_those_who_must_know_are_told_at_once_and_nobody_else(world: World) -> None:
    held = people(world)
    log(world)
    assert not Notice.objects.exists()
    event = log(world, "hospital")
    names = ("monitor", "investigator", "cra", "manager")
    assert set(Notice.objects.values_list("recipient_id", flat=True)) == {
        held[name].pk for name in names
    }
    notice = Notice.objects.get(recipient_id=held["cra"].pk)
    assert str(notice) == f"SAE {event.number}: Hospital stay or longer stay"
    assert (notice.url, notice.subject_id) == (event.get_absolute_url(), event.subject_id)
    assert notices.unread_by(held["cra"]).count() == 1
    assert notices.unread_by(held["elsewhere"]).count() == 0
    assert notices.icon_of(notice.kind) == "alert"
    assert notices.icon_of("of old") == "bell"


def test_an_upgrade_more_criteria_and_a_downgrade_are_told_as_well(world: World) -> None:
    event = log(world)
    for criteria in (["hospital"], ["hospital", "death"]):
        events.mark_serious(event, criteria=criteria, aware_at=timezone.now(), by=world.coordinator)
    events.downgrade(event, reason="Planned stay", by=world.coordinator)
    said = Notice.objects.filter(recipient_id=world.cra.pk).order_by("pk")
    assert [str(one) for one in said] == [
        f"SAE {event.number}: Hospital stay or longer stay",
        f"SAE {event.number}: Death, Hospital stay or longer stay",
        f"AE {event.number}: not serious after all",
    ]
    assert [one.label for one in notices.last_told(event)] == [said.last().label]


def test_as_many_queries_tell_many_as_one(world: World) -> None:
    counts = []
    for more in (1, 5):
        for _ in range(more):
            user_with(Role.CRA, world.site, world.admin)
        event = log(world)
        with CaptureQueriesContext(connection) as found:
            events.mark_serious(
                event, criteria=["death"], aware_at=timezone.now(), by=world.coordinator
            )
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_who_says_so_and_who_is_gone_is_not_told(world: World) -> None:
    investigator, gone = investigator_of(world), monitor_of(world)
    accounts.end_grant(Grant.objects.get(user=gone), reason="Left", by=world.admin)
    event = log(world)
    events.mark_serious(event, criteria=["death"], aware_at=timezone.now(), by=investigator)
    assert [one.recipient_id for one in notices.last_told(event)] == [world.cra.pk]


def test_of_several_cras_of_a_trial_that_of_the_site_is_told(world: World) -> None:
    other = user_with(Role.CRA, world.trial, world.admin)
    sites.assign_cra(world.trial, sites=[world.site], cra=world.cra, by=world.manager)
    told = {one.recipient_id for one in notices.last_told(log(world, "hospital"))}
    assert world.cra.pk in told
    assert other.pk not in told


def test_reading_is_an_action_and_shows_on_the_page(world: World, client: Client) -> None:
    monitor_of(world)
    event = log(world, "hospital")
    events.mark_serious(
        event, criteria=["hospital", "death"], aware_at=timezone.now(), by=world.coordinator
    )
    client.force_login(world.cra)
    page = event.get_absolute_url()
    shown = client.get(page)
    assert_well_made(shown.content.decode(), page)
    assert "0 of 2 read it" in text_of(shown)
    assert not Notice.objects.exclude(read_at=None).exists()
    assert "I have read this" in text_of(shown)
    notice = Notice.objects.filter(recipient_id=world.cra.pk).latest("pk")
    done = client.post(reverse("inbox:read", args=[notice.pk]), {"next": page}, follow=True)
    assert done.redirect_chain[-1][0] == page
    assert "1 of 2 read it" in text_of(done)
    assert "I have read this" not in text_of(done)
    assert notices.unread_by(world.cra).count() == 0
    assert Event.objects.get(verb="read notice").actor_id == world.cra.pk


def test_nobody_reads_for_another(world: World, client: Client) -> None:
    log(world, "hospital")
    notice = Notice.objects.get()
    with pytest.raises(PermissionDenied):
        actions.read(notice, by=world.coordinator)
    client.force_login(world.coordinator)
    assert client.post(reverse("inbox:read", args=[notice.pk])).status_code == 404


def test_the_page_lists_what_is_unread_and_the_frame_counts_it(
    world: World, client: Client
) -> None:
    client.force_login(world.cra)
    empty = client.get(PAGE)
    assert_well_made(empty.content.decode(), PAGE)
    assert "Nothing waits to be read" in text_of(empty)
    event = log(world, "hospital")
    client.force_login(world.cra)
    client.get("/settings/")
    shown = client.get(PAGE)
    assert event.number in text_of(shown)
    notice = Notice.objects.get()
    done = client.post(reverse("inbox:read", args=[notice.pk]), follow=True)
    assert_well_made(done.content.decode(), PAGE)
    assert "Nothing waits to be read" in text_of(done)
    every = client.get(PAGE + "?view=all")
    assert_well_made(every.content.decode(), PAGE)
    assert "Read " in text_of(every)
    assert client.get(PAGE + "?view=none").status_code == 404


def test_the_bell_counts_what_is_not_read(world: World, client: Client) -> None:
    log(world, "hospital")
    client.force_login(world.cra)
    assert 'aria-label="Notices, 1 not read"' in client.get(PAGE).content.decode()


def test_who_lost_access_sees_no_notice(world: World) -> None:
    log(world, "hospital")
    accounts.end_grant(Grant.objects.get(user=world.cra), reason="Left", by=world.admin)
    cra = User.objects.get(pk=world.cra.pk)
    assert notices.unread_by(cra).count() == 0
    assert not Notice.objects.visible_to(cra).exists()


def test_a_long_list_goes_on_by_key_in_as_many_queries(world: World, client: Client) -> None:
    counts = []
    for more in (1, ROWS + 1):
        for _ in range(more):
            _tell(world)
        client.force_login(world.cra)
        client.get(PAGE)
        with CaptureQueriesContext(connection) as found:
            shown = client.get(PAGE)
        counts.append(len(found))
    assert counts[0] == counts[1] <= 10
    assert "Older notices" in text_of(shown)
    rows, older = told(world.cra, "all", before=None)
    assert len(rows) == ROWS
    rest, none = told(world.cra, "all", before=older)
    assert (len(rest), none) == (2, None)
    assert "Older notices" not in text_of(client.get(f"{PAGE}?before={older}"))


def _tell(world: World) -> None:
    about = notices.kind("test", "In test", icon="bell")
    to = [notices.Recipient(world.cra.pk, world.cra.get_full_name(), "cra")]
    words = notices.Words("Site told", "TMR-204", world.site.get_absolute_url())
    notices.tell(world.site, about, words, to)
