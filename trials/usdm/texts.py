"""Rich text of a protocol: tags resolved, made safe to show, and made plain."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

import nh3

from trials.untrusted import MAX_TEXT, Node, as_text
from trials.usdm.quantities import in_words, read_span

MAX_HOPS = 5
MAX_RESOLVED = 5_000  # in one file, so that tags within tags cannot multiply
MAX_TARGET = 2_000
_TAG = re.compile(
    r"<usdm:(?P<kind>tag|ref)\b(?P<attributes>[^<>]{0,500}?)/?>(?:\s*</usdm:(?P=kind)>)?",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""([a-z]{1,20})\s*=\s*["']([^"'<>]{0,300})["']""", re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|/?(?:p|div|ul|ol|li|tr|table|h[1-6]))\b[^<>]{0,500}>", re.IGNORECASE)
_CELL = re.compile(r"<t[dh]\b[^<>]{0,500}>", re.IGNORECASE)
_SHOWN = {
    "b", "blockquote", "br", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "i", "li", "ol", "p",
    "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RichText:
    """A text as it stands in the file, as safe HTML and as plain lines."""

    raw: str
    html: str
    plain: str
    unresolved: tuple[str, ...] = ()


class Texts:
    """Resolves the tags of a study's texts through its dictionaries and objects."""

    def __init__(self, objects: Mapping[str, Node], dictionaries: list[Node]) -> None:
        self.objects = objects
        self.left = MAX_RESOLVED
        self.maps = {
            dictionary.id: {
                entry.text("tag"): entry.text("reference")
                for entry in dictionary.nodes("parameterMaps")
            }
            for dictionary in dictionaries
        }

    def read(self, raw: str, dictionary_id: str = "") -> RichText:
        """The text with its tags resolved; what cannot be resolved stays readable in brackets."""
        unresolved: list[str] = []
        tags = self.maps.get(dictionary_id, {})
        text = self._resolved(raw[:MAX_TEXT], tags, unresolved, MAX_HOPS)[:MAX_TEXT]
        return RichText(raw, _safe(text), plain(text), tuple(dict.fromkeys(unresolved)))

    def _resolved(self, text: str, tags: Mapping[str, str], lost: list[str], hops: int) -> str:
        def replace(match: re.Match[str]) -> str:
            attributes = dict(_ATTRIBUTE.findall(match["attributes"]))
            name = attributes.get("name") or attributes.get("attribute", "?")
            target = self._target(match["kind"].casefold(), attributes, tags)
            inner: list[str] = []
            if hops and target and self.left:
                self.left -= 1
                found = self._resolved(target[:MAX_TARGET], tags, inner, hops - 1)
                if not inner:
                    return found
            lost.append(name)
            return f"[{html.escape(name)}]"

        return _TAG.sub(replace, text)

    def _target(self, kind: str, attributes: Mapping[str, str], tags: Mapping[str, str]) -> str:
        if kind == "tag":
            return tags.get(attributes.get("name", ""), "")
        found = self.objects.get(attributes.get("id", ""), Node())
        key = attributes.get("attribute", "")
        span = read_span(found.node(key))
        return as_text(found.data.get(key)) or in_words(span) or found.code(key).decode


def _safe(text: str) -> str:
    return nh3.clean(text, tags=_SHOWN, attributes={}, link_rel=None)


def plain(text: str) -> str:
    """The text without markup: one line for each paragraph, list item or table row."""
    broken = _CELL.sub(" ", _BREAK.sub("\n", text.replace("\n", " ")))
    bare = html.unescape(nh3.clean(broken, tags=set(), attributes={}))
    lines = (" ".join(line.split()) for line in bare.splitlines())
    return "\n".join(filter(None, lines))
