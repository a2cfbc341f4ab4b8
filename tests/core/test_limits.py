"""How often something may be done."""

import pytest
from django.core.cache import cache

from core.limits import is_too_often


def test_the_last_one_allowed_is_allowed_and_the_next_is_not() -> None:
    asked = [is_too_often("door", times=3, seconds=60) for _ in range(5)]
    assert asked == [False, False, False, True, True]
    assert not is_too_often("window", times=3, seconds=60)


def test_a_stretch_that_just_ended_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> int:
        raise ValueError(name)

    is_too_often("door", times=0, seconds=60)
    monkeypatch.setattr(cache, "incr", gone)
    assert not is_too_often("door", times=0, seconds=60)
