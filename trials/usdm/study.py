"""Who and what a study is: titles, numbers, organisations, population, arms and epochs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from trials.untrusted import Node
from trials.usdm.document import Document
from trials.usdm.findings import Findings
from trials.usdm.order import in_order
from trials.usdm.quantities import read_span
from trials.usdm.values import (
    Arm,
    Epoch,
    GovernanceDate,
    Identifier,
    Organisation,
    Population,
    Site,
    Span,
    Titles,
)

_SPONSOR = "C70793"
_SEXES = {"C16576": "female", "C20197": "male", "C49636": "both"}
_TITLES = {
    "brief": "C207615",
    "official": "C207616",
    "public": "C207617",
    "scientific": "C207618",
    "acronym": "C94108",
}


def read_titles(document: Document) -> Titles:
    """The titles by kind; older files have other codes, so the word decides there."""
    found = dict.fromkeys(_TITLES, "")
    for title in document.version.nodes("titles"):
        for kind, code in _TITLES.items():
            if title.code("type").means({code}, kind) and not found[kind]:
                found[kind] = " ".join(title.text("text").split())
    return Titles(**found)


def read_organisations(document: Document) -> tuple[Organisation, ...]:
    """Every organisation of the file once, wherever its version keeps them."""
    nodes = [
        *document.version.nodes("organizations"),
        *document.design.nodes("organizations"),
        *(_scope(node, document) for node in document.version.nodes("studyIdentifiers")),
    ]
    return tuple({node.id: _organisation(node) for node in nodes if node}.values())


def _scope(identifier: Node, document: Document) -> Node:
    named = document.objects.get(identifier.text("scopeId"), Node())
    return named or identifier.node("studyIdentifierScope")


def _organisation(node: Node) -> Organisation:
    sites = (
        Site(site.id, site.label, site.code("country").decode)
        for site in node.nodes("managedSites", "manages")
    )
    return Organisation(
        source_id=node.id,
        name=node.label,
        type=(node.code("type") or node.code("organizationType")).decode,
        identifier_scheme=node.short("identifierScheme"),
        identifier=node.short("identifier"),
        sites=tuple(sites),
    )


def read_identifiers(document: Document) -> tuple[Identifier, ...]:
    """The study's numbers, each with the organisation that gave it."""
    found = []
    for node in document.version.nodes("studyIdentifiers"):
        if text := node.short("text", "studyIdentifier"):
            giver = _organisation(_scope(node, document))
            found.append(Identifier(node.id, text, giver.name, giver.type))
    return tuple(found)


def read_sponsor(document: Document) -> Organisation | None:
    """The organisation in the role of sponsor, else the sponsor that gave the study a number."""
    found = next(filter(None, (*_in_role(document), *_by_kind(document))), None)
    return _organisation(found) if found else None


def _in_role(document: Document) -> Iterator[Node]:
    for role in document.version.nodes("roles"):
        code = role.code("code")
        if code.code == _SPONSOR or code.decode.casefold() == "sponsor":
            for identity in role.texts("organizationIds"):
                yield document.objects.get(identity, Node())


def _by_kind(document: Document) -> Iterator[Node]:
    for node in document.version.nodes("studyIdentifiers"):
        scope = _scope(node, document)
        kind = scope.code("type") or scope.code("organizationType")
        if kind.means({_SPONSOR}, "sponsor", "pharmaceutical company"):
            yield scope


def read_phase(document: Document) -> str:
    """The phase in the words of the file."""
    return (document.design.code("studyPhase") or document.version.code("studyPhase")).decode


def read_study_type(document: Document) -> str:
    """Interventional or observational, in the words of the file or by the kind of design."""
    said = (document.design.code("studyType") or document.version.code("studyType")).decode
    return said or document.design.short("instanceType").removesuffix("StudyDesign")


def read_dates(node: Node) -> tuple[GovernanceDate, ...]:
    """The governance dates of a version or an amendment."""
    return tuple(
        GovernanceDate(
            kind=one.code("type").decode or one.label,
            text=one.short("dateValue"),
            on=_day(one.text("dateValue")),
            scopes=tuple(_place(scope) for scope in one.nodes("geographicScopes")),
        )
        for one in node.nodes("dateValues")
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _place(scope: Node) -> str:
    return scope.code("code").decode or scope.code("type").decode


def read_arms(document: Document) -> tuple[Arm, ...]:
    """The arms of the design."""
    return tuple(
        Arm(
            node.id,
            node.name,
            node.label,
            node.code("type").decode,
            " ".join(node.text("description").split()),
        )
        for node in document.design.nodes("arms")
    )


def read_epochs(document: Document, findings: Findings) -> tuple[Epoch, ...]:
    """The epochs of the design in their order."""
    nodes = in_order(document.design.nodes("epochs"), "epochs", findings)
    return tuple(Epoch(n.id, n.name, n.label, n.code("type").decode) for n in nodes)


def read_population(document: Document) -> Population:
    """Whom the study wants; what only its cohorts say is put together from them."""
    population = next(iter(document.design.nodes("population", "populations")), Node())
    cohorts = population.nodes("cohorts")
    sexes = [
        _SEXES.get(code.code, code.decode.casefold())
        for node in [population, *cohorts]
        for code in node.codes("plannedSex")
    ]
    return Population(
        enrolment=_planned(population, cohorts, "plannedEnrollmentNumber"),
        completion=_planned(population, cohorts, "plannedCompletionNumber"),
        age=_age(population, cohorts),
        sexes=tuple(dict.fromkeys(sexes)),
        includes_healthy=population.flag("includesHealthySubjects"),
    )


def _planned(population: Node, cohorts: list[Node], key: str) -> Span:
    whole = read_span(population.node(key))
    parts = [read_span(cohort.node(key)) for cohort in cohorts]
    if whole or not parts or not all(parts):
        return whole
    return Span(sum(part.least for part in parts), sum(part.most for part in parts))


def _age(population: Node, cohorts: list[Node]) -> Span:
    whole = read_span(population.node("plannedAge"))
    parts = [span for cohort in cohorts if (span := read_span(cohort.node("plannedAge")))]
    if whole or not parts or len({part.unit for part in parts}) > 1:
        return whole
    lowest = [part.minimum for part in parts if part.minimum is not None]
    highest = [part.maximum for part in parts if part.maximum is not None]
    return Span(min(lowest, default=None), max(highest, default=None), parts[0].unit)
