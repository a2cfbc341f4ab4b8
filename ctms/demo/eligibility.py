"""Who at Northgate is eligible for TMR-204: one decision signed, one to be signed, one failure, one begun."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from accounts.models import User
from core.signing import Proof
from ctms.demo import consents
from ctms.demo.days import DAY, WorkingDays
from ctms.demo.organisation import PASSWORD, Organisation
from subjects.actions import eligibility
from subjects.actions.eligibility import Given
from subjects.models import Answer, Subject
from trials.models import Criterion, Trial

SIGNED, TO_SIGN, FAILED = "1042-021", "1042-023", "1042-010"
SOURCES = {
    "I1": "Passport copy, p. 1", "I2": "GP letter", "I3": "IGA 4, worksheet 3",
    "I4": "BSA 24 %, worksheet 3", "I5": "EASI 21.4, worksheet 3", "I6": "Pharmacy record, 2 pages",
    "I7": "Consent note", "E1": "Vaccination card", "E2": "Pharmacy record", "E3": "Pharmacy record",
    "E4": "Laboratory report LR-7731", "E5": "GP letter", "E6": "Laboratory report LR-7731",
    "E7": "IGRA, laboratory report LR-7731", "E8": "Urine test, worksheet 2",
    "E9": "Laboratory report LR-7731",
}  # fmt: skip
FOUND: dict[str, dict[str, Answer]] = {FAILED: {"I3": Answer.NOT_MET}}
LATER = ("I5", "E4", "E6", "E7", "E9")  # what waits for the laboratory or the diary


def answer(trial: Trial, working: WorkingDays, organisation: Organisation) -> None:
    """Answer the criteria of those in question, and sign where the investigator has."""
    by = organisation.coordinator
    for subject in Subject.objects.filter(trial=trial, number__in=(SIGNED, TO_SIGN, FAILED)):
        on = min(subject.screened_on + 4 * DAY, working.today)
        answers = _answers(subject, on, FOUND.get(subject.number, {}))
        eligibility.answer_criteria(subject, answers=answers, by=by)
        if subject.number == SIGNED:
            consents.sign_now(subject, working.today, by)
            hannah = organisation.people["hannah"]
            proof = Proof(hannah.username, PASSWORD, eligibility.decide_eligible.hash_of(subject))
            eligibility.decide_eligible(subject, proof=proof, by=hannah)


def begin(subject: Subject, on: date, by: User) -> None:
    """What is known on the first day; the rest waits, and one source was not noted."""
    known = [
        given for given in _answers(subject, on, {}) if given.criterion.identifier not in LATER
    ]
    diary = Criterion.objects.get(
        version=known[0].criterion.version_id, identifier="I5", category="inclusion"
    )
    known.append(Given(diary, Answer.MET, "", on, "EASI 18.2. Attach the worksheet."))
    eligibility.answer_criteria(subject, answers=known, by=by)


def _answers(subject: Subject, on: date, found: Mapping[str, Answer]) -> list[Given]:
    version = subject.schedules.order_by("from_on").values_list("version", flat=True).first()
    return [
        Given(
            one, found.get(one.identifier, _usual(one, subject)), _source(one, subject), on
        )
        for one in Criterion.objects.filter(version=version).order_by("position")
    ]  # fmt: skip


def _source(criterion: Criterion, subject: Subject) -> str:
    """Where it was seen."""
    is_of_women = criterion.identifier == "E8" and subject.sex == "m"
    return "Male" if is_of_women else SOURCES[criterion.identifier]


def _usual(criterion: Criterion, subject: Subject) -> Answer:
    """What lets a subject in."""
    if criterion.category == Criterion.Category.INCLUSION:
        return Answer.MET
    is_of_women = criterion.identifier == "E8" and subject.sex == "m"
    return Answer.NOT_APPLICABLE if is_of_women else Answer.ABSENT
