"""The same person is noticed by a keyed hash, wherever they were screened, and never named."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.models import AuditRow
from subjects.actions import subjects
from subjects.identity import check_of, fingerprint_of
from subjects.models import Subject, SubjectIdentity
from tests.world import World, make_place, make_site, screen, user_with
from trials.actions import trials

pytestmark = pytest.mark.django_db

BORN = "1968-03-09"


def known(world: World, subject: Subject, name: str = "Łukasz Wiśniewski") -> Subject:
    """The subject with a name and a date of birth, entered by its site."""
    subjects.identify(subject, values={"name": name, "born": BORN}, by=world.coordinator)
    return subject


def test_the_same_name_is_the_same_however_it_is_written() -> None:
    first = fingerprint_of({"name": "María del Carmen  Fernández-Ruiz", "born": BORN})
    assert first == fingerprint_of({"name": "FERNANDEZ RUIZ, Maria del Carmen", "born": BORN})
    assert first != fingerprint_of({"name": "Maria Fernandez Ruiz", "born": BORN})
    assert first != fingerprint_of(
        {"name": "María del Carmen Fernández-Ruiz", "born": "1968-03-08"}
    )
    assert fingerprint_of({"name": "陳美玲", "born": BORN}) != first
    assert len(first) == 64
    for missing in (
        {"name": "", "born": BORN},
        {"name": "A", "born": ""},
        {"name": "A", "born": "?"},
    ):
        assert fingerprint_of(missing) == ""


def test_the_key_is_part_of_the_hash(settings: object) -> None:
    held = fingerprint_of({"name": "A B", "born": BORN})
    settings.IDENTITY_HASH_KEY = "another"  # type: ignore[attr-defined]
    assert fingerprint_of({"name": "A B", "born": BORN}) != held


def test_a_match_is_told_as_far_as_the_reader_may_know(world: World) -> None:
    subject, twin = known(world, screen(world)), known(world, screen(world), "wisniewski lukasz")
    other = trials.add_trial(
        world.sponsor, values={"code": "bsl", "protocol_number": "BSL-305", "name": "Basalt"},
        by=world.admin,
    )  # fmt: skip
    southgate = make_place("southgate", world.admin)
    there = make_site(other, southgate, "7", world.admin, world.manager)
    their = user_with("coordinator", southgate, world.admin)
    far = subjects.screen(there, on=timezone.localdate(), by=their)
    subjects.identify(far, values={"name": "Lukasz Wiśniewski", "born": BORN}, by=their)
    here = check_of(subject, world.coordinator)
    assert here.matches == [
        f"{twin.number} in TMR-204, screened {timezone.localdate():%-d %b %Y}, in screening",
        "a subject of another trial on this installation",
    ]
    wide = User.objects.get(pk=world.manager.pk)
    assert [text.split(",")[0] for text in check_of(subject, wide).matches] == [
        f"{twin.number} in TMR-204", f"{far.number} in BSL-305",
    ]  # fmt: skip
    theirs = check_of(far, User.objects.get(pk=their.pk)).matches
    assert theirs == ["a subject of another trial on this installation"] * 2


def test_a_rescreened_subject_is_no_match_of_itself(world: World) -> None:
    subject = known(world, screen(world))
    subjects.end(
        subject, status="screen_failed", on=timezone.localdate(), reason_code="window",
        by=world.coordinator,
    )  # fmt: skip
    again = subjects.rescreen(
        Subject.objects.get(pk=subject.pk), on=timezone.localdate(),
        consented_on=timezone.localdate(), by=world.coordinator,
    )  # fmt: skip
    for one in (subject, again):
        held = Subject.objects.get(pk=one.pk)
        assert check_of(held, world.coordinator).is_possible
        assert check_of(held, world.coordinator).matches == []


def test_nothing_is_compared_without_a_date_of_birth(world: World) -> None:
    subject = screen(world)
    subjects.identify(subject, values={"name": "Łukasz"}, by=world.coordinator)
    assert not check_of(subject, world.coordinator).is_possible


def test_the_hash_is_in_no_trail(world: World) -> None:
    known(world, screen(world))
    held = SubjectIdentity.objects.get().fingerprint
    assert held
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM core_auditrow WHERE changes::text LIKE %s", [f"%{held}%"]
        )
        assert cursor.fetchone() == (0,)
    rows = AuditRow.objects.filter(tbl="subjects_subjectidentity")
    assert rows.exists()


def test_a_match_is_said_when_a_subject_is_added(world: World, client: Client) -> None:
    twin = known(world, screen(world))
    client.force_login(world.coordinator)
    form = {
        "screened_on": timezone.localdate().isoformat(), "sex": "m", "name": "Lukasz Wisniewski",
        "born": "9 Mar 1968",
    }  # fmt: skip
    path = reverse("subjects:screen", args=[world.site.pk])
    answer = client.post(path, form, follow=True)
    assert f"Same name and date of birth as {twin.number}" in answer.content.decode()
    made = Subject.objects.latest("pk")
    identify = client.get(reverse("subjects:identify", args=[made.pk]))
    assert 'value="9 Mar 1968"' in identify.content.decode()
    kept = SubjectIdentity.objects.get(subject=made)
    assert kept.born == BORN
