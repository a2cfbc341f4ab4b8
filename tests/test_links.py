"""Every link that a page offers leads somewhere the person may go, for every role."""

from __future__ import annotations

import re
from collections import Counter, deque
from html import unescape

import pytest
from django.test import Client

from accounts.roles import Role
from tests.test_pages import pages
from tests.world import World, user_with

pytestmark = pytest.mark.django_db

LINK = re.compile(r'<a\b[^>]*?\bhref="(/[^"#]*)', re.DOTALL)
ELSEWHERE = ("/static/", "/api/", "/calendars/")
EACH, AT_MOST = 1, 90  # pages of one kind, and in all
WHERE = {
    Role.COORDINATOR: "place", Role.INVESTIGATOR: "site", Role.SITE_SUPPORT: "site",
    Role.CRA: "site", Role.CTA: "trial", Role.TRIAL_MANAGER: "trial", Role.AUDITOR: "trial",
}  # fmt: skip


def kind_of(url: str) -> str:
    """The address without what tells one record from another."""
    return re.sub(r"\d+", "0", url.partition("?")[0])


@pytest.mark.parametrize("role", WHERE, ids=str)
def test_every_link_leads_somewhere(world: World, client: Client, role: Role) -> None:
    pages(world)  # so that there is something of everything
    client.force_login(user_with(role, getattr(world, WHERE[role]), world.admin))
    seen: set[str] = set()
    kinds: Counter[str] = Counter()
    waiting = deque([("/", "")])
    refused: list[str] = []
    while waiting and sum(kinds.values()) < AT_MOST:
        url, source = waiting.popleft()
        if url in seen or url.startswith(ELSEWHERE) or kinds[kind_of(url)] == EACH:
            continue
        seen.add(url)
        kinds[kind_of(url)] += 1
        answer = client.get(url)
        if answer.status_code >= 400:
            refused.append(f"{answer.status_code} {url} on {source}")
        elif answer.status_code in {301, 302}:
            waiting.append((answer.headers["Location"], url))
        elif answer.headers["Content-Type"].startswith("text/html"):
            found = LINK.findall(answer.getvalue().decode())
            waiting.extend((unescape(link), url) for link in found)
    assert len(kinds) > 5
    assert refused == []
