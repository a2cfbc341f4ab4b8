"""Records of ClinicalTrials.gov (API version 2), read into plain values and never trusted."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from core.dates import PartialDate
from trials.untrusted import MAX_BYTES, Node, RefusedFileError, load

_NCT = re.compile(r"NCT\d{8}", re.ASCII)
MAX_SUBJECTS = 10_000_000
PHASES = {
    "NA": "Not applicable",
    "EARLY_PHASE1": "Early phase 1",
    "PHASE1": "Phase 1",
    "PHASE2": "Phase 2",
    "PHASE3": "Phase 3",
    "PHASE4": "Phase 4",
}
STATUSES = {
    "ACTIVE_NOT_RECRUITING", "APPROVED_FOR_MARKETING", "AVAILABLE", "COMPLETED",
    "ENROLLING_BY_INVITATION", "NO_LONGER_AVAILABLE", "NOT_YET_RECRUITING", "RECRUITING",
    "SUSPENDED", "TEMPORARILY_NOT_AVAILABLE", "TERMINATED", "UNKNOWN", "WITHDRAWN", "WITHHELD",
}  # fmt: skip
# The register's English names of countries that other lists spell in another way.
COUNTRIES = {
    "Czech Republic": "Czechia",
    "Iran, Islamic Republic of": "Iran",
    "Korea, Democratic People's Republic of": "North Korea",
    "Korea, Republic of": "South Korea",
    "Macedonia, The Former Yugoslav Republic of": "North Macedonia",
    "Moldova, Republic of": "Moldova",
    "Russian Federation": "Russia",
    "Swaziland": "Eswatini",
    "Syrian Arab Republic": "Syria",
    "Tanzania, United Republic of": "Tanzania",
    "Turkey (Türkiye)": "Türkiye",
    "Turkey": "Türkiye",
    "Viet Nam": "Vietnam",
}


@dataclass(frozen=True, slots=True)
class Note:
    """Something in the record that a person should know, and where it is."""

    code: str
    message: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class OtherId:
    """A number of the study elsewhere."""

    text: str
    type: str
    domain: str


@dataclass(frozen=True, slots=True)
class RecordedDate:
    """A date of the study, as exact as it is known, planned or past."""

    on: PartialDate
    is_actual: bool | None


@dataclass(frozen=True, slots=True)
class ArmGroup:
    """An arm or cohort with the names of its interventions."""

    label: str
    type: str
    description: str
    interventions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Intervention:
    """What is given, done or observed."""

    name: str
    type: str
    description: str


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whom the study takes; the criteria are one text with headings and bullets."""

    sex: str
    minimum_age: str
    maximum_age: str  # nothing means no limit
    text: str


@dataclass(frozen=True, slots=True)
class Location:
    """A place of the study, a candidate for a site; contacts by name only."""

    facility: str
    city: str
    state: str
    postcode: str
    country: str
    status: str
    contacts: tuple[str, ...]

    @property
    def name(self) -> str:
        """The facility; where the register keeps it back, the town."""
        return self.facility or self.city or self.country


@dataclass(frozen=True, slots=True)
class Enrolment:
    """How many subjects, planned or in the end."""

    count: int
    is_actual: bool | None


@dataclass(frozen=True, slots=True)
class RegistryRecord:
    """A study as the register describes it."""

    sha256: str
    nct_id: str
    org_id: str
    other_ids: tuple[OtherId, ...]
    brief_title: str
    official_title: str
    acronym: str
    study_type: str
    phases: tuple[str, ...]
    allocation: str
    masking: str
    status: str
    why_stopped: str
    sponsor: str
    sponsor_class: str
    collaborators: tuple[str, ...]
    enrolment: Enrolment | None
    start: RecordedDate | None
    primary_completion: RecordedDate | None
    completion: RecordedDate | None
    conditions: tuple[str, ...]
    arms: tuple[ArmGroup, ...]
    interventions: tuple[Intervention, ...]
    eligibility: Eligibility
    locations: tuple[Location, ...]
    warnings: tuple[Note, ...]


def read(raw: bytes, *, max_bytes: int = MAX_BYTES) -> RegistryRecord:
    """The record in a file, or a refusal that says why there is none."""
    protocol = _protocol(load(raw, max_bytes=max_bytes))
    notes: list[Note] = []
    ids = protocol.node("identificationModule")
    status = protocol.node("statusModule")
    sponsors = protocol.node("sponsorCollaboratorsModule")
    design = protocol.node("designModule")
    arms = protocol.node("armsInterventionsModule")
    return RegistryRecord(
        sha256=hashlib.sha256(raw).hexdigest(),
        nct_id=_nct_id(ids),
        org_id=ids.node("orgStudyIdInfo").short("id"),
        other_ids=_other_ids(ids),
        brief_title=ids.text("briefTitle"),
        official_title=ids.text("officialTitle"),
        acronym=ids.short("acronym"),
        study_type=design.short("studyType"),
        phases=tuple(PHASES.get(phase, phase) for phase in design.texts("phases")),
        allocation=design.node("designInfo").short("allocation"),
        masking=design.node("designInfo").node("maskingInfo").short("masking"),
        status=_status(status.short("overallStatus"), "overallStatus", notes),
        why_stopped=status.text("whyStopped"),
        sponsor=sponsors.node("leadSponsor").short("name"),
        sponsor_class=sponsors.node("leadSponsor").short("class"),
        collaborators=tuple(n.short("name") for n in sponsors.nodes("collaborators")),
        enrolment=_enrolment(design.node("enrollmentInfo"), notes),
        start=_date(status, "startDateStruct", notes),
        primary_completion=_date(status, "primaryCompletionDateStruct", notes),
        completion=_date(status, "completionDateStruct", notes),
        conditions=protocol.node("conditionsModule").texts("conditions"),
        arms=tuple(map(_arm, arms.nodes("armGroups"))),
        interventions=tuple(map(_intervention, arms.nodes("interventions"))),
        eligibility=_eligibility(protocol.node("eligibilityModule")),
        locations=_locations(protocol.node("contactsLocationsModule"), notes),
        warnings=tuple(notes),
    )


