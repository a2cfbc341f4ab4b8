"""Consents from the records before: all that fit are kept, in as many queries for one as for many."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.actions import RefusedError
from core.versions import ConflictError
from sites.actions import places
from subjects.actions import subjects, visits
from subjects.actions.consent_imports import ConsentRow, import_consents
from subjects.models import Consent, Subject
from tests.subjects.consented import DAY, main_form, photo, version
from tests.world import World, make_place, make_site, screen, visit
from trials.models import ConsentVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def first(world: World) -> ConsentVersion:
    return version(world, main_form(world), "3.0")


def row(world: World, subject: Subject, of: ConsentVersion, **more: Any) -> ConsentRow:
    values = {"language": "en", "signed_on": subject.screened_on, "explainer_id": world.person.pk}
    return ConsentRow(subject.pk, of.pk, **(values | more))


def keep(world: World, *rows: ConsentRow, scope: Any = None) -> int:
    """How many queries it takes."""
    with CaptureQueriesContext(connection) as asked:
        import_consents(scope or world.trial, rows=rows, by=world.manager)
    return len(asked)


def test_many_are_kept_in_as_many_queries_as_one(world: World, first: ConsentVersion) -> None:
    found = [screen(world, timezone.localdate() - DAY) for _ in range(7)]
    keep(world, row(world, found.pop(), first))
    one = keep(world, row(world, found[0], first))
    assert keep(world, *(row(world, subject, first) for subject in found[1:])) == one
    kept = Consent.objects.filter(subject__in=found).values_list("subject", "type", "zone")
    assert set(kept) == {(one.pk, first.type_id, "Europe/London") for one in found}


def test_what_does_not_fit_is_said_and_nothing_is_kept(world: World, first: ConsentVersion) -> None:
    subject, other = screen(world, timezone.localdate() - DAY), screen(world)
    good, today = row(world, other, first), timezone.localdate()
    nobody = places.add_person(world.place, values={"name": "Nobody"}, by=world.coordinator)
    for wrong, why in (
        ({"signed_on": today + DAY}, "has not come yet"),
        ({"signed_on": date(2023, 1, 1)}, "not in use there"),
        ({"language": "pl"}, "not in use there"),
        ({"explainer_id": nobody.pk}, "not delegated"),
    ):
        with pytest.raises(RefusedError, match=why):
            keep(world, good, row(world, subject, first, **wrong))
    assert not Consent.objects.exists()


def test_a_form_is_signed_before_the_first_visit_and_before_the_end(world: World) -> None:
    today = timezone.localdate()
    subject = screen(world, today - 2 * DAY)
    on = today - DAY
    visits.complete(visit(subject, "SCR"), on=on, by=world.coordinator, reason="early")
    first = version(world, main_form(world), "3.0")
    with pytest.raises(RefusedError, match="is after the first visit"):
        keep(world, row(world, subject, first, signed_on=today))
    keep(world, row(world, subject, first, signed_on=on))
    subjects.end(subject, status="screen_failed", on=on, reason_code="window", by=world.coordinator)
    with pytest.raises(RefusedError, match="after the subject left"):
        keep(world, row(world, subject, photo(world), signed_on=today))


def test_the_same_form_twice_and_subjects_from_elsewhere_are_refused(
    world: World, first: ConsentVersion
) -> None:
    subject = screen(world)
    keep(world, row(world, subject, first), scope=world.site)
    with pytest.raises(ConflictError, match="recorded already"):
        keep(world, row(world, subject, first))
    other = make_site(
        world.trial, make_place("southgate", world.admin), "1043", world.admin, world.manager
    )
    with pytest.raises(ConflictError, match="not here any more"):
        keep(world, row(world, subject, first), scope=other)
