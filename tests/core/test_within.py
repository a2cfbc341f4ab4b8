"""Duties computed anew within a part of the world leave those outside it alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.models import Obligation
from core.obligations import RULES, Within, refresh
from tests.world import World, screen

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", sorted(RULES))
@pytest.mark.parametrize("part", ["trial_id", "site_id", "place_id", "subject_id", "subject_ids"])
def test_every_rule_can_be_asked_within_every_part(name: str, part: str) -> None:
    nobody: Any = [0] if part == "subject_ids" else 0
    refresh(Within(**{part: nobody}), [RULES[name]])


def test_some_subjects_are_looked_at_and_no_others(world: World) -> None:
    on = timezone.localdate()
    first, second, third = (screen(world, on) for _ in range(3))
    Obligation.objects.update(met_at=timezone.now())
    refresh(Within(subject_ids=[first.pk, third.pk]), [RULES["visit.book"]])
    found = Obligation.objects.filter(met_at=None).values_list("subject_id", flat=True)
    assert set(found) == {first.pk, third.pk}
    later = timezone.now() + timedelta(days=300)
    refresh(Within(subject_ids=[first.pk]), [RULES["visit.book"]], later)
    found = Obligation.objects.filter(met_at=None).values_list("subject_id", flat=True)
    assert set(found) == {third.pk}
    assert second.pk not in found
