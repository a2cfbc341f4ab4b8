"""Numbers of payments, in their order at a site."""

from __future__ import annotations

from budgets.models import SubjectPayment
from core.actions import RefusedError
from sites.models import Site


def next_numbers(site: Site, count: int) -> list[str]:
    """The next numbers of a site, which is held while they are given."""
    if not site.number:
        raise RefusedError("A site has its number before anything is paid. Give the number first.")
    taken = SubjectPayment.objects.filter(site=site).count()
    return [f"PAY-{site.number}-{taken + n:04d}" for n in range(1, count + 1)]
