"""Fixtures of stays overnight: the clocks of a Thursday in June, and beds at the place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine

from sites.models import Bed
from tests.subjects.stayed import clock, with_nights
from tests.world import World

TODAY = date(2026, 6, 11)


@pytest.fixture
def clocks() -> Iterator[time_machine.Traveller]:
    """Noon of that day, until a test goes on."""
    with time_machine.travel(clock(TODAY, "12:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def beds(world: World) -> list[Bed]:
    """Two beds, and a schedule with nights."""
    return with_nights(world, TODAY)
