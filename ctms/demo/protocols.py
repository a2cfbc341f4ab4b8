"""The protocols of the trials at Northgate, pasted from tables as their managers would."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from core.signing import Proof
from ctms.demo.lists import DATA
from trials.abbreviations import codes
from trials.actions import drafts, schedules, trials
from trials.models import ScheduleVersion, Sponsor, Trial, VisitDefinition, VisitProcedure
from trials.queries import pasted

TRIALS = (
    ("tmr-204", "TMR-204", "Tamarind", "Phase 2", 240, 35, "3.1"),
    ("bsl-305", "BSL-305", "Basalt", "Phase 3", 480, 60, "2.0"),
    ("ald-118", "ALD-118", "Alder", "Phase 3", 900, 85, "1.2"),
    ("kst-301", "KST-301", "Kestrel", "Phase 1b", 48, 6, "1.0"),
)
MINUTES = {"call": 30, "screening": 45, "infusion": 120, "day 1": 105, "week": 75}
TYPES = {
    "screening": "screening", "day 1": "baseline", "follow-up": "follow_up",
    "end of treatment": "end_of_treatment",
}  # fmt: skip
# Timed samples: minutes from the dose, and how much earlier or later each may be drawn.
BEFORE_AND_AFTER = ((-30, 30, 0), (60, 10, 10))
AMENDED = (*BEFORE_AND_AFTER, (240, 30, 30), (1440, 120, 120))
OVERNIGHT = (*BEFORE_AND_AFTER, (240, 15, 15), (720, 30, 30), (1440, 60, 60), (2880, 120, 120))
NIGHTS = {"Infusion 3": 3}  # of the visits for which subjects stay
TIMED = {
    "PK serum samples": {
        "Day 1": BEFORE_AND_AFTER, "Week 4": BEFORE_AND_AFTER, "Week 12": BEFORE_AND_AFTER,
        "Infusion 1": BEFORE_AND_AFTER, "Infusion 3": OVERNIGHT,
    }
}  # fmt: skip
DOSES = ("Study drug 300 mg SC", "Study drug infusion")
Need = VisitProcedure.Need


def add_trial(sponsor: Sponsor, row: tuple[str, str, str, str, int, int, str], by: User) -> Trial:
    """A recruiting trial with its approved schedule of activities."""
    code, protocol_number, name, phase, subjects, sites, _ = row
    trial = trials.add_trial(
        sponsor, by=by,
        values={
            "code": code, "protocol_number": protocol_number, "name": name, "phase": phase,
            "planned_subjects": subjects, "planned_sites": sites,
        },
    )  # fmt: skip
    for status in ("start_up", "recruiting"):
        trials.set_trial_status(trial, status=status, by=by)
    return trial


def add_schedule(trial: Trial, number: str, by: User, password: str) -> ScheduleVersion:
    """The trial's table, pasted into a draft, its samples timed, and approved."""
    version = schedules.draft(trial, number=number, by=by)
    table = pasted.read((DATA / "protocols" / f"{trial.code}.tsv").read_text(encoding="utf-8"))
    heads = codes(visit.name for visit in table.visits)
    drafts.paste(
        version, by=by, procedures=table.procedures,
        visits=[
            {**pasted.columns_of(visit, head), **_details(visit.name)}
            for visit, head in zip(table.visits, heads, strict=True)
        ],
    )  # fmt: skip
    _time(version, by)
    criteria = DATA / "protocols" / f"{trial.code}-criteria.tsv"
    if criteria.exists():
        rows = (line.split("\t") for line in criteria.read_text(encoding="utf-8").splitlines())
        schedules.add_criteria(version, criteria=[(row[0], row[1], row[2]) for row in rows], by=by)
    approve(version, by, password)
    return version


def approve(version: ScheduleVersion, by: User, password: str) -> None:
    """Sign a draft as it stands."""
    proof = Proof(by.username, password, schedules.approve.hash_of(version))
    schedules.approve(version, proof=proof, by=by)


