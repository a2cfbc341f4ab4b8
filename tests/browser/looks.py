"""What axe and the width of a page have to say, in both themes at both widths."""

from __future__ import annotations

import json

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

PHONE, DESK = (390, 844), (1440, 900)
EVERYTHING = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
CONTRAST = "color-contrast"
COLOURS = {"type": "rule", "values": [CONTRAST, "link-in-text-block"]}
# A theme changes colours alone, a width what is shown; the desk comes last, so that a test goes on at it.
LOOKS = (
    (PHONE, "dark", {"runOnly": COLOURS}),
    (PHONE, "light", {"runOnly": EVERYTHING, "rules": {CONTRAST: {"enabled": False}}}),
    (DESK, "light", {"runOnly": EVERYTHING}),
)
# What is on every page is seen once more in what is left.
LEFT = ((PHONE, "light", {"runOnly": COLOURS}), (DESK, "dark", {"runOnly": COLOURS}))
# What stands around every page alike.
FRAME = [".sidebar", ".topbar", ".tab-bar", ".skip-link"]
SCRIPT = Axe().axe_script


def looked_at(tab: Page, but: str = "", *, with_frame: bool = False) -> list[str]:
    """What is wrong with the page that is shown, leaving out findings that hold some words."""
    leaving_out = [] if with_frame else FRAME
    said: list[str] = []
    for (width, height), theme, rules in (*LEFT, *LOOKS) if with_frame else LOOKS:
        tab.set_viewport_size({"width": width, "height": height})
        tab.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        where = f"{tab.url} {theme} {width}"
        said += [*_findings(tab, where, rules, leaving_out), *_sideways(tab, where)]
    return [text for text in said if not but or but not in text]


def gone_to(tab: Page, url: str) -> list[str]:
    """What is wrong with the page at an address, which must answer."""
    answer = tab.goto(url)
    assert answer is not None
    assert answer.status == 200, url
    return looked_at(tab)


def _findings(tab: Page, where: str, rules: dict[str, object], leaving_out: list[str]) -> list[str]:
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(SCRIPT)
    options = json.dumps({**rules, "resultTypes": ["violations"]})
    part = json.dumps({"exclude": leaving_out} if leaving_out else {"include": ["html"]})
    return [
        f"{where}: {each['id']}: {node['target']} {node['failureSummary']}"
        for each in tab.evaluate(f"axe.run({part}, {options}).then(found => found.violations)")
        for node in each["nodes"][:3]
    ]


def _sideways(tab: Page, where: str) -> list[str]:
    wider = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [f"{where}: scrolls sideways by {wider}"] if wider > 0 else []
