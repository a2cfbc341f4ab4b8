"""What was reported of a subject stands on its pages, whatever becomes of the draft or the visit."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from quality.actions import issues
from subjects.actions import visits
from subjects.models import DeviationDraft
from tests.quality.reported import DAY, missed, reported, values
from tests.world import World, screen


def test_a_draft_that_is_withdrawn_takes_no_report_along(world: World, client: Client) -> None:
    draft = missed(world)
    subject = draft.visit.subject
    held = issues.report(
        world.site, draft=draft, values=values(category="missed_visit"), by=world.coordinator
    )
    alone = reported(world, subject)
    url = reverse("workspace:subject_deviations", args=["tmr-204", subject.number])
    client.force_login(world.coordinator)
    before = client.get(url)
    visits.reopen(draft.visit, reason="He came after all", by=world.coordinator)
    draft.refresh_from_db()
    assert draft.state == DeviationDraft.State.WITHDRAWN
    after = client.get(url)
    for page in (before, after):
        assert [row.reason for row in page.context["deviations"]] == [held.number, alone.number]
        (tab,) = (tab for tab in page.context["tabs"] if tab.text == "Deviations")
        assert tab.count == 2


def test_the_timeline_shows_what_was_reported_once(world: World, client: Client) -> None:
    draft = missed(world)
    subject = draft.visit.subject
    client.force_login(world.coordinator)
    drafted = client.get(subject.get_absolute_url()).context["story"].moments
    assert [one.text for one in drafted if one.lane == "Deviations"] == ["W2 was missed."]
    held = issues.report(
        world.site, draft=draft, values=values(category="missed_visit"), by=world.coordinator
    )
    shown = client.get(subject.get_absolute_url()).context["story"].moments
    (told,) = (one.text for one in shown if one.lane == "Deviations")
    assert told.startswith(f"{held}: Missed visit")
    issues.void(held, reason="Not so", by=world.coordinator)
    left = client.get(subject.get_absolute_url()).context["story"].moments
    assert "Deviations" not in {one.lane for one in left}


def test_days_the_wrong_way_round_are_told_in_words(world: World, client: Client) -> None:
    client.force_login(world.coordinator)
    today = timezone.localdate()
    given = values(happened_on=today.isoformat(), aware_on=(today - DAY).isoformat())
    url = reverse("quality:report_of_subject", args=[screen(world).pk])
    refused = client.post(url, given)
    assert refused.status_code == 422
    assert "The site became aware before it happened. Check both days." in refused.text
    assert "DLQI was not done." in refused.text
