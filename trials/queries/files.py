"""Files from outside, read as what they are."""

from __future__ import annotations

from core.countries import countries
from trials import registry, usdm
from trials.models import ProtocolFile, ProtocolImport
from trials.queries.preview import Preview
from trials.untrusted import load

# Names the register uses for countries that the list of countries calls otherwise.
CALLED = {
    "bosnia and herzegovina": "BA", "central african republic": "CF", "macao": "MO",
    "democratic republic of the congo": "CD", "timor-leste": "TL", "türkiye": "TR",
}  # fmt: skip


def country_code(name: str) -> str:
    """The two letters of a country of a register; nothing where the name is not known."""
    plain = _plain(name)
    known = (code for code, each in countries().items() if _plain(each) == plain)
    return CALLED.get(plain) or next(known, "")


def _plain(name: str) -> str:
    text = name.casefold().replace("&", "and").partition("(")[0].strip()
    return text.removeprefix("the ")


def kind_of(raw: bytes) -> str:
    """Which kind of file it is, judged by its outermost names."""
    root = load(raw)
    names = ("protocolSection", "studies", "FullStudiesResponse", "FullStudy", "Study")
    is_record = any(root.has(name) for name in names)
    return ProtocolFile.Kind.REGISTRY if is_record else ProtocolFile.Kind.USDM


def preview_of(held: ProtocolImport) -> Preview:
    """The protocol of an import with the corrections made to it so far."""
    return Preview(usdm.read(bytes(held.file.raw), design=held.design), held.corrections)


def record_of(file: ProtocolFile) -> registry.RegistryRecord:
    """The register's record in a file."""
    return registry.read(bytes(file.raw))


def suggested(source: usdm.Protocol | registry.RegistryRecord) -> dict[str, str]:
    """Code, protocol number and short name for a trial that is not there yet."""
    if isinstance(source, registry.RegistryRecord):
        number, name = source.org_id or source.nct_id, source.acronym or source.brief_title
    else:
        own = source.sponsor.name if source.sponsor else ""
        numbers = [one.text for one in source.identifiers if one.organisation == own]
        number = next(filter(None, [*numbers, source.study_name]), "")
        name = source.titles.acronym or source.titles.brief or source.study_name
    code = "-".join("".join(c if c.isalnum() and c.isascii() else " " for c in number).split())
    return {"protocol_number": number[:60], "code": code.casefold()[:40], "name": name[:120]}
