"""What comes in an address or a hidden field is taken as it may be meant, or not at all."""

from datetime import date

import pytest
from django.test import RequestFactory

from core import web


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/today/?day=2026-06-12", "/today/?day=2026-06-12"),
        ("https://evil.example/", "/my-work/"),
        ("//evil.example/", "/my-work/"),
        ("", "/my-work/"),
        ("-1", "/my-work/"),
        ("'; DROP TABLE x;--", "/my-work/"),
        ("%00", "/my-work/"),
        ("core:import", "/my-work/"),
    ],
)
def test_one_is_led_back_to_a_page_of_ours_only(wanted: str, leads_to: str) -> None:
    request = RequestFactory().post("/notices/1/read/", {"next": wanted})
    assert web.back(request, "/my-work/").headers["Location"] == leads_to


def test_numbers_and_days_are_sensible_ones() -> None:
    assert [web.whole(text) for text in ("7", "²", "-7", "", "9" * 5_000)] == [7, *[None] * 4]
    days = ("2026-06-12", "0001-01-01", "9999-12-31", "12 Jun", "")
    assert [web.day(text) for text in days] == [date(2026, 6, 12), *[None] * 4]


def test_what_no_database_keeps_is_left_out_of_what_was_typed() -> None:
    request = RequestFactory().post("/visits/1/unbook/", {"reason": " ill\x00 "})
    assert (web.typed(request, "reason"), web.typed(request, "note")) == ("ill", "")
