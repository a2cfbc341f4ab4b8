"""Amounts of money in words, and what must not stand in a reference."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

# An IBAN, or the number of an account or a card: more digits in a row than a reference needs.
BANK_DATA = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b|(?:\d[ -]?){12,}", re.IGNORECASE)


def show_money(amount: Decimal | None, currency: str) -> str:
    """An amount with its currency."""
    return f"{amount or Decimal(0):,.2f} {currency}".strip()


def sums_of(rows: Iterable[Any]) -> list[str]:
    """What rows with an amount come to, in each currency."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, Decimal(0)) + row.amount
    return [show_money(amount, currency) for currency, amount in sorted(sums.items())]


def holds_bank_data(text: str) -> bool:
    """Whether a text looks like the number of an account or of a card."""
    return bool(BANK_DATA.search(text))
