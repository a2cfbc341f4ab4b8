"""Consent forms, their versions, and from when to when a site uses them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.actions import RefusedError
from core.versions import ConflictError
from sites.actions import consents as at_sites
from sites.models import ConsentApproval
from tests.subjects.consented import DAY, FIRST, main_form, version
from tests.world import World, make_place, make_site
from trials.actions import consents as forms
from trials.models import ConsentType, ConsentVersion

pytestmark = pytest.mark.django_db


def today() -> date:
    return timezone.localdate()


@pytest.fixture
def form(world: World) -> ConsentType:
    return main_form(world)


def test_a_version_replaces_the_one_before_in_its_language_only(
    world: World, form: ConsentType
) -> None:
    old = version(world, form, "3.0", languages=("en", "pl"))
    new = version(world, form, "4.0", date(2025, 1, 1))
    rows = ConsentApproval.objects.order_by("version", "language")
    held = [(row.version, row.language, row.during.upper) for row in rows]
    assert held == [(old, "en", date(2025, 1, 1)), (old, "pl", None), (new, "en", None)]


def test_a_version_is_approved_once_and_not_before_its_day(world: World, form: ConsentType) -> None:
    made = version(world, form, "3.0")

    def approve(of: ConsentVersion, approved_on: date, from_on: date) -> None:
        at_sites.approve_consent(
            world.site, version=of, languages=["en"], approved_on=approved_on, from_on=from_on,
            by=world.manager,
        )  # fmt: skip

    with pytest.raises(ConflictError, match="is in use at 1042"):
        approve(made, FIRST, FIRST + DAY)
    with pytest.raises(RefusedError, match="from that day on or later"):
        approve(made, FIRST, FIRST - DAY)
    with pytest.raises(RefusedError, match="has not come yet"):
        approve(made, today() + DAY, today() + DAY)
    other = forms.add_consent_version(form, number="v3.1", dated=FIRST, by=world.manager)
    assert other.number == "3.1"
    with pytest.raises(ConflictError, match="on that day already"):
        approve(other, FIRST, FIRST)


def test_a_version_is_approved_for_a_country_in_a_fixed_number_of_queries(
    world: World, form: ConsentType
) -> None:
    versions = [
        forms.add_consent_version(form, number=number, dated=FIRST, by=world.manager)
        for number in ("2.0", "3.0", "4.0")
    ]

    def approve(of: ConsentVersion, from_on: date) -> int:
        with CaptureQueriesContext(connection) as asked:
            at_sites.approve_consent_in(
                world.site.country, version=of, languages=["en", "pl"], approved_on=FIRST,
                from_on=from_on, by=world.manager,
            )  # fmt: skip
        return len(asked)

    approve(versions[0], FIRST)
    one = approve(versions[1], FIRST + DAY)
    for number in range(4):
        place = make_place(f"place-{number}", world.admin)
        make_site(world.trial, place, f"20{number}", world.admin, world.manager)
    assert approve(versions[2], FIRST + 2 * DAY) == one
    assert ConsentApproval.objects.filter(version=versions[2]).count() == 10
    with pytest.raises(RefusedError, match="Sites that have it keep it"):
        approve(versions[2], FIRST + 2 * DAY)


def test_forms_and_versions_are_refused_in_words(world: World, form: ConsentType) -> None:
    with pytest.raises(ConflictError, match="has a consent form Main consent already"):
        forms.add_consent_type(world.trial, kind="main", name="Main consent", by=world.manager)
    with pytest.raises(RefusedError, match="Choose one of the two"):
        forms.add_consent_type(
            world.trial, kind="photo", name="P", is_optional=True, is_required=True,
            by=world.manager,
        )  # fmt: skip

    def add(number: str = "1.0", **more: Any) -> None:
        values = {"dated": FIRST, "by": world.manager} | more
        forms.add_consent_version(form, number=number, **values)

    add()
    with pytest.raises(ConflictError, match=r"has a version 1\.0 already"):
        add()
    with pytest.raises(RefusedError, match="Say by when"):
        add("2.0", must_reconsent="active")
    with pytest.raises(RefusedError, match="within how many days"):
        add("2.0", must_reconsent="active", reconsent_rule="days")
    with pytest.raises(RefusedError, match="has not come yet"):
        add("2.0", dated=today() + 2 * DAY)
