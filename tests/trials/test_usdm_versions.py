"""What differs between the versions of the standard, and files that are too old or something else."""

from __future__ import annotations

import pytest

from tests.trials.studies import after, anchor, codes, design, document, instance, raw, timeline
from trials import usdm

LINE = timeline([instance("a", "x"), instance("b", "y")], [anchor("a"), after("b", "P7D", "a")])
INCLUDED = {"code": "C25532", "decode": "Inclusion Criteria"}
EXCLUDED = {"code": "C99904x2", "decode": "EXCLUSION"}


def opened(version: object, *, held: dict | None = None, **more: object) -> usdm.Protocol:
    """The protocol of a file in a version, with more in its design and in its study version."""
    return usdm.read(raw(document(design(LINE, **more), version=version, **(held or {}))))


@pytest.mark.parametrize("version", ["4.0.0", "4.0", "v4.0", "3.11.0", "3.6.0", "3.0", "3", 4.0, 3])
def test_versions_3_to_4_are_read_without_a_word(version) -> None:
    assert not {code for code in codes(opened(version)) if code.startswith("version")}


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ("2.11.0", "version_old"),
        (2.11, "version_old"),
        ("2.12", "version_old"),
        ("5.0", "version_newer"),
        ("10.1", "version_newer"),
        ("", "version_unknown"),
        (None, "version_unknown"),
        ("four", "version_unknown"),
        ({}, "version_unknown"),
    ],
)
def test_other_versions_are_read_with_a_warning(version, code) -> None:
    protocol = opened(version)
    assert code in codes(protocol)
    assert len(protocol.visits) == 2


@pytest.mark.parametrize("version", ["2.10.0", "2.9", "2.0", "1.9", "0.1", "2"])
def test_versions_before_2_11_are_refused_with_a_way_out(version) -> None:
    with pytest.raises(usdm.RefusedFileError, match=r"too old.*Export the study again as USDM 3.0"):
        opened(version)


@pytest.mark.parametrize("key", ["studyTitle", "studyProtocolVersions", "studyDesigns", "studyId"])
def test_the_shape_of_old_files_is_refused_whatever_version_they_claim(key) -> None:
    for root in ("study", "clinicalStudy"):
        with pytest.raises(usdm.RefusedFileError, match="too old"):
            usdm.read(raw({"usdmVersion": "3.0", root: {key: ["x"]}}))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"protocolSection": {"identificationModule": {}}}, "registry record"),
        ({"resourceType": "Bundle"}, "has no “study”"),
        ({"study": []}, "has no “study”"),
        ({"study": {"id": "s", "name": "S"}}, "has no version"),
        ({"study": {"versions": [{"id": "v"}]}}, "no study design"),
        ({"study": {"versions": [{"id": "v", "studyDesigns": [None, 1, "x"]}]}}, "no study design"),
        ([{"study": {}}], "not one object"),
        ("study", "not one object"),
    ],
)
def test_something_else_is_refused_by_what_it_lacks(content, why) -> None:
    with pytest.raises(usdm.RefusedFileError, match=why):
        usdm.read(raw(content))


def test_wrappers_around_the_study_are_ignored() -> None:
    content = {"auditTrail": {"entryDateTime": "x"}, "links": {}, **document(design(LINE))}
    assert len(usdm.read(raw(content)).visits) == 2


def test_of_several_versions_and_designs_the_first_or_the_wanted_is_read() -> None:
    content = document(design(LINE), design(LINE, id="second", name="D2", label="The other"))
    content["study"]["versions"].append({"id": "older"})
    protocol = usdm.read(raw(content))
    assert (protocol.design_id, protocol.designs) == ("design", ("DESIGN", "D2"))
    assert {"several_versions", "several_designs"} <= codes(protocol)
    for wanted in ("second", "D2", "The other"):
        assert usdm.read(raw(content), design=wanted).design_id == "second"
    with pytest.raises(usdm.RefusedFileError, match="Choose one of: DESIGN, D2"):
        usdm.read(raw(content), design="third")


CRITERIA = [
    {"id": "c1", "identifier": "1", "category": INCLUDED, "text": "<p>Adult</p>"},
    {"id": "c2", "identifier": "2", "category": EXCLUDED, "text": "Pregnant"},
]
ITEMS = [{"id": "i1", "text": "<p>Adult</p>"}, {"id": "i2", "text": "Pregnant"}]
BY_ITEM = [
    {"id": f"c{n}", "identifier": str(n), "category": kind, "criterionItemId": f"i{n}"}
    for n, kind in ((1, INCLUDED), (2, EXCLUDED))
]


