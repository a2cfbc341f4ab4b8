"""What the demo loads behind the first page: published protocols, a register record, a big study."""

from __future__ import annotations

from django.core.cache import cache
from django.utils import timezone

from accounts.models import User
from core.audit import coming_from
from core.dates import local_day
from core.models import Source
from ctms.demo import contacts, network, operations, pilot
from ctms.demo.lists import DATA
from ctms.demo.notice import LOADING
from ctms.demo.organisation import PASSWORD, SPONSOR
from ctms.demo.protocols import approve
from sites.models import Place
from trials.actions import imports, trials
from trials.models import ScheduleVersion, Sponsor, Trial

LOCK_SECONDS = 600
PROTOCOLS = (
    ("usdm/cdisc_pilot_lzzt_v4.json", "lzzt", "H2Q-MC-LZZT", "CDISC pilot", 5),
    ("usdm/lilly_nct03421379_v4.json", "i8f-mc-gpgk", "I8F-MC-GPGK", "Lilly crossover", 2),
    ("ctgov/NCT02210780.json", "nct02210780", "R668-AD-1314", "Immune responses in dermatitis", 3),
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
    now = timezone.now()
    people = {user.username: user for user in User.objects.filter(is_service=False)}
    northgate = Place.objects.get(slug="northgate-cru")
    network.load(Trial.objects.get(code="tmr-204"), people, local_day(now, northgate.zone))
    contacts.load(northgate, people, now)
    sponsor = Sponsor.objects.get(name=SPONSOR)
    for file, code, number, name, colour in PROTOCOLS:
        if not Trial.objects.filter(code=code).exists():
            values = {"code": code, "protocol_number": number, "name": name, "colour": colour}
            _protocol(sponsor, file, values, people["omar"])
    pilot.load(Trial.objects.get(code="lzzt"), northgate, people)
    operations.load(sponsor, people["omar"], PASSWORD)


def _protocol(sponsor: Sponsor, file: str, values: dict[str, object], by: User) -> None:
    """Import a protocol as its manager would, and approve its schedule where it has one."""
    path = DATA / file
    held = imports.receive(sponsor, name=path.name, raw=path.read_bytes(), by=by)
    trial = imports.start_trial(held, values=values, number="1.0", by=by)
    version = ScheduleVersion.objects.filter(trial=trial).first()
    if version is None:
        return
    approve(version, by, PASSWORD)
    for status in ("start_up", "recruiting"):
        trials.set_trial_status(trial, status=status, by=by)
