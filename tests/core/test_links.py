"""Addresses of records, as `reverse` gives them."""

import pytest
from django.urls import reverse

from core.links import address


@pytest.mark.parametrize(
    "number", ["1042-001", "A B", "ø'\"<&>", "a{0}b", "50%", "x;y=z,~:@!", "."]
)
def test_the_address_of_a_record_is_the_one_reverse_gives(number: str) -> None:
    for args in (["tmr-204", number], ["9000001", number]):
        assert address("workspace:subject", *args) == reverse("workspace:subject", args=args)
    assert address("subjects:slots", 7) == reverse("subjects:slots", args=[7])
    assert address("inbox:work") == reverse("inbox:work")
