"""Many sites at once: places, countries, sites and history; the same list twice changes nothing."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from core.models import AuditRow, Event, StatusChange
from sites.actions.imports import SiteRow, import_sites, put_into_effect_everywhere
from sites.models import Place, Site, SiteSchedule
from tests.world import World, user_with
from trials.models import Country

pytestmark = pytest.mark.django_db


def rows(count: int, first: int = 2000) -> list[SiteRow]:
    return [
        SiteRow(
            f"Hospital {number}", "DE", f"{number}", city="Köln", time_zone="Europe/Berlin",
            investigator_name="Jürgen Groß", status="open", status_on=date(2025, 3, 4),
        )
        for number in range(first, first + count)
    ]  # fmt: skip


def test_places_countries_sites_and_history_come_with_one_event(world: World) -> None:
    import_sites(world.trial, rows=rows(3), by=world.manager)
    sites = Site.objects.filter(trial=world.trial, number__startswith="200")
    assert sites.count() == 3
    site = sites.get(number="2001")
    assert (site.place.name, site.place.slug, site.country.code) == (
        "Hospital 2001", "hospital-2001", "DE",
    )  # fmt: skip
    assert site.opened_on == site.status_on == date(2025, 3, 4)
    change = StatusChange.objects.get(flow="sites.site", object_id=site.pk)
    assert (change.from_status, change.to_status, change.on) == ("", "open", date(2025, 3, 4))
    assert change.place_id == site.place_id
    event = Event.objects.get(verb="import sites")
    assert change.event_id == event.pk
    assert AuditRow.objects.filter(event_id=event.pk, tbl="sites_site").count() == 3
    assert AuditRow.objects.filter(event_id=event.pk, tbl="sites_place").count() == 3


def test_a_second_time_changes_nothing(world: World) -> None:
    candidate = SiteRow("Northgate", "GB", place_id=world.place.pk)
    for _ in range(2):
        import_sites(world.trial, rows=[*rows(3), candidate], by=world.manager)
    assert Site.objects.filter(trial=world.trial).count() == 4
    assert Place.objects.count() == 4
    assert Country.objects.filter(trial=world.trial).count() == 2


def test_the_number_of_statements_does_not_depend_on_the_rows(world: World) -> None:
    counts = []
    for first, count in ((2000, 1), (3000, 40)):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            import_sites(world.trial, rows=rows(count, first), by=world.manager)
        counts.append(len(seen))
    assert counts[1] <= counts[0]


def test_two_rows_at_one_new_place_share_it(world: World) -> None:
    pair = [SiteRow("Charité", "DE", number, city="Berlin") for number in ("31", "32")]
    import_sites(world.trial, rows=pair, by=world.manager)
    assert Place.objects.filter(name="Charité").count() == 1
    assert Site.objects.filter(place__name="Charité").count() == 2


def test_who_may_not_set_a_status_or_edit_sites_is_refused(world: World) -> None:
    assistant = user_with(Role.CTA, world.trial, world.admin)
    import_sites(world.trial, rows=[SiteRow("New", "DE", "77")], by=assistant)
    for person, wanted in ((assistant, rows(1)), (world.coordinator, [SiteRow("B", "DE", "78")])):
        with pytest.raises(PermissionDenied):
            import_sites(world.trial, rows=wanted, by=person)
    assert Site.objects.filter(trial=world.trial).count() == 2


def test_a_schedule_goes_into_effect_where_none_is(world: World) -> None:
    import_sites(world.trial, rows=rows(2), by=world.manager)
    for _ in range(2):
        put_into_effect_everywhere(world.version, from_on=date(2025, 1, 1), by=world.manager)
    assert SiteSchedule.objects.count() == 3
    assert SiteSchedule.objects.get(site=world.site).during.lower == date(2020, 1, 1)
