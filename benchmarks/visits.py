"""How long it takes to complete a visit with fourteen procedures, its trail, duties and next windows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from statistics import median, quantiles
from time import perf_counter

from django.test import Client
from django.utils import timezone

from accounts.models import User
from benchmarks.imports import undone
from benchmarks.run import MILLISECONDS, REFERENCE, listening, yardstick
from core.audit import under_event
from core.dates import local_day
from sites.models import Person
from subjects.actions import visits
from subjects.conduct import conduct_of
from subjects.models import Outcome, ProcedureRecord, Visit

PROCEDURES, GAPS = 14, 1
ROUNDS, WARM = 40, 3
LIMIT, QUERIES = 150, 40
HEAD = f"{'action':23}{'median':>9}{'p95':>9}{'queries':>9}{'yardstick':>11}"


def report() -> None:
    """Print what completing a visit takes, as its coordinator does it at the page."""
    coordinator = User.objects.get(username="coordinator-1")
    client = Client(SERVER_NAME="localhost")
    client.force_login(coordinator, backend="allauth.account.auth_backends.AuthenticationBackend")
    before = yardstick()
    rounds = list(_rounds(client, coordinator))[WARM:]
    pace = (before + yardstick()) / 2
    times = [took for took, _ in rounds]
    slow, queries = quantiles(times, n=20)[-1], max(count for _, count in rounds)
    missed = [f"p95 over {LIMIT}"] if slow > LIMIT * max(1, pace / REFERENCE) else []
    missed += [f"over {QUERIES} queries"] if queries > QUERIES else []
    print(
        f"\n{HEAD}\n{'complete visit':23}{median(times):9.1f}{slow:9.1f}{queries:9}{pace:11.1f}"
        f"  {', '.join(missed)}"
    )


def _rounds(client: Client, by: User) -> Iterator[tuple[float, int]]:
    """The visits that are due completed one after the other, each time taken back."""
    waiting = Visit.objects.visible_to(by).filter(
        status="planned", subject__status="on_treatment", definition__timeline=None,
        definition__is_anchor=False, earliest_on__lte=timezone.localdate(),
        latest_on__gte=timezone.localdate(),
    )  # fmt: skip
    held = [
        (visit, local_day(timezone.now(), visit.site.place.zone))
        for visit in waiting.select_related("site__place").order_by("pk")[: ROUNDS + WARM]
    ]
    due = [(visit, on) for visit, on in held if on <= visit.latest_on]
    for visit, on in islice(cycle(due), ROUNDS + WARM):
        with undone():
            _begin(visit, by)
            slug = conduct_of(visit).missing[0].slug
            fields = {"on": on.isoformat(), "confirmed": "yes"}
            fields |= {f"why-{slug}": "staff", f"deviates-{slug}": "on"}
            with listening() as heard:
                began = perf_counter()
                answer = client.post(f"/visits/{visit.pk}/complete/", fields)
                took = (perf_counter() - began) * MILLISECONDS
            assert answer.status_code == 302, answer.content  # noqa: PLR2004
        yield took, len(heard)


def _begin(visit: Visit, by: User) -> None:
    """The visit under way, all of its procedures done but one."""
    visits.check_in(visit, by=by)
    visits.start(visit, by=by)
    person = Person.objects.filter(place=visit.site.place_id)[0]
    asked = [step for step in conduct_of(visit).steps if not step.is_answered][GAPS:]
    done = {
        "visit": visit, "outcome": Outcome.DONE, "done_at": timezone.now(), "performer": person
    }  # fmt: skip
    with under_event("benchmark"):
        ProcedureRecord.objects.bulk_create(
            ProcedureRecord(
                definition_id=step.definition_id, minute=step.minute, name=step.name, **done
            )
            for step in asked
        )
        ProcedureRecord.objects.bulk_create(
            ProcedureRecord(name=f"Beyond the protocol {number}", **done)
            for number in range(PROCEDURES - GAPS - len(asked))
        )
