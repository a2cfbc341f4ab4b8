"""Files from outside, read as what they are."""

from __future__ import annotations

import re

from core.countries import countries
from trials import registry, usdm
from trials.models import ProtocolFile, ProtocolImport
from trials.queries.lineages import Earlier
from trials.queries.preview import Preview
from trials.untrusted import load

_UNFIT = re.compile(r"[^A-Za-z0-9]+")
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
    protocol = usdm.read(bytes(held.file.raw), design=held.design)
    return Preview(protocol, held.corrections, Earlier.of(held.trial))


def record_of(file: ProtocolFile) -> registry.RegistryRecord:
    """The register's record in a file."""
    return registry.read(bytes(file.raw))


def named_by_protocol(protocol: usdm.Protocol) -> dict[str, str]:
    """What a trial that is not there yet would be called after its protocol."""
    own = protocol.sponsor.name if protocol.sponsor else ""
    numbers = (one.text for one in protocol.identifiers if one.organisation == own)
    titles = protocol.titles
    return _called(
        next(numbers, "") or protocol.study_name,
        titles.acronym or titles.brief or protocol.study_name,
    )


def named_by_record(record: registry.RegistryRecord) -> dict[str, str]:
    """What a trial that is not there yet would be called after its record."""
    return _called(record.org_id or record.nct_id, record.acronym or record.brief_title)


def _called(number: str, name: str) -> dict[str, str]:
    code = _UNFIT.sub("-", number).strip("-").casefold()[:40]
    return {"protocol_number": number[:60], "code": code, "name": name[:120]}
