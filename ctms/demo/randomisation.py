"""Who at Northgate is randomised in TMR-204, entered from the mails of the IRT, and to what, for the unblinded."""

from __future__ import annotations

from ctms.demo.organisation import Organisation
from subjects.actions import randomisation
from subjects.models import Subject
from subjects.models.subject import IN_TRIAL
from trials.models import Trial

ARMS = ("TMR-204 150 mg", "Placebo")
REASON = "Confirmation of the IRT by e-mail; the IRT is not connected"


def record(trial: Trial, organisation: Organisation) -> None:
    """Number and kit of everybody in the trial at the place, and the allocation of each."""
    held = Subject.objects.filter(
        trial=trial, site__place=organisation.place, status__in=IN_TRIAL, enrolled_on__isnull=False
    )
    for turn, subject in enumerate(held.order_by("enrolled_on", "number")):
        made = randomisation.randomise(
            subject, on=subject.enrolled_on, number=f"R-{2041 + 7 * turn}",
            kit=f"K-{310_448 + 13 * turn}", reason=REASON, by=organisation.coordinator,
        )  # fmt: skip
        treatment = ARMS[turn % len(ARMS)]
        randomisation.allocate(made, treatment=treatment, by=organisation.people["ewa"])
