"""From the bytes of a file to a protocol."""

from __future__ import annotations

import hashlib

from trials.untrusted import MAX_BYTES
from trials.usdm.amendments import read_amendments
from trials.usdm.cells import read_activities
from trials.usdm.criteria import read_criteria
from trials.usdm.document import Document, open_document
from trials.usdm.findings import Findings
from trials.usdm.study import (
    read_arms,
    read_dates,
    read_epochs,
    read_identifiers,
    read_organisations,
    read_phase,
    read_population,
    read_sponsor,
    read_study_type,
    read_titles,
)
from trials.usdm.timelines import read_timelines
from trials.usdm.values import Counts, Protocol


def read(raw: bytes, *, design: str = "", max_bytes: int = MAX_BYTES) -> Protocol:
    """The protocol in a USDM file: of the design named by id, name or label, else of the first."""
    findings = Findings()
    document = open_document(raw, findings, max_bytes=max_bytes, design=design)
    arms = read_arms(document)
    epochs = read_epochs(document, findings)
    activities = read_activities(document.design.nodes("activities"), findings)
    timelines = read_timelines(document, activities, arms, epochs, findings)
    criteria = read_criteria(document, findings)
    amendments = read_amendments(document, findings)
    return Protocol(
        usdm_version=document.usdm_version,
        system_name=document.root.short("systemName"),
        system_version=document.root.short("systemVersion"),
        sha256=hashlib.sha256(raw).hexdigest(),
        study_name=document.study.name,
        version=document.version.short("versionIdentifier"),
        version_id=document.version.id,
        design_id=document.design.id,
        design=document.design.name,
        designs=document.designs,
        titles=read_titles(document),
        identifiers=read_identifiers(document),
        organisations=read_organisations(document),
        sponsor=read_sponsor(document),
        phase=read_phase(document),
        study_type=read_study_type(document),
        population=read_population(document),
        dates=read_dates(document.version),
        arms=arms,
        epochs=epochs,
        activities=activities,
        timelines=timelines,
        criteria=criteria,
        amendments=amendments,
        counts=_counts(document),
        warnings=findings.all(),
    )


def _counts(document: Document) -> Counts:
    objectives = document.design.nodes("objectives")
    return Counts(
        objects=len(document.objects),
        timelines=len(document.design.nodes("scheduleTimelines")),
        objectives=len(objectives),
        endpoints=sum(len(one.nodes("endpoints")) for one in objectives),
    )
