"""What a protocol file says, as values that no longer depend on the version of the file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from trials.usdm.schedule import (
    Activity,
    Cell,
    RepeatGroup,
    Timeline,
    TimelineKind,
    Unreachable,
    Visit,
)

MAX_SUBJECTS = 10_000_000


class Level(StrEnum):
    """What a finding asks of the person who imports."""

    ERROR = "error"  # needs an answer: a part of the schedule cannot be computed
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the file that a person should know, and where it is."""

    code: str
    message: str
    where: str = ""
    level: Level = Level.WARNING


@dataclass(frozen=True, slots=True)
class Titles:
    """The titles of a study, each empty where not given."""

    brief: str = ""
    official: str = ""
    public: str = ""
    scientific: str = ""
    acronym: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """A site as thinly as protocols name it."""

    source_id: str
    name: str
    country: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation, with what it is called and the sites it manages."""

    source_id: str
    name: str
    type: str
    identifier_scheme: str
    identifier: str
    sites: tuple[Site, ...]


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number the study goes by, and who gave it."""

    source_id: str
    text: str
    organisation: str
    organisation_type: str


@dataclass(frozen=True, slots=True)
class GovernanceDate:
    """A date on which something was approved, issued or became effective."""

    kind: str
    text: str
    on: date | None
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A lowest and a highest number; the same twice where the file gives one."""

    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""

    def __bool__(self) -> bool:
        return self.minimum is not None or self.maximum is not None

    @property
    def least(self) -> float:
        """The lowest number; none where only a highest is given."""
        return self.minimum or 0

    @property
    def most(self) -> float:
        """The highest number, else the lowest."""
        return self.least if self.maximum is None else self.maximum


@dataclass(frozen=True, slots=True)
class Population:
    """Whom the study wants, and how many."""

    enrolment: Span
    completion: Span
    age: Span
    sexes: tuple[str, ...]
    includes_healthy: bool | None

    @property
    def planned_subjects(self) -> int | None:
        """How many are to be enrolled, where that is a number one can plan with."""
        most = self.enrolment.most
        return round(most) if 0 < most <= MAX_SUBJECTS else None


@dataclass(frozen=True, slots=True)
class Arm:
    """A group of subjects that is treated alike."""

    source_id: str
    name: str
    label: str
    type: str
    description: str


@dataclass(frozen=True, slots=True)
class Epoch:
    """A period of the study."""

    source_id: str
    name: str
    label: str
    type: str


class Category(StrEnum):
    """Whether a criterion lets in or keeps out."""

    INCLUSION = "inclusion"
    EXCLUSION = "exclusion"


@dataclass(frozen=True, slots=True)
class Criterion:
    """An eligibility criterion as it stands in the file, as safe HTML and as plain lines."""

    source_id: str
    identifier: str
    category: Category
    raw: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """What an amendment changed, why, and in which sections."""

    summary: str
    rationale: str
    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Amendment:
    """A numbered change of the protocol."""

    source_id: str
    number: str
    summary: str
    reasons: tuple[str, ...]
    is_substantial: bool | None
    dates: tuple[GovernanceDate, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is in the file, also of what this system does not use."""

    objects: int
    timelines: int
    objectives: int
    endpoints: int


@dataclass(frozen=True, slots=True)
class Protocol:
    """A study definition: one design of one version of one study."""

    usdm_version: str
    system_name: str
    system_version: str
    sha256: str
    study_name: str
    version: str
    version_id: str
    design_id: str
    design: str
    designs: tuple[str, ...]
    titles: Titles
    identifiers: tuple[Identifier, ...]
    organisations: tuple[Organisation, ...]
    sponsor: Organisation | None
    phase: str
    study_type: str
    population: Population
    dates: tuple[GovernanceDate, ...]
    arms: tuple[Arm, ...]
    epochs: tuple[Epoch, ...]
    activities: tuple[Activity, ...]
    timelines: tuple[Timeline, ...]
    criteria: tuple[Criterion, ...]
    amendments: tuple[Amendment, ...]
    counts: Counts
    warnings: tuple[Finding, ...]

    @property
    def main(self) -> Timeline | None:
        """The timeline of the planned visits."""
        return next((line for line in self.timelines if line.kind is TimelineKind.MAIN), None)

    @property
    def visits(self) -> tuple[Visit, ...]:
        """The planned visits in order."""
        return self.main.visits if self.main else ()

    @property
    def cells(self) -> tuple[Cell, ...]:
        """What is done at the planned visits."""
        return self.main.cells if self.main else ()

    @property
    def repeat_groups(self) -> tuple[RepeatGroup, ...]:
        """The loops among the planned visits."""
        return self.main.repeat_groups if self.main else ()

    @property
    def unreachable(self) -> tuple[Unreachable, ...]:
        """Instances of the main timeline to which it never leads."""
        return self.main.unreachable if self.main else ()

    @property
    def event_timelines(self) -> tuple[Timeline, ...]:
        """The timelines that begin when something happens."""
        return tuple(line for line in self.timelines if line.kind is TimelineKind.EVENT)

    @property
    def blocks_commit(self) -> bool:
        """Whether a part of the schedule waits for a person's answer."""
        return any(finding.level is Level.ERROR for finding in self.warnings)
