"""An amendment in a browser: compared, approved, put into effect at a site, signed by a subject."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from subjects.actions import bookings
from tests.browser.looks import gone_to, looked_at
from tests.browser.test_trials import PASSWORD, signed
from tests.subjects.test_amended import forms
from tests.subjects.test_booking import in_window, wanted
from tests.subjects.test_follow import dosed, plan_of, today_at
from tests.world import World, visit
from trials.actions import amendments, drafts
from trials.models import ScheduleVersion

IMPACT = "/trials/tmr-204/set-up/activities/2.0/impact/"


def drafted(live: World) -> ScheduleVersion:
    """The schedule with week 2 four days later, week 4 gone, and a form to be signed anew."""
    by = live.manager
    draft = drafts.copy(live.version, number="2.0", by=by)
    week_2, week_4 = (draft.visits.get(code=code) for code in ("W2", "W4"))
    drafts.change_visit(week_2, values={"code": "W2", "days": 18, "early_days": 1}, by=by)
    drafts.remove_visit(week_4, by=by)
    amendments.ask_consents(draft, consents=[forms(live)[1]], by=by)
    return draft


def compared(tab: Page) -> list[str]:
    """Look at the differences, the matches and the impact of the draft."""
    said = gone_to(tab, reverse("trials:compare", args=["tmr-204", "2.0", "1.0"]))
    expect(tab.get_by_role("cell", name="time D19")).to_be_visible()
    tab.get_by_role("link", name="Match visits").click()
    expect(tab.get_by_label("W2 goes on from")).to_contain_text("W2")
    said += looked_at(tab)
    said += gone_to(tab, IMPACT)
    expect(tab.get_by_role("link", name="Find slot")).to_be_visible()
    return said


def switched(tab: Page) -> list[str]:
    """Put the version into effect at the site; nobody there has signed yet."""
    tab.goto(IMPACT)
    tab.get_by_role("link", name="Put into effect at sites").click()
    tab.get_by_label("Tick 1042").check()
    tab.get_by_role("button", name="Put into effect").click()
    expect(tab.get_by_text("takes effect at the sites ticked")).to_be_visible()
    said = looked_at(tab)
    expect(tab.get_by_text("1 more stays under the version before")).to_be_visible()
    return said


def test_an_amendment_reaches_a_subject_once_it_has_signed(
    live: World, tab: Page, sign_in: Callable[[User], None]
) -> None:
    live.manager.set_password(PASSWORD)
    live.manager.save()
    subject = dosed(live)
    held = visit(subject, "W2")
    bookings.book(held, wanted=wanted(live, in_window(held)), by=live.coordinator)
    draft = drafted(live)
    sign_in(live.manager)
    said = compared(tab) + signed(tab, draft, live.manager) + switched(tab)
    assert plan_of(subject)["W4"][0] == "planned"
    sign_in(live.coordinator)
    tab.goto(reverse("subjects:record_consent", args=[subject.pk]))
    tab.get_by_label("Version").select_option(label="Study information v4.0 (en)")
    tab.get_by_label("Explained by").select_option(label=live.person.name)
    tab.get_by_role("button", name="Record consent").click()
    expect(tab.get_by_text("Study information v4.0 of 1042-001 recorded.")).to_be_visible()
    plan = plan_of(subject)
    assert plan["W4"][0] == "not_applicable"
    assert (plan["W2"][1] - today_at(live)).days == 18
    tab.goto(IMPACT)
    expect(tab.get_by_text("1 of 1 subject at 1 site follows 2.0")).to_be_visible()
    assert said == [], "\n".join(said)
