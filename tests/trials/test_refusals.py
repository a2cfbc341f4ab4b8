"""Protocols and schedules: another design of a file, imports that are over, drafts that are not ready."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client

from core.actions import RefusedError
from core.versions import ConflictError
from tests.trail import nothing_written
from tests.trials.studies import anchor, design, document, instance, raw, timeline
from tests.trials.test_imports import upload
from tests.trials.test_schedule_approval import signing
from tests.trials.test_schedules import at, codes, draft, visit_data
from tests.world import World
from trials.actions import imports
from trials.models import ProtocolImport, ScheduleVersion, Trial

pytestmark = pytest.mark.django_db
__all__ = ["draft"]


def said(answer: Any) -> str:
    return " ".join(html.unescape(answer.content.decode()).split())


@pytest.fixture
def held(world: World, client: Client) -> ProtocolImport:
    """The preview of a file with two designs, opened by the manager."""
    client.force_login(world.manager)
    first = design(timeline([instance("a", "x")], [anchor("a")]))
    other = design(timeline([instance("b", "y")], [anchor("b")]), id="d2", name="Second")
    assert upload(client, world, raw(document(first, other))).status_code == 302
    return ProtocolImport.objects.get()


def test_another_design_is_read_anew_and_corrections_to_the_first_are_dropped(
    world: World, client: Client, held: ProtocolImport
) -> None:
    url = held.get_absolute_url()
    assert "Visit x" in said(client.get(url))
    held = imports.correct(held, corrections={"a": {"name": "Mine"}}, by=world.manager)
    chosen = {"do": "design", "design": "Second", "revision": held.revision}
    assert client.post(url, chosen).status_code == 302
    text = said(client.get(url))
    assert "Visit y" in text
    assert "Visit x" not in text
    held.refresh_from_db()
    assert (held.design, held.corrections) == ("Second", {})
    stale = client.post(url, {**chosen, "design": "DESIGN"})
    assert stale.status_code == 409
    assert "changed while you had it open" in said(stale)


def test_a_design_that_the_file_does_not_have_is_refused(
    client: Client, held: ProtocolImport
) -> None:
    with nothing_written():
        answer = client.post(held.get_absolute_url(), {"do": "design", "design": "Third"})
    assert answer.status_code == 422
    assert "The file has no design “Third”. Choose one of: DESIGN, Second." in said(answer)
    held.refresh_from_db()
    assert held.design != "Third"


def test_an_import_that_is_over_is_not_changed(
    world: World, client: Client, held: ProtocolImport
) -> None:
    trials = Trial.objects.count()
    with nothing_written(), pytest.raises(RefusedError, match="Say which trial it makes"):
        imports.commit(held, number="1", by=world.manager)
    imports.discard(held, by=world.manager)
    with nothing_written():
        for work in (
            lambda: imports.correct(held, corrections={"a": {}}, by=world.manager),
            lambda: imports.choose_design(held, design="Second", by=world.manager),
            lambda: imports.discard(held, by=world.manager),
        ):
            with pytest.raises(ConflictError, match="is set aside already"):
                work()
        late = client.post(held.get_absolute_url(), {"do": "commit"}, follow=True)
    assert "is set aside already" in said(late)
    assert Trial.objects.count() == trials


def test_a_short_head_belongs_to_one_visit(client: Client, draft: ScheduleVersion) -> None:
    before = codes(draft)
    with nothing_written():
        added = client.post(at("trials:add_visit", draft), visit_data(code="W2"))
        changed = client.post(
            at("trials:change_visit", draft, draft.visits.get(code="W4").pk),
            visit_data(code="W2", place="3"),
        )
    for answer in (added, changed):
        assert answer.status_code == 409
        assert "There is a visit W2 already. Choose another short head." in said(answer)
        assert 'value="W2"' in said(answer)
    assert codes(draft) == before


def test_a_schedule_without_visits_is_not_approved(
    world: World, client: Client, draft: ScheduleVersion
) -> None:
    draft.visits.all().delete()
    typed = signing(draft, client, signer=world.manager.username)
    refused = client.post(at("trials:approve", draft), typed)
    assert refused.status_code == 422
    assert "A schedule without visits cannot be approved. Add visits first." in said(refused)
    draft.refresh_from_db()
    assert draft.status == "draft"