@pytest.mark.parametrize(
    "protocol",
    [
        pytest.param(lambda: opened("3.0", population={"criteria": CRITERIA}), id="3.0"),
        pytest.param(
            lambda: opened("3.6", population={"criterionIds": ["c1"]}, held={"criteria": CRITERIA}),
            id="3.6",
        ),
        pytest.param(
            lambda: opened(
                "4.0", eligibilityCriteria=BY_ITEM, held={"eligibilityCriterionItems": ITEMS}
            ),
            id="4.0",
        ),
    ],
)
def test_criteria_are_found_where_each_version_keeps_them(protocol) -> None:
    found = protocol().criteria
    assert [(one.category.value, one.identifier, one.text) for one in found] == [
        ("inclusion", "1", "Adult"),
        ("exclusion", "2", "Pregnant"),
    ]


def test_criteria_without_category_or_text_are_reported() -> None:
    protocol = opened("4.0", eligibilityCriteria=[{"id": "c1"}, {"id": "c2", "category": INCLUDED}])
    assert len(protocol.criteria) == 1
    assert {"criterion_unsorted", "criterion_empty"} <= codes(protocol)


SPONSOR = {"id": "o1", "name": "ACME", "identifier": "1", "identifierScheme": "DUNS"}
KIND = {"code": "C70793", "decode": "Clinical Study Sponsor"}


@pytest.mark.parametrize(
    "protocol",
    [
        pytest.param(
            lambda: opened(
                "3.0",
                held={
                    "studyIdentifiers": [
                        {
                            "id": "n1",
                            "studyIdentifier": "AC-1",
                            "studyIdentifierScope": SPONSOR | {"organizationType": KIND},
                        }
                    ]
                },
            ),
            id="3.0",
        ),
        pytest.param(
            lambda: opened(
                "3.8",
                held={
                    "studyIdentifiers": [{"id": "n1", "text": "AC-1", "scopeId": "o1"}],
                    "organizations": [SPONSOR | {"type": KIND}],
                },
            ),
            id="3.8",
        ),
        pytest.param(
            lambda: opened(
                "4.0",
                held={
                    "studyIdentifiers": [{"id": "n1", "text": "AC-1", "scopeId": "o1"}],
                    "organizations": [SPONSOR | {"type": KIND}],
                    "roles": [{"id": "r", "code": KIND, "organizationIds": ["o1"]}],
                },
            ),
            id="4.0",
        ),
    ],
)
def test_numbers_and_sponsor_are_found_where_each_version_keeps_them(protocol) -> None:
    found = protocol()
    assert [(one.text, one.organisation) for one in found.identifiers] == [("AC-1", "ACME")]
    assert found.sponsor
    assert (found.sponsor.name, found.sponsor.identifier) == ("ACME", "1")
    assert [one.name for one in found.organisations] == ["ACME"]


def test_phase_type_and_conditions_are_found_in_design_or_version() -> None:
    phase = {"standardCode": {"code": "C15601", "decode": "Phase II Trial"}}
    kind = {"code": "C98388", "decode": "Interventional Study"}
    for protocol in (
        opened("3.0", held={"studyPhase": phase, "studyType": kind}),
        opened("4.0", studyPhase=phase, studyType=kind),
    ):
        assert (protocol.phase, protocol.study_type) == ("Phase II Trial", "Interventional Study")
    assert opened("4.0").study_type == "Interventional"


def test_settings_of_encounters_are_found_under_both_names() -> None:
    home = {"code": "C18002", "decode": "Home"}
    call = {"code": "C171537", "decode": "Telephone Call"}
    for key in ("environmentalSetting", "environmentalSettings"):
        encounters = [{"id": "x", "label": "Day 1", key: [home], "contactModes": [call]}]
        visit = opened("3.0", encounters=encounters).visits[0]
        assert (visit.settings, visit.contact_modes) == (("Home",), ("Telephone Call",))


