"""Consent forms for tests: a main form needed before visits, its versions, and who explains them."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from sites.actions import consents as at_sites
from sites.actions import places
from sites.models import Task
from subjects.actions import consents
from subjects.actions.consents import Signed
from subjects.models import Consent, Subject
from tests.world import World
from trials.actions import consents as forms
from trials.models import ConsentType, ConsentVersion

FIRST = date(2024, 1, 10)
DAY = timedelta(days=1)


def main_form(world: World) -> ConsentType:
    """The consent form without which no visit takes place; Priya Nair explains it."""
    places.delegate(
        world.site, person=world.person, tasks=[Task.CONSENT], from_on=date(2020, 1, 1),
        by=world.coordinator,
    )  # fmt: skip
    return forms.add_consent_type(
        world.trial, kind="main", name="Main consent", is_required=True, by=world.manager
    )


def version(
    world: World, type_: ConsentType, number: str, from_on: date = FIRST, *, must: str = "nobody",
    days: int | None = None, languages: tuple[str, ...] = ("en",),
) -> ConsentVersion:  # fmt: skip
    """A version in use at the site from a day on."""
    rule = "" if must == "nobody" else "days" if days else "next_visit"
    made = forms.add_consent_version(
        type_, number=number, dated=FIRST, must_reconsent=must, reconsent_rule=rule,
        reconsent_days=days, by=world.manager,
    )  # fmt: skip
    at_sites.approve_consent(
        world.site, version=made, languages=languages, approved_on=min(from_on, FIRST),
        from_on=from_on, by=world.manager,
    )  # fmt: skip
    return made


def photo(world: World) -> ConsentVersion:
    """A version of an optional form."""
    type_ = forms.add_consent_type(
        world.trial, kind="photo", name="Photographs", is_optional=True, by=world.manager
    )
    return version(world, type_, "1.0")


def signed(world: World, of: ConsentVersion, on: date | None = None, **more: object) -> Signed:
    """A form of this version signed on a day, today unless said."""
    day = on or timezone.localdate()
    return Signed(of, str(more.pop("language", "en")), day, world.person, **more)  # type: ignore[arg-type]


def record(
    world: World, subject: Subject, of: ConsentVersion, on: date | None = None, **more: object
) -> Consent:
    """The consent of a subject, kept."""
    return consents.record_consent(
        subject, signed=signed(world, of, on, **more), by=world.coordinator
    )
