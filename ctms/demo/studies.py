"""What the demo loads behind the first page: published protocols, a register record, a big study."""

from __future__ import annotations

from django.core.cache import cache

from accounts.models import User
from core.audit import coming_from
from core.models import Source
from core.signing import content_hash
from ctms.demo import operations, pilot
from ctms.demo.lists import DATA
from ctms.demo.notice import LOADING
from ctms.demo.organisation import PASSWORD
from sites.models import Place
from trials.actions import imports, schedules, trials
from trials.models import ScheduleVersion, Sponsor, Trial

LOCK_SECONDS = 600
PROTOCOLS = (
    ("usdm/cdisc_pilot_lzzt_v4.json", "lzzt", "H2Q-MC-LZZT", "CDISC pilot"),
    ("usdm/lilly_nct03421379_v4.json", "i8f-mc-gpgk", "I8F-MC-GPGK", "Lilly crossover"),
    ("ctgov/NCT06171568.json", "nct06171568", "NCT06171568", "Register record"),
)


def load() -> None:
    """Load what is not there yet; a second worker at the same time leaves it to the first."""
    if not cache.add(LOADING, "yes", LOCK_SECONDS):
        return
    try:
        with coming_from(source=Source.PAGE):
            _load()
    finally:
        cache.delete(LOADING)


def _load() -> None:
    sponsor = Sponsor.objects.get(name="Halden Therapeutics")
    manager = User.objects.get(username="omar")
    coordinator = User.objects.get(username="priya")
    for file, code, number, name in PROTOCOLS:
        if not Trial.objects.filter(code=code).exists():
            _protocol(
                sponsor, file, {"code": code, "protocol_number": number, "name": name}, manager
            )
    northgate = Place.objects.get(slug="northgate-cru")
    pilot.load(Trial.objects.get(code="lzzt"), northgate, manager, coordinator)
    operations.load(sponsor, manager, PASSWORD)


def _protocol(sponsor: Sponsor, file: str, values: dict[str, object], by: User) -> None:
    """Import a protocol as its manager would, and approve its schedule where it has one."""
    path = DATA / file
    held = imports.receive(sponsor, name=path.name, raw=path.read_bytes(), by=by)
    trial = imports.start_trial(held, values=values, number="1.0", by=by)
    version = ScheduleVersion.objects.filter(trial=trial).first()
    if version is None:
        return
    schedules.approve(
        version, password=PASSWORD, shown_hash=content_hash(schedules.content(version)), by=by
    )
    for status in ("start_up", "recruiting"):
        trials.set_trial_status(trial, status=status, by=by)
