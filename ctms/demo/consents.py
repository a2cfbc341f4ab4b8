"""The consent forms of TMR-204: three versions, approved everywhere, and what subjects signed of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from django.utils import timezone

from accounts import actions as accounts
from accounts.models import User
from accounts.roles import Role
from ctms.demo.days import DAY, WorkingDays
from ctms.demo.organisation import deployment
from sites.actions import consents as at_sites
from sites.actions import places
from sites.models import Site, Task
from sites.queries.effect import OVER
from subjects.actions import consents
from subjects.actions.consent_imports import ConsentRow, import_consents
from subjects.actions.consents import Signed, explainers
from subjects.consents import needs
from subjects.models import Consent, Subject, Visit
from trials.actions import consents as forms
from trials.models import ConsentType, ConsentVersion, Country, Trial

MEDICAL = (Task.CONSENT, Task.ELIGIBILITY, Task.EXAMINATION, Task.ASSESS_AE)
LANGUAGES = {
    "GB": ("en", "pl", "de"), "DE": ("de",), "ES": ("es",), "HU": ("hu",), "CA": ("en", "fr"),
    "JP": ("ja",), "FR": ("fr",), "IT": ("it",), "PL": ("pl",), "NL": ("nl",),
}  # fmt: skip
OTHERS = {"1042-007": "pl"}  # who signed in another language than most at the site
NO_COPY, LEFT = "1042-025", "1042-027"
CHANGES = (  # number, days since it is in use, what changed
    ("2.0", 512, "First version approved at sites."),
    ("3.0", 150, "Adds the pregnancy test at week 8."),
    ("4.0", None, "Adds conjunctivitis to the known risks."),
)
CURRENT = -9  # the working day since which the newest version is in use


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms as they are in use, each version with its first day."""

    main: list[tuple[ConsentVersion, date]]
    parts: list[ConsentVersion]


def add(trial: Trial, working: WorkingDays, by: User) -> Forms:
    """The main form with its versions, and two that subjects may say no to."""
    main = forms.add_consent_type(trial, kind="main", name="Main consent", is_required=True, by=by)
    made = []
    for number, days, summary in CHANGES:
        on = working.at(CURRENT) if days is None else working.today - DAY * days
        rule: dict[str, Any] = (
            {} if number == "2.0" else {"must_reconsent": "active", "reconsent_rule": "next_visit"}
        )
        version = forms.add_consent_version(
            main, number=number, dated=on - 14 * DAY, summary=summary, by=by, **rule
        )
        made.append((version, on))
    return Forms(made, [_part(trial, *part, made[0][1], by) for part in PARTS])


PARTS = (("genetic", "Genetic research", "1.1"), ("photo", "Photographs", "1.0"))


def _part(trial: Trial, kind: str, name: str, number: str, on: date, by: User) -> ConsentVersion:
    type_: ConsentType = forms.add_consent_type(
        trial, kind=kind, name=name, is_optional=True, by=by
    )
    return forms.add_consent_version(type_, number=number, dated=on - 14 * DAY, by=by)


def held(trial: Trial, working: WorkingDays) -> Forms:
    """The forms as they were added."""
    days = [working.today - DAY * days if days else working.at(CURRENT) for _, days, _ in CHANGES]
    rows = list(ConsentVersion.objects.filter(type__trial=trial).order_by("pk"))
    return Forms(list(zip(rows, days, strict=False)), rows[len(days) :])


def approve(trial: Trial, there: Forms, by: User) -> None:
    """Every version at every site of every country that does not have it yet."""
    begun = there.main[0][1]
    in_use = [*there.main, *((part, begun) for part in there.parts)]
    for country in Country.objects.filter(trial=trial):
        sites = Site.objects.filter(country=country).exclude(status__in=OVER)
        for version, on in in_use if sites.filter(consent_approvals=None).exists() else ():
            at_sites.approve_consent_in(
                country, version=version, languages=LANGUAGES.get(country.code, ("en",)),
                approved_on=on - 4 * DAY, from_on=on, by=by,
            )  # fmt: skip