def test_planned_numbers_may_be_a_quantity_a_range_or_only_in_cohorts() -> None:
    quantity = {"value": 300.0, "unit": None}
    numbers = {"minValue": 200, "maxValue": 300}
    quantities = {"minValue": {"value": 200.0}, "maxValue": {"value": 300.0}}
    populations = [
        *({"plannedEnrollmentNumber": one} for one in (quantity, numbers, quantities)),
        {"cohorts": [{"plannedEnrollmentNumber": {"value": n}} for n in (100, 200)]},
    ]
    for population in populations:
        assert opened("4.0", population=population).population.planned_subjects == 300
    for broken in ({"value": "many"}, {"value": -1}, {"value": 1e300}, {"value": None}, [], "300"):
        population = {"plannedEnrollmentNumber": broken}
        assert opened("4.0", population=population).population.planned_subjects is None


def test_amendments_stand_by_the_one_before_else_by_number_with_letters_last() -> None:
    linked = [{"id": "2", "number": "B", "previousId": "1"}, {"id": "1", "number": "A"}]
    counted = [{"id": str(n), "number": number} for n, number in enumerate(["A", "10", "9", 1])]
    for given, expected in ((linked, ["A", "B"]), (counted, ["1", "9", "10", "A"])):
        protocol = opened("4.0", held={"amendments": given})
        assert [one.number for one in protocol.amendments] == expected


def test_whether_an_amendment_is_substantial_is_said_by_flag_or_by_impacts() -> None:
    said = [
        ({"substantialImpact": True}, True),
        ({"substantialImpact": False}, False),
        ({"impacts": [{"isSubstantial": False}, {"isSubstantial": True}]}, True),
        ({"impacts": [{"isSubstantial": False}]}, False),
        ({"impacts": []}, None),
    ]
    for given, expected in said:
        (found,) = opened("4.0", held={"amendments": [{"id": "1", **given}]}).amendments
        assert found.is_substantial is expected


def test_reasons_and_changes_of_an_amendment_are_read() -> None:
    other = {"code": {"code": "C17649", "decode": "Other"}, "otherReason": "Typing errors"}
    safety = {"code": {"code": "C207609", "decode": "New Safety Information"}}
    sections = [{"sectionNumber": "5.1", "sectionTitle": "Inclusion"}, {}]
    change = {"summary": "<p>Age</p>", "rationale": "New data", "changedSections": sections}
    given = {"id": "1", "primaryReason": safety, "secondaryReasons": [other], "changes": [change]}
    (found,) = opened("4.0", held={"amendments": [given]}).amendments
    assert found.reasons == ("New Safety Information", "Typing errors")
    assert [(c.summary, c.rationale, c.sections) for c in found.changes] == [
        ("Age", "New data", ("5.1 Inclusion",))
    ]


def test_tags_are_resolved_through_the_dictionary_and_lost_ones_stay_readable() -> None:
    reference = (
        '<usdm:ref klass="StudyDesignPopulation" id="pop" attribute="plannedAge"></usdm:ref>'
    )
    words = [
        {"tag": "age", "reference": reference},
        {"tag": "self", "reference": '<usdm:tag name="self"/>'},
    ]
    items = [
        {"id": "i1", "dictionaryId": "d", "text": 'Aged <usdm:tag name="age"/> & <b>well</b>'},
        {"id": "i2", "dictionaryId": "d", "text": '<usdm:tag name="self"/> <usdm:tag name="no"/>'},
    ]
    age = {"minValue": 18, "maxValue": 70, "unit": {"decode": "years"}}
    for held, where in (
        ({"dictionaries": [{"id": "d", "parameterMaps": words}]}, {}),
        ({}, {"dictionaries": [{"id": "d", "parameterMaps": words}]}),
    ):
        protocol = opened(
            "4.0", held={"eligibilityCriterionItems": items, **held},
            eligibilityCriteria=BY_ITEM, population={"id": "pop", "plannedAge": age}, **where,
        )  # fmt: skip
        assert [one.text for one in protocol.criteria] == [
            "Aged 18 to 70 years & well",
            "[self] [no]",
        ]
        assert "tag_unresolved" in codes(protocol)


def test_markup_of_texts_is_made_safe_and_the_raw_text_kept() -> None:
    hostile = '<script>alert(1)</script><img src=x onerror=alert(1)><p onclick="x">Fine</p><a href="javascript:1">x</a>'
    items = [{"id": "i1", "text": hostile}]
    (found,) = opened(
        "4.0", eligibilityCriteria=BY_ITEM[:1], held={"eligibilityCriterionItems": items}
    ).criteria
    assert found.html == "<p>Fine</p>x"
    assert found.text == "Fine\nx"
    assert found.raw == hostile
