"""Why people leave a trial, in the terms of the field; a text beside the term says more."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class LeavingReason(models.TextChoices):
    """The main reason of a screen failure or of an early end."""

    INCLUSION = "inclusion", "Inclusion criterion not met"
    EXCLUSION = "exclusion", "Exclusion criterion met"
    WINDOW = "window", "Screening window exceeded"
    ENROLMENT_CLOSED = "enrolment_closed", "Enrolment closed"
    ADVERSE_EVENT = "adverse_event", "Adverse event"
    DEATH = "death", "Death"
    EFFICACY = "efficacy", "Lack of efficacy"
    LOST = "lost", "Lost to follow-up"
    NON_COMPLIANCE = "non_compliance", "Non-compliance"
    PHYSICIAN = "physician", "Physician decision"
    PREGNANCY = "pregnancy", "Pregnancy"
    PROGRESSION = "progression", "Progressive disease"
    DEVIATION = "deviation", "Protocol deviation"
    RECOVERY = "recovery", "Recovery"
    SITE = "site", "Site terminated"
    SPONSOR = "sponsor", "Sponsor decision"
    WITHDRAWAL = "withdrawal", "Withdrawal by subject"
    TECHNICAL = "technical", "Technical problems"
    OTHER = "other", "Other"


R = LeavingReason
SCREEN_FAILURE = (
    R.INCLUSION, R.EXCLUSION, R.WINDOW, R.ENROLMENT_CLOSED, R.ADVERSE_EVENT, R.LOST, R.PHYSICIAN,
    R.PREGNANCY, R.SITE, R.SPONSOR, R.WITHDRAWAL, R.TECHNICAL, R.OTHER,
)  # fmt: skip
# Death, loss and withdrawal of consent are outcomes of their own, and say their reason.
EARLY_END = (
    R.ADVERSE_EVENT, R.EFFICACY, R.NON_COMPLIANCE, R.PHYSICIAN, R.PREGNANCY, R.PROGRESSION,
    R.DEVIATION, R.RECOVERY, R.SITE, R.SPONSOR, R.TECHNICAL, R.OTHER,
)  # fmt: skip
OTHER_WORDS = {
    "protocol violation": R.DEVIATION,
    "non-compliance with study drug": R.NON_COMPLIANCE,
    "study terminated by sponsor": R.SPONSOR,
    "site terminated by sponsor": R.SITE,
    "site closed": R.SITE,
    "withdrew consent": R.WITHDRAWAL,
}
OF_STATUS = {
    "screen_failed": SCREEN_FAILURE,
    "terminated": EARLY_END,
    "withdrawn": (R.WITHDRAWAL,),
    "lost": (R.LOST,),
    "deceased": (R.DEATH,),
}


def fits_status() -> Q:
    """The reason is one that the status knows; other statuses have none."""
    fits = Q(reason_code="") & ~Q(status__in=list(OF_STATUS))
    for status, reasons in OF_STATUS.items():
        fits |= Q(status=status, reason_code__in=list(reasons))
    return fits


def in_words(code: str, text: str) -> str:
    """The reason as it is read: the term, and what there is to say beyond it."""
    if code == R.OTHER:
        return text
    label = LeavingReason(code).label
    return f"{label}: {text}" if text else str(label)


def reason_shown(status: str, code: str, text: str) -> str:
    """Why somebody left, in words; what the status says by itself is not said again."""
    return in_words(code, text) if terms(status) else text


def terms(status: str) -> tuple[LeavingReason, ...]:
    """The reasons to choose from where somebody leaves this way; none where it is said by the way."""
    reasons = OF_STATUS.get(status, ())
    return reasons if len(reasons) > 1 else ()


def coded(status: str, text: str) -> tuple[str, str]:
    """The term of the list that a text begins with, or else "other", and what the text says beyond."""
    if not terms(status):
        return next(iter(OF_STATUS.get(status, ())), ""), text
    head, _, rest = (part.strip() for part in text.partition(":"))
    for reason in terms(status):
        if reason.label.casefold() == head.casefold() and reason != R.OTHER:
            return reason, rest
    meant = OTHER_WORDS.get(head.casefold())
    return (meant if meant in terms(status) else R.OTHER), text
