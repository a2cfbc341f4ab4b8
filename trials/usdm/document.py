"""A USDM file opened: its version known, one study version and design chosen, objects indexed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from trials.untrusted import MAX_NAME, Node, RefusedFileError, load
from trials.usdm.findings import Findings

NEWEST = (4, 99)
OLDEST = (2, 11)
_OLD_STUDY = ("studyTitle", "studyId", "studyProtocolVersions", "studyDesigns", "studyVersion")
_VERSION = re.compile(r"[vV]?(\d{1,3})(?:\.(\d{1,3}))?")
_FAMILIES = ("encounters", "activities", "epochs", "arms", "scheduleTimelines")


@dataclass(frozen=True, slots=True)
class Document:
    """The parts of a USDM file from which everything else is read."""

    root: Node
    study: Node
    version: Node
    design: Node
    designs: tuple[str, ...]
    usdm_version: str
    objects: dict[str, Node]

    def about(self, key: str) -> list[Node]:
        """A list that older files keep in the design and newer ones in the study version."""
        return self.version.nodes(key) or self.design.nodes(key)


def open_document(raw: bytes, findings: Findings, *, max_bytes: int, design: str) -> Document:
    """The document in a file, or a refusal that says why it cannot be one."""
    root = load(raw, max_bytes=max_bytes)
    study = root.node("study") or root.node("clinicalStudy")
    usdm_version = root.short("usdmVersion")
    _refuse_foreign(root, study)
    _refuse_old(study, usdm_version)
    version = _version(study, findings)
    _note_version(usdm_version, findings)
    chosen, names = _design(version, design, findings)
    _refuse_unclear_ids(chosen, findings)
    objects = _objects(version)
    return Document(root, study, version, chosen, names, usdm_version, objects)


def _refuse_foreign(root: Node, study: Node) -> None:
    if root.has("protocolSection"):
        raise RefusedFileError(
            "This is a ClinicalTrials.gov record, not a USDM study definition. "
            "Import it as a registry record."
        )
    if not study:
        raise RefusedFileError(
            "The file is JSON, but not a USDM study definition: it has no “study”. "
            "Export the study as USDM JSON, version 3.0 to 4.0."
        )


def _refuse_old(study: Node, usdm_version: str) -> None:
    number = _number(usdm_version)
    has_old_shape = not study.nodes("versions") and any(map(study.has, _OLD_STUDY))
    if has_old_shape or (number and number < OLDEST):
        raise RefusedFileError(
            f"The file is USDM {usdm_version or '2.0 or older'}, which is too old to be read. "
            "Export the study again as USDM 3.0 to 4.0."
        )


def _number(text: str) -> tuple[int, int] | None:
    match = _VERSION.match(text)
    return (int(match[1]), int(match[2] or 0)) if match else None


def _note_version(usdm_version: str, findings: Findings) -> None:
    number = _number(usdm_version)
    if number is None:
        findings.warn(
            "version_unknown",
            f"The file does not say which USDM version it is{usdm_version and ': ' + usdm_version}.",
            "usdmVersion",
        )
    elif number > NEWEST:
        findings.warn(
            "version_newer",
            f"The file is USDM {usdm_version}, newer than this reader. Check every visit.",
            "usdmVersion",
        )
    elif number[0] == OLDEST[0]:
        findings.warn(
            "version_old",
            f"The file is USDM {usdm_version}, which is read as well as it can be. Check it all.",
            "usdmVersion",
        )


def _version(study: Node, findings: Findings) -> Node:
    versions = study.nodes("versions")
    if not versions:
        raise RefusedFileError(
            "The study in the file has no version, so there is no protocol to read. "
            "Export the study again as USDM 3.0 to 4.0."
        )
    if len(versions) > 1:
        findings.warn(
            "several_versions",
            f"The file has {len(versions)} versions of the study; "
            f"the first, {versions[0].short('versionIdentifier', 'id')}, is read.",
            versions[0].id,
        )
    return versions[0]


def _design(version: Node, wanted: str, findings: Findings) -> tuple[Node, tuple[str, ...]]:
    designs = version.nodes("studyDesigns")
    if not designs:
        raise RefusedFileError(
            "The study in the file has no study design, so there are no visits to read. "
            "Complete the design where the file was made, and export it again."
        )
    names = tuple(design.name for design in designs)
    if wanted:
        for design in designs:
            if wanted in {design.id, design.name, design.label}:
                return design, names
        raise RefusedFileError(
            f"The file has no design “{wanted}”. Choose one of: {', '.join(names)}."
        )
    if len(designs) > 1:
        findings.warn(
            "several_designs",
            f"The file has {len(designs)} study designs; the first, {names[0]}, is read.",
            designs[0].id,
        )
    return designs[0], names


def _refuse_unclear_ids(design: Node, findings: Findings) -> None:
    """Two different objects of one kind under one id: every reference to it would be a guess."""
    families = [(key, design.nodes(key)) for key in _FAMILIES]
    families += [
        ("instances", line.nodes("instances")) for line in design.nodes("scheduleTimelines")
    ]
    for key, nodes in families:
        first: dict[str, Node] = {}
        for node in nodes:
            if not node.id:
                findings.warn("id_missing", f"“{node.label or key}” has no id in “{key}”.", key)
            elif first.setdefault(node.id, node) != node:
                raise RefusedFileError(
                    f"Two different objects in “{key}” have the same id {node.short('id')}. "
                    "Ask the sender for a corrected file."
                )


def _objects(version: Node) -> dict[str, Node]:
    objects: dict[str, Node] = {}
    for node in version.within():
        identity = node.id
        if len(identity) > MAX_NAME:
            raise RefusedFileError(
                f"The file has an id of {len(identity):,} characters; {MAX_NAME} is the most. "
                "Ask the sender for a corrected file."
            )
        if identity:
            objects.setdefault(identity, node)
    return objects
