"""Who is calling: subjects of one place by name, phone or number, for people of the site only."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from accounts.models import User
from core.access import reached
from core.dates import show_day
from core.permissions import Permission
from sites.models import Place
from subjects.diary import SUBJECT_CHIPS, Window
from subjects.models import Booking, Subject, SubjectIdentity, VisitStatus

AT_MOST = 20
FEWEST_LETTERS = 2
FEWEST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Caller:
    """A subject who may be the one on the phone, with what is next."""

    subject: Subject
    name: str
    phone: str
    chip: str
    window: Window | None
    next_on: str

    @property
    def next_url(self) -> str:
        """Where the next visit gets or changes its time."""
        coming = self.subject.next_visit
        return coming.book_url if coming and coming.status in MAY_MOVE else ""


MAY_MOVE = {VisitStatus.PLANNED, VisitStatus.BOOKED}


def may_look(place: Place, user: User) -> bool:
    """Whether the person works at a site of the place where names may be seen."""
    held = reached(user, Permission.IDENTITY_VIEW, Place, shared_below=True)
    return held is None or place.pk in held


def find(place: Place, text: str, user: User) -> list[Caller]:
    """The subjects whose name, phone or number fits; names are decrypted within the place only."""
    words, digits = _words(text), _digits(text)
    if len("".join(words)) < FEWEST_LETTERS and len(digits) < FEWEST_DIGITS:
        return []
    known = SubjectIdentity.objects.visible_to(user).filter(subject__site__place=place)
    identities = {
        subject_id: (name, phone)
        for subject_id, name, phone in known.values_list("subject_id", "name", "phone")
    }
    fitting = [pk for pk, held in identities.items() if _fits(*held, words, digits)]
    chosen = (
        Subject.objects.visible_to(user)
        .filter(Q(pk__any=fitting) | Q(number__istartswith=text.strip()), site__place=place)
        .select_related("trial", "next_visit")
        .order_by("number")[:AT_MOST]
    )
    found = list(chosen)
    booked = _booked(found)
    return [_caller(subject, *identities.get(subject.pk, ("", "")), booked) for subject in found]


def _fits(name: str, phone: str, words: list[str], digits: str) -> bool:
    """Each word begins a part of the name, or the digits are in the phone number."""
    if len(digits) >= FEWEST_DIGITS:
        held = _digits(phone)
        # Typed with the code of the country, kept without it: the longer one ends like the other.
        return digits in held or (len(held) > FEWEST_DIGITS and digits.endswith(held))
    parts = _words(name)
    return bool(words) and all(any(part.startswith(word) for part in parts) for word in words)


def _words(text: str) -> list[str]:
    """The words of a name without capitals and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(
        r"[^\W\d_]+", "".join(sign for sign in plain if not unicodedata.combining(sign))
    )


def _digits(text: str) -> str:
    """A phone number without the signs between its digits and the zero dialled inland."""
    return re.sub(r"\D", "", text).lstrip("0")


def _booked(found: list[Subject]) -> dict[int, date]:
    visits = [subject.next_visit_id for subject in found if subject.next_visit_id]
    rows = Booking.objects.filter(visit__in=visits, is_live=True)
    return dict(rows.values_list("visit_id", "on"))


def _caller(subject: Subject, name: str, phone: str, booked: dict[int, date]) -> Caller:
    coming = subject.next_visit
    on = booked.get(coming.pk) if coming else None
    window = None
    if coming:
        state = "booked" if on else "open"
        window = Window(coming.earliest_on, coming.target_on, coming.latest_on, on, state)
    shown = show_day(on) if on else "not booked" if coming else ""
    return Caller(subject, name, phone, SUBJECT_CHIPS.get(subject.status, ""), window, shown)
