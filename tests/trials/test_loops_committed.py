"""Loops of a protocol as blocks of the schedule: never unrolled, counted anew, told in words."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.trials.studies import after, anchor, decision, design, document, instance, raw, timeline
from tests.trials.test_imports import posted, upload
from tests.world import World
from trials.models import ProtocolImport, ScheduleVersion
from trials.queries.grid import repeats

pytestmark = pytest.mark.django_db


def committed(client: Client, world: World, again: str) -> ScheduleVersion:
    """A study whose cycle of days 1 and 8 comes again after a time, until the eighth one."""
    rows = [
        instance("start", "s"), instance("c1", "d1"), instance("c8", "d8"),
        instance("end_of_cycle"), decision("more", "eot", ("Cycle 4 to 12", "c1")),
        instance("eot", "e"),
    ]  # fmt: skip
    timings = [
        anchor("start"), after("c1", "P1D", "start"), after("c8", "P7D", "c1"),
        after("end_of_cycle", again, "c1"), after("eot", "P30D", "end_of_cycle"),
    ]  # fmt: skip
    client.force_login(world.manager)
    url = upload(client, world, raw(document(design(timeline(rows, timings))))).headers["Location"]
    done = client.post(url, posted(client, url, "commit", **{"trial-protocol_number": "LOOP-1"}))
    assert done.status_code == 302, done.context["errors"]
    trial = ProtocolImport.objects.get(pk=int(url.split("/")[-2])).trial
    assert trial
    found: ScheduleVersion = trial.schedules.get()
    return found


@pytest.mark.parametrize(
    ("again", "months", "days", "said"), [("P21D", 0, 21, "21 d"), ("P1M", 1, 0, "1 mo")]
)
def test_a_loop_becomes_a_block_of_the_schedule(
    world: World, client: Client, again: str, months: int, days: int, said: str
) -> None:
    version = committed(client, world, again)
    (group,) = version.repeat_groups.all()
    assert (group.every_months, group.every_days) == (months, days)
    assert group.until_text == "Cycle 4 to 12"
    assert [visit.position for visit in group.visits.order_by("position")] == [1, 2]
    assert version.visits.count() == 4
    (text,) = repeats(version)
    assert f"until Cycle 4 to 12, at most {group.cap} times" in text
    assert " every " in text
    page = client.get(version.get_absolute_url()).content.decode()
    assert "Cycle 4 to 12" in page