def _protocol(root: Node) -> Node:
    if root.has("FullStudiesResponse") or root.has("FullStudy") or root.has("Study"):
        raise RefusedFileError(
            "This is a record of the register's old interface, which has ended. "
            "Download it again as JSON from ClinicalTrials.gov."
        )
    if studies := root.nodes("studies"):
        if len(studies) > 1:
            raise RefusedFileError(
                f"The file has {len(studies)} studies. Download the record of one study."
            )
        root = studies[0]
    protocol = root.node("protocolSection")
    if not protocol:
        raise RefusedFileError(
            "The file is JSON, but not a ClinicalTrials.gov record: it has no “protocolSection”. "
            "Download the study as JSON from ClinicalTrials.gov."
        )
    return protocol


def _nct_id(ids: Node) -> str:
    found = ids.short("nctId").upper()
    if not _NCT.fullmatch(found):
        raise RefusedFileError(
            f"The record has no valid NCT number{found and ': ' + found}. "
            "Download it again from ClinicalTrials.gov."
        )
    return found


def _other_ids(ids: Node) -> tuple[OtherId, ...]:
    aliases = (OtherId(text, "NCT_ALIAS", "") for text in ids.texts("nctIdAliases"))
    others = (
        OtherId(node.short("id"), node.short("type"), node.short("domain"))
        for node in ids.nodes("secondaryIdInfos")
    )
    return tuple(one for one in (*aliases, *others) if one.text)


def _status(text: str, where: str, notes: list[Note]) -> str:
    if text and text not in STATUSES:
        notes.append(
            Note("status_unknown", f"The status {text} is not one of the register.", where)
        )
    return text


def _enrolment(node: Node, notes: list[Note]) -> Enrolment | None:
    count = node.number("count")
    if count is None or not count.is_integer() or not 0 <= count <= MAX_SUBJECTS:
        notes.append(Note("enrolment_missing", "The record gives no enrolment.", "enrollmentInfo"))
        return None
    return Enrolment(int(count), _is_actual(node))


def _is_actual(node: Node) -> bool | None:
    return {"ACTUAL": True, "ESTIMATED": False}.get(node.text("type"))


def _date(status: Node, key: str, notes: list[Note]) -> RecordedDate | None:
    node = status.node(key)
    text = node.short("date")
    if not text:
        return None
    try:
        return RecordedDate(PartialDate.read(text), _is_actual(node))
    except ValueError:
        notes.append(Note("date_unreadable", f"“{text}” is not a date and was left out.", key))
        return None


def _arm(node: Node) -> ArmGroup:
    return ArmGroup(
        label=node.short("label"),
        type=node.short("type"),
        description=node.text("description"),
        interventions=node.texts("interventionNames"),
    )


def _intervention(node: Node) -> Intervention:
    return Intervention(node.short("name"), node.short("type"), node.text("description"))


def _eligibility(node: Node) -> Eligibility:
    return Eligibility(
        sex=node.short("sex"),
        minimum_age=node.short("minimumAge"),
        maximum_age=node.short("maximumAge"),
        text=node.text("eligibilityCriteria"),
    )


def _locations(module: Node, notes: list[Note]) -> tuple[Location, ...]:
    """The places, each facility of a town once; unnamed ones are all kept."""
    found: dict[object, Location] = {}
    for index, node in enumerate(module.nodes("locations")):
        location = _location(node, notes)
        key = (location.facility.casefold(), location.city, location.postcode, location.country)
        if location.facility and key in found:
            notes.append(
                Note(
                    "location_repeated", f"{location.name} is listed twice.", f"locations[{index}]"
                )
            )
        else:
            found[key if location.facility else index] = location
    if unnamed := sum(not one.facility for one in found.values()):
        notes.append(
            Note(
                "facility_missing", f"{unnamed} locations have a town but no facility.", "locations"
            )
        )
    return tuple(found.values())


def _location(node: Node, notes: list[Note]) -> Location:
    country = node.short("country")
    names = (contact.short("name") for contact in node.nodes("contacts"))
    return Location(
        facility=node.short("facility"),
        city=node.short("city"),
        state=node.short("state"),
        postcode=node.short("zip"),
        country=COUNTRIES.get(country, country),
        status=_status(node.short("status"), "locations", notes),
        contacts=tuple(dict.fromkeys(filter(None, names))),
    )