def sign(
    trial: Trial, sites: Iterable[Site], there: Forms, explainers: Mapping[int, list[int]],
    by: User,
) -> None:  # fmt: skip
    """What the subjects of these sites signed until today."""
    subjects = Subject.objects.filter(site__in=list(sites)).order_by("pk")
    seen: dict[int, list[date]] = defaultdict(list)
    done = Visit.objects.filter(subject__in=subjects, performed_on__isnull=False)
    for key, on in done.order_by("performed_on").values_list("subject", "performed_on"):
        seen[key].append(on)
    rows = [
        row
        for subject in subjects.select_related("site__country")
        for row in _signed(subject, seen[subject.pk], there, explainers[subject.site_id])
    ]
    import_consents(trial, rows=rows, by=by)


def _signed(
    subject: Subject, seen: list[date], there: Forms, explainers: list[int]
) -> Iterator[ConsentRow]:
    """The version that was in use on the first day, and each later one at the next visit."""
    of_site = LANGUAGES.get(subject.site.country.code, ("en",))[0]
    language, turn = OTHERS.get(subject.number, of_site), int(subject.number[-3:])
    explainer = explainers[turn % len(explainers)]
    first = subject.screened_on
    for (version, on), (_, until) in pairwise([*there.main, (None, date.max)]):
        signed_on = first if on <= first < until else _next(seen, max(on, first), until)
        if until > first and signed_on is not None:
            assert version is not None
            yield ConsentRow(
                subject.pk, version.pk, language, signed_on, explainer,
                is_copy_given=subject.number != NO_COPY,
            )  # fmt: skip
    for step, part in enumerate(there.parts):
        decision = ("given", "given", "refused", "")[(turn + 2 * step) % 4]
        if decision:
            yield ConsentRow(subject.pk, part.pk, language, first, explainer, decision=decision)


def _next(seen: list[date], first: date, until: date) -> date | None:
    """The first visit from a day on, while a version is in use."""
    return next((on for on in seen if first <= on < until), None)


def withdraw(trial: Trial, by: User) -> None:
    """Who left by withdrawing consent took it back on that day."""
    left = Consent.objects.filter(
        subject__trial=trial, subject__number=LEFT, type__is_required=True
    )
    for consent in left.order_by("-signed_on")[:1]:
        on = consent.subject.ended_on
        assert on is not None
        consents.withdraw_consent(consent, what=["all"], on=on, by=by)


def sign_now(subject: Subject, on: date, by: User) -> None:
    """Sign what is to be signed before the visit of a day."""
    able = explainers(subject.site, on)
    for need in needs(subject, on, timezone.now()):
        if need.blocks(on) and need.version_id is not None:
            version = ConsentVersion.objects.get(pk=need.version_id)
            last = subject.consents.filter(type=version.type_id).order_by("signed_on").last()
            signed = Signed(version, last.language if last else "en", on, able[0])
            consents.record_consent(subject, signed=signed, by=by)


def investigators(sites: Iterable[Site], admin: User) -> dict[int, list[int]]:
    """The investigator of each site as a person of its place, to whom the medical tasks are delegated."""
    found: dict[int, list[int]] = {}
    for site in sites:
        first, _, last = site.investigator_name.partition(" ")
        name = f"investigator-{site.number}"
        user = accounts.invite(
            deployment(), username=name, first_name=first, last_name=last,
            email=f"{name}@demo.example", job_title="Principal investigator", by=admin,
        )  # fmt: skip
        accounts.give(site.place, person=user, role=Role.INVESTIGATOR, by=admin)
        own = User.objects.get(pk=user.pk)
        values = {"name": site.investigator_name, "job_title": user.job_title, "user": own}
        person = places.add_person(site.place, values=values, by=own)
        begun = site.initiated_on or site.opened_on
        assert begun is not None
        places.delegate(site, person=person, tasks=MEDICAL, from_on=begun, by=own)
        found[site.pk] = [person.pk]
    return found
