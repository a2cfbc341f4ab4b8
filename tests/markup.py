"""Whether a page is valid HTML: well formed, every element where it may stand, every name once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from xml.etree.ElementTree import Element

from tinyhtml5.parser import HTMLParser

IDS = ("aria-controls", "aria-describedby", "aria-labelledby", "for", "form", "list")
PHRASING = {
    "abbr", "b", "button", "code", "em", "h1", "h2", "h3", "i", "kbd", "label", "mark", "p", "pre",
    "small", "span", "strong", "sub", "summary", "sup", "time",
}  # fmt: skip
FLOW = {
    "article", "aside", "div", "dl", "fieldset", "figure", "footer", "form", "h1", "h2", "h3",
    "header", "main", "nav", "ol", "p", "section", "table", "ul",
}  # fmt: skip
TRANSPARENT = {"a", "del", "ins"}  # hold what the element around them may hold
PRESSED = {"a", "button", "input", "select", "summary", "textarea"}
CHILDREN = {
    "dl": {"dt", "dd", "div"}, "ol": {"li"}, "optgroup": {"option"},
    "select": {"option", "optgroup"}, "tr": {"td", "th"}, "ul": {"li"},
}  # fmt: skip
NEEDED = {
    "a": {"href"}, "button": {"type"}, "html": {"lang"}, "img": {"alt", "src"}, "th": {"scope"},
}  # fmt: skip


@lru_cache(maxsize=1)
def parsed(text: str) -> tuple[Element, list[str]]:
    """The elements of a page, and what the parser of the standard objects to."""
    parser = HTMLParser(namespace_html_elements=False)
    root: Element = parser.parse(text)
    return root, [f"line {at[0]}: {code}, {data}" for at, code, data in parser.errors]


def elements(root: Element) -> list[Element]:
    """Every element without comments."""
    return [each for each in root.iter() if isinstance(each.tag, str)]


def classes(text: str) -> set[str]:
    """Every class on a page."""
    return {name for each in elements(parsed(text)[0]) for name in each.get("class", "").split()}


def faults(text: str) -> list[str]:
    """What is wrong with a page, in words that lead to the place."""
    root, found = parsed(text)
    times = Counter(each.get("id") for each in elements(root) if "id" in each.attrib)
    found = [
        *found,
        *(f"id {name!r} stands {count} times" for name, count in times.items() if count > 1),
    ]
    for each in elements(root):
        found += [f"{_shown(each)}: {fault}" for fault in _attributes(each, set(times))]
    return found + list(_misplaced(root, ()))


def _shown(each: Element) -> str:
    told = [f' {key}="{each.get(key)}"' for key in ("id", "class", "name") if each.get(key)]
    return f"<{each.tag}{''.join(told)}>"


def _attributes(each: Element, ids: set[str | None]) -> Iterator[str]:
    yield from (f"no {name}" for name in NEEDED.get(each.tag, set()) - set(each.attrib))
    yield from (f"an empty {name}" for name in ("class", "id") if each.get(name, "x").strip() == "")
    if "hidden" in each.attrib or (each.tag == "dialog" and "open" not in each.attrib):
        return  # what it points to comes when it is shown
    for name in IDS:
        gone = set(each.get(name, "").split()) - ids
        yield from (f"{name} points to {target!r}, which is not here" for target in gone)


def _misplaced(each: Element, above: tuple[str, ...]) -> Iterator[str]:
    if each.tag == "svg":
        return
    around = (*above, each.tag)
    for child in each:
        if not isinstance(child.tag, str):
            continue
        if not _may_hold(around, child.tag):
            yield f"{_shown(child)} in {_shown(each)}"
        if child.tag in PRESSED and {"a", "button"} & set(around):
            yield f"{_shown(child)} inside what can be pressed itself"
        yield from _misplaced(child, around)


def _may_hold(around: tuple[str, ...], child: str) -> bool:
    allowed = CHILDREN.get(around[-1])
    if allowed is not None:
        return child in allowed | {"script", "template"}
    holder = next((tag for tag in reversed(around) if tag not in TRANSPARENT), "body")
    return holder not in PHRASING or child not in FLOW