def _details(name: str) -> dict[str, Any]:
    """What the table leaves open: how long a visit takes, what it is for, and whether it is a call."""
    plain = name.casefold()
    return {
        "duration": next((MINUTES[word] for word in MINUTES if word in plain), 60),
        "type": next((TYPES[word] for word in TYPES if plain.startswith(word)), "treatment"),
        "modality": _modality(name),
        "nights": NIGHTS.get(name, 0),
    }


def _modality(name: str) -> str:
    if name in NIGHTS:
        return "inpatient"
    return "phone" if "call" in name.casefold() else "clinic"


def _time(version: ScheduleVersion, by: User) -> None:
    for procedure in version.procedures.filter(name__in=TIMED):
        for visit in version.visits.filter(
            name__in=TIMED[procedure.name], cells__procedure=procedure
        ):
            drafts.set_cell(
                visit, procedure=procedure, need=Need.TIMED,
                offsets=TIMED[procedure.name][visit.name], by=by,
            )  # fmt: skip
            for cell in visit.cells.filter(procedure__name__in=DOSES).select_related("procedure"):
                drafts.set_cell(
                    visit, procedure=cell.procedure, need=cell.need, is_time_zero=True, by=by
                )


class Amendment:
    """The draft that follows an approved version: protocol amendment 4.0 of TMR-204."""

    def __init__(self, version: ScheduleVersion, number: str, by: User) -> None:
        self.by = by
        self.version = drafts.copy(version, number=number, by=by)

    def write(self) -> None:
        """Three visits more, windows narrowed, one visit by phone, samples added and cells gone."""
        for code in ("W12", "W16"):
            self.change(code, early_days=3, late_days=3)
        self.change("W14", modality="phone", duration=30)
        self.add("W1", "Week 1 call", 2, days=7, early_days=2, late_days=2, modality="phone")
        self.add(
            "W13", "Week 13", 8, days=7, early_days=1, late_days=1, is_optional=True,
            after_visit=self.visit("W12"), duration=30,
        )  # fmt: skip
        self.add(
            "W36", "Week 36 call", 15, epoch="Follow-up", days=252, early_days=14, late_days=14,
            modality="phone", is_optional=True,
        )  # fmt: skip
        for code in ("W1", "W13", "W36"):
            self.ask(code, "Adverse events", Need.REQUIRED)
            self.ask(code, "Concomitant medication", Need.REQUIRED)
        self.ask("W1", "Injection site check", Need.REQUIRED)
        self.ask("W1", "Diary and injection training", Need.CONDITIONAL, "If not trained on Day 1")
        self.ask("W13", "PK serum samples", Need.TIMED, offsets=((1440, 120, 120),))
        self.ask("W12", "PK serum samples", Need.TIMED, offsets=AMENDED)
        self.ask("W6", "12-lead ECG", "")
        self.ask("W14", "Injection site check", "")
        self.ask("W14", "Study drug 300 mg SC", "")

    def visit(self, code: str) -> VisitDefinition:
        """The visit of the draft with this short head."""
        found: VisitDefinition = self.version.visits.get(code=code)
        return found

    def change(self, code: str, **values: Any) -> None:
        """Change a visit."""
        drafts.change_visit(self.visit(code), values={"code": code, **values}, by=self.by)

    def add(
        self, code: str, name: str, place: int, *, epoch: str = "Treatment, 24 weeks", **values: Any
    ) -> None:
        """Add a visit."""
        given = {"code": code, "name": name, "duration": 30, **values}
        drafts.add_visit(self.version, values=given, place=place, epoch=epoch, by=self.by)

    def ask(self, code: str, name: str, need: str, condition: str = "", **values: Any) -> None:
        """Say how a procedure is asked for at a visit."""
        procedure = self.version.procedures.get(name=name)
        drafts.set_cell(
            self.visit(code), procedure=procedure, need=need, condition=condition, by=self.by,
            **values,
        )  # fmt: skip
