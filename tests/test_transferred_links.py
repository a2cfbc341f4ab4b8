"""The pages of a subject that came from another site lead nowhere that its new site may not go."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from html import unescape

import pytest
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from core.actions import RefusedError
from core.versions import ConflictError
from safety.models import AdverseEvent
from sites.models import Site
from subjects.actions import transfers
from subjects.models import DeviationDraft, Subject
from tests.test_links import LINK
from tests.test_walk import table
from tests.world import World, make_place, make_site, user_with

pytestmark = pytest.mark.django_db


def moved(world: World, there: Site) -> Iterator[Subject]:
    """The subjects of the site with something that stays there, as far as they can move, moved."""
    today = timezone.localdate(timezone=there.place.zone)
    lasting = Q(adverse_events__isnull=False) | Q(payments__isnull=False)
    lasting |= Q(visits__deviation_drafts__isnull=False) | Q(issues__isnull=False)
    rows = Subject.objects.filter(lasting, site=world.site).distinct()
    for subject in rows.order_by("pk"):
        with contextlib.suppress(RefusedError, ConflictError):
            transfers.transfer(subject, to=there, on=today, reason="moves", by=world.manager)
            subject.refresh_from_db()
            yield subject


def refused(client: Client, home: str, seen: set[str]) -> Iterator[str]:
    """What the pages of a subject offer and the person may not open."""
    waiting = [home]
    while waiting:
        page = waiting.pop()
        seen.add(page)
        answer = client.get(page)
        if answer.status_code >= 400:
            yield f"{answer.status_code} {page}"
        elif page.startswith(home):
            found = {unescape(link) for link in LINK.findall(answer.content.decode())}
            waiting += found - seen - {*waiting}


def test_every_link_of_a_transferred_subject_is_open(world: World, client: Client) -> None:
    table(world)
    there = make_site(
        world.trial, make_place("southgate", world.admin), "1043", world.admin, world.manager
    )
    subjects = list(moved(world, there))
    assert AdverseEvent.objects.filter(subject__in=subjects).exists()
    assert DeviationDraft.objects.filter(visit__subject__in=subjects).exists()
    client.force_login(user_with(Role.COORDINATOR, there.place, world.admin))
    seen: set[str] = set()
    assert [
        each for subject in subjects for each in refused(client, subject.get_absolute_url(), seen)
    ] == []
