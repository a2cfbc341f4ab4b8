"""The payments of a subject: what was paid or claimed, what was earned, and the stipends of the year."""

from __future__ import annotations

from datetime import date
from typing import Any

from accounts.models import User
from budgets.lists import CHIPS
from budgets.models import SubjectPayment
from budgets.queries import earned, terms_at, year_of
from budgets.words import sums_of
from subjects.models import Subject


def of_subject(subject: Subject, today: date, user: User) -> dict[str, Any]:
    """What the page of its payments shows; those of a site it came from may be closed to the person."""
    opened = SubjectPayment.objects.visible_to(user).filter(subject=subject)
    keys = set(opened.values_list("pk", flat=True))
    rows = SubjectPayment.objects.filter(subject=subject).select_related("visit", "site__trial")
    visits = list(earned().filter(subject=subject).order_by("performed_on", "pk"))
    terms = terms_at(subject.site, today)
    return {
        "payments": [
            (one, CHIPS[one.status], one.pk in keys) for one in rows.order_by("-on", "-pk")
        ],
        "earned": visits,
        "earned_sum": " and ".join(sums_of(visits)),
        "year": year_of(subject.pk, terms, today.year) if terms else None,
    }
