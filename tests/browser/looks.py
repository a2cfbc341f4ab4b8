"""What axe and the width of a page have to say, in both themes at both widths."""

from __future__ import annotations

import json

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# The desk comes last, so that a test goes on at it.
WIDTHS = {"phone": (390, 844), "desk": (1440, 900)}
EVERYTHING = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# A theme changes colours alone.
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
THEMES = {"dark": COLOURS, "light": EVERYTHING}
# What stands around every page alike.
FRAME = [".sidebar", ".topbar", ".tab-bar", ".skip-link"]
SCRIPT = Axe().axe_script


def looked_at(tab: Page, but: str = "", *, with_frame: bool = True) -> list[str]:
    """What is wrong with the page that is shown, leaving out findings that hold some words."""
    leaving_out = [] if with_frame else FRAME
    said: list[str] = []
    for width, height in WIDTHS.values():
        tab.set_viewport_size({"width": width, "height": height})
        for theme, rules in THEMES.items():
            tab.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            where = f"{tab.url} {theme} {width}"
            said += [*_findings(tab, where, rules, leaving_out), *_sideways(tab, where)]
    return [text for text in said if not but or but not in text]


def gone_to(tab: Page, url: str, *, with_frame: bool = True) -> list[str]:
    """What is wrong with the page at an address, which must answer."""
    answer = tab.goto(url)
    assert answer is not None
    assert answer.status == 200, url
    return looked_at(tab, with_frame=with_frame)


def _findings(tab: Page, where: str, rules: dict[str, object], leaving_out: list[str]) -> list[str]:
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(SCRIPT)
    options = json.dumps({"runOnly": rules, "resultTypes": ["violations"]})
    part = json.dumps({"exclude": leaving_out} if leaving_out else {"include": ["html"]})
    return [
        f"{where}: {each['id']}: {node['target']} {node['failureSummary']}"
        for each in tab.evaluate(f"axe.run({part}, {options}).then(found => found.violations)")
        for node in each["nodes"][:3]
    ]


def _sideways(tab: Page, where: str) -> list[str]:
    wider = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [f"{where}: scrolls sideways by {wider}"] if wider > 0 else []
