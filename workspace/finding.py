"""Records by the start of their number or part of their name, as the person may see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q
from django.urls import reverse

from accounts.models import User
from budgets.models import PaymentStatus, SubjectPayment
from core.access import has_anywhere
from core.permissions import Permission
from safety.models import AdverseEvent
from sites.models import Site, SiteStatus
from subjects.models import Subject, SubjectStatus
from subjects.queries import match_number
from trials.models import Trial

SHOWN = 10
# Letters that are typed where a number has a digit.
DIGITS = str.maketrans("OoIl", "0011")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found, by kind."""

    subjects: list[dict[str, Any]]
    sites: list[dict[str, Any]]
    trials: list[dict[str, Any]]
    events: list[dict[str, Any]]
    payments: list[dict[str, Any]]

    def __bool__(self) -> bool:
        return any((self.subjects, self.sites, self.trials, self.events, self.payments))


def search(user: User, text: str) -> Found:
    """Subjects, sites, trials, adverse events and payments that fit the text; nothing for nothing."""
    if not text:
        return Found([], [], [], [], [])
    return Found(
        _subjects(user, text), _sites(user, text), _trials(user, text), _events(user, text),
        _payments(user, text),
    )  # fmt: skip


def _subjects(user: User, text: str) -> list[dict[str, Any]]:
    labels = dict(SubjectStatus.choices)
    rows = Subject.objects.visible_to(user).filter(match_number(text)).order_by("number", "pk")
    found = Subject.objects.filter(pk__in=rows.values("pk")[:SHOWN]).order_by("number", "pk")
    return [
        row | {
            "url": reverse("workspace:subject", args=[row["trial_code"], row["number"]]),
            "status_label": labels[row["status"]],
        }
        for row in found.values("pk", "number", "status", **TRIAL)
    ]  # fmt: skip


def _sites(user: User, text: str) -> list[dict[str, Any]]:
    labels = dict(SiteStatus.choices)
    rows = Site.objects.visible_to(user).filter(
        Q(number__istartswith=text)
        | Q(place__short_name__icontains=text)
        | Q(investigator_name__icontains=text)
    )
    named = {"place_name": F("place__short_name"), "city": F("place__city")}
    found = rows.order_by("number", "pk").values("pk", "number", "status", **TRIAL, **named)
    return [
        row | {
            "url": reverse(
                "workspace:site", args=[row["trial_code"], row["number"] or f"c{row['pk']}"]
            ),
            "status_label": labels[row["status"]],
        }
        for row in found[:SHOWN]
    ]  # fmt: skip


def _trials(user: User, text: str) -> list[dict[str, Any]]:
    labels = dict(Trial.Status.choices)
    rows = Trial.objects.visible_to(user).filter(
        Q(protocol_number__icontains=text) | Q(name__icontains=text)
    )
    found = rows.order_by("protocol_number").values("code", "protocol_number", "name", "status")
    return [
        row | {
            "url": reverse("workspace:trial", args=[row["code"]]),
            "status_label": labels[row["status"]],
        }
        for row in found[:SHOWN]
    ]  # fmt: skip


def _events(user: User, text: str) -> list[dict[str, Any]]:
    """Adverse events by their number or term, for whoever may see them."""
    if not has_anywhere(user, Permission.ADVERSE_EVENT_VIEW):
        return []
    rows = AdverseEvent.objects.visible_to(user).filter(
        Q(number__istartswith=text) | Q(term__icontains=text)
    )
    found = rows.order_by("number", "pk").values("pk", "number", "term", "is_serious", **OF_SUBJECT)
    return [
        row | {
            "url": reverse("safety:event", args=[row["trial_code"], row["number"]]),
            "kind": "SAE" if row["is_serious"] else "AE",
        }
        for row in found[:SHOWN]
    ]  # fmt: skip


def _payments(user: User, text: str) -> list[dict[str, Any]]:
    """Payments to subjects by their number, for whoever may see them."""
    if not text.upper().startswith("PAY") or not has_anywhere(user, Permission.STIPEND_VIEW):
        return []
    labels = dict(PaymentStatus.choices)
    rows = SubjectPayment.objects.visible_to(user).filter(number__istartswith=text)
    found = rows.order_by("number", "pk").values(
        "pk", "number", "status", "amount", "currency", **OF_SUBJECT
    )
    return [
        row | {
            "url": reverse("budgets:payment", args=[row["trial_code"], row["number"]]),
            "status_label": labels[row["status"]],
        }
        for row in found[:SHOWN]
    ]  # fmt: skip


OF_SUBJECT = {
    "trial_code": F("subject__trial__code"), "trial_number": F("subject__trial__protocol_number"),
}  # fmt: skip
TRIAL = {"trial_code": F("trial__code"), "trial_number": F("trial__protocol_number")}


def meant(text: str) -> str:
    """The number that was probably meant: 1O42 is 1042."""
    has_digit = any(letter.isdigit() for letter in text)
    return text.translate(DIGITS) if has_digit else text
