"""Records of ClinicalTrials.gov: every field, and records that are broken."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from core.dates import PartialDate
from trials import registry
from trials.registry import (
    ArmGroup,
    Enrolment,
    Intervention,
    Location,
    OtherId,
    RecordedDate,
    RegistryRecord,
)
from trials.untrusted import RefusedFileError

DATA = Path(__file__).resolve().parent.parent / "data" / "ctgov"


def stored(number: str) -> RegistryRecord:
    return registry.read((DATA / f"{number}.json").read_bytes())


def made(**modules: Any) -> RegistryRecord:
    """The record of a study with these modules, and a number."""
    modules.setdefault("identificationModule", {"nctId": "NCT00000001"})
    return registry.read(json.dumps({"protocolSection": modules}).encode())


def noted(record: RegistryRecord) -> list[str]:
    return [note.code for note in record.warnings]


def test_a_completed_trial_with_results_is_read_field_by_field() -> None:
    record = stored("NCT02210780")
    raw = (DATA / "NCT02210780.json").read_bytes()
    assert record.sha256 == hashlib.sha256(raw).hexdigest()
    assert (record.nct_id, record.org_id, record.acronym) == ("NCT02210780", "R668-AD-1314", "")
    assert record.brief_title == (
        "Study of Dupilumab and Immune Responses in Adults With Atopic Dermatitis (AD)"
    )
    assert record.official_title.startswith("A Randomized, Double-Blind, Placebo-Controlled")
    assert (record.study_type, record.phases) == ("INTERVENTIONAL", ("Phase 2",))
    assert (record.allocation, record.masking) == ("RANDOMIZED", "TRIPLE")
    assert (record.status, record.why_stopped) == ("COMPLETED", "")
    assert (record.sponsor, record.sponsor_class) == ("Regeneron Pharmaceuticals", "INDUSTRY")
    assert record.collaborators == ("Sanofi",)
    assert record.enrolment == Enrolment(194, is_actual=True)
    assert record.start == RecordedDate(PartialDate(2014, 8, 5), is_actual=True)
    finished = RecordedDate(PartialDate(2015, 9, 15), is_actual=True)
    assert record.primary_completion == record.completion == finished
    assert record.conditions == ("Atopic Dermatitis",)
    assert [(arm.label, arm.interventions) for arm in record.arms] == [
        ("Placebo qw", ("Drug: Placebo",)),
        ("Dupilumab 300 mg qw", ("Drug: Dupilumab",)),
    ]
    assert [(one.name, one.type) for one in record.interventions] == [
        ("Dupilumab", "DRUG"), ("Placebo", "DRUG"),
    ]  # fmt: skip
    assert (record.eligibility.sex, record.eligibility.minimum_age) == ("ALL", "18 Years")
    assert record.eligibility.maximum_age == "64 Years"
    assert record.eligibility.text.startswith("Key Inclusion Criteria:\n\n1. Male or female")
    assert len(record.locations) == 42
    assert record.locations[0].name == "Birmingham"
    assert noted(record) == ["facility_missing"]


def test_locations_have_status_and_contacts_by_name_only() -> None:
    record = stored("NCT03475563")
    assert len(record.locations) == 3
    assert record.locations[0] == Location(
        facility="Hospital Universitari Parc Taulí", city="Sabadell", state="Barcelona",
        postcode="08208", country="Spain", status="RECRUITING", contacts=("Eduard Bosch, MD",),
    )  # fmt: skip
    assert "@" not in repr(record.locations)
    assert "555" not in repr(record.locations)
    assert (record.status, record.phases, record.enrolment) == (
        "UNKNOWN", (), Enrolment(100, is_actual=False),
    )  # fmt: skip


def test_planned_dates_other_numbers_and_collaborators_are_read() -> None:
    record = stored("NCT06171568")
    assert record.status == "NOT_YET_RECRUITING"
    assert record.start == RecordedDate(PartialDate(2024, 2, 1), is_actual=False)
    assert record.other_ids == (OtherId("2023-A00386-39", "OTHER", "IDRCB"),)
    assert len(record.collaborators) == 2
    assert record.eligibility.maximum_age == ""


def test_a_withdrawn_trial_has_no_subjects_a_reason_and_dates_to_the_month() -> None:
    record = stored("NCT00973089")
    assert (record.status, record.enrolment) == ("WITHDRAWN", Enrolment(0, is_actual=True))
    assert record.why_stopped.startswith("recruiting or enrolling")
    assert record.start == RecordedDate(PartialDate(2010, 5), is_actual=None)
    assert record.phases == ("Not applicable",)


def test_a_study_without_arms_keeps_its_intervention() -> None:
    record = stored("NCT05594173")
    assert (record.arms, len(record.interventions), len(record.locations)) == ((), 1, 1)
    assert record.other_ids == (OtherId("R01DC011020", "NIH", ""),)


def test_a_record_of_nothing_but_its_number_is_read_as_empty() -> None:
    record = made()
    assert record.nct_id == "NCT00000001"
    assert (record.brief_title, record.sponsor, record.status) == ("", "", "")
    assert (record.arms, record.locations, record.phases) == ((), (), ())
    assert (record.start, record.enrolment) == (None, None)
    assert noted(record) == ["enrolment_missing"]


def test_arms_and_interventions_keep_their_words() -> None:
    record = made(
        armsInterventionsModule={
            "armGroups": [{"label": "A", "type": "EXPERIMENTAL", "description": "d", "interventionNames": ["Drug: x", "Drug: x", ""]}],
            "interventions": [{"name": "x", "type": "DRUG", "description": "<b>y</b>"}],
        }
    )  # fmt: skip
    assert record.arms == (ArmGroup("A", "EXPERIMENTAL", "d", ("Drug: x",)),)
    assert record.interventions == (Intervention("x", "DRUG", "<b>y</b>"),)


def test_a_file_with_one_study_in_a_list_is_that_study_and_more_are_refused() -> None:
    study = {"protocolSection": {"identificationModule": {"nctId": " nct00000001 "}}}
    assert registry.read(json.dumps({"studies": [study]}).encode()).nct_id == "NCT00000001"
    with pytest.raises(RefusedFileError, match="2 studies"):
        registry.read(json.dumps({"studies": [study, study]}).encode())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"FullStudiesResponse": {"x": 1}}, "old interface"),
        ({"study": {"versions": []}}, "no “protocolSection”"),
        ({"protocolSection": []}, "no “protocolSection”"),
        ({"protocolSection": {"statusModule": {"x": 1}}}, "no valid NCT number"),
        ({"protocolSection": {"identificationModule": {"nctId": "NCT123"}}}, "number: NCT123"),
        ({"protocolSection": {"identificationModule": {"nctId": 5}}}, "no valid NCT number"),
        ({"protocolSection": {"identificationModule": {"nctId": "NCT٠١٢٣٤٥٦٧"}}}, "no valid NCT"),
    ],
)
def test_something_else_is_refused_with_a_way_out(content, why) -> None:
    with pytest.raises(RefusedFileError, match=why) as refused:
        registry.read(json.dumps(content).encode())
    assert "ownload" in str(refused.value)


@pytest.mark.parametrize("count", [-1, 1.5, 10**9, 10**400, "12", None, True, [], {}])
def test_an_enrolment_that_is_no_count_is_left_out(count) -> None:
    record = made(designModule={"enrollmentInfo": {"count": count, "type": "ACTUAL"}})
    assert record.enrolment is None
    assert "enrolment_missing" in noted(record)


@pytest.mark.parametrize(
    "text", ["2024-13", "2024-02-30", "soon", "20240101", "0000", "2024-1-1-1"]
)
def test_a_date_that_is_none_is_left_out_and_reported(text) -> None:
    record = made(statusModule={"startDateStruct": {"date": text}})
    assert record.start is None
    assert "date_unreadable" in noted(record)


def test_an_unknown_status_is_kept_and_reported() -> None:
    record = made(
        statusModule={"overallStatus": "PAUSED"},
        contactsLocationsModule={"locations": [{"facility": "F", "status": "MAYBE"}]},
    )
    assert (record.status, record.locations[0].status) == ("PAUSED", "MAYBE")
    assert noted(record).count("status_unknown") == 2


def test_a_facility_listed_twice_is_one_and_towns_without_facility_are_all_kept() -> None:
    places = [
        {"facility": "Clinic", "city": "Ulm", "country": "Germany"},
        {"facility": "CLINIC", "city": "Ulm", "country": "Germany"},
        {"facility": "Clinic", "city": "Bonn", "country": "Germany"},
        {"city": "Ulm", "country": "Germany"},
        {"city": "Ulm", "country": "Germany"},
    ]
    record = made(contactsLocationsModule={"locations": places})
    assert [one.name for one in record.locations] == ["Clinic", "Clinic", "Ulm", "Ulm"]
    assert {"location_repeated", "facility_missing"} <= set(noted(record))


def test_countries_have_the_names_other_lists_use() -> None:
    record = made(
        contactsLocationsModule={"locations": [{"facility": "F", "country": "Korea, Republic of"}]}
    )
    assert record.locations[0].country == "South Korea"
