"""A coordinator’s day in a browser, from the consent of a new subject to an amendment of the protocol."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from core.audit import under_event
from core.models import Obligation
from quality.models import Issue
from safety.models import AdverseEvent
from sites.actions import sites
from subjects.actions import visits
from subjects.models import Outcome, ProcedureRecord, Subject, SubjectStatus, Visit, VisitStatus
from tests.browser.test_conduct import row
from tests.browser.test_safety import by_key, log_as_typed
from tests.browser.test_trials import PASSWORD as OF_MANAGER
from tests.browser.test_trials import signed
from tests.subjects.consented import main_form, version
from tests.subjects.criteria import CRITERIA, PASSWORD, investigator
from tests.world import World, screen, visit
from trials.actions import amendments, drafts, schedules
from trials.actions import consents as forms
from trials.models import (
    Criterion,
    ProcedureDefinition,
    ScheduleVersion,
    VisitDefinition,
    VisitProcedure,
)

DAY = timedelta(days=1)
PLAN = (("SCR", -1, 0, 1), ("D1", 0, 1, 0), ("W2", 14, 3, 3))
IMPACT = "/trials/tmr-204/set-up/activities/3.0/impact/"


@pytest.fixture
def subject(live: World) -> Subject:
    """Somebody screened this morning, in a trial with criteria, procedures and a consent form."""
    main = main_form(live)
    version(live, main, "3.0")
    running = with_procedures(live)
    study = forms.add_consent_type(
        live.trial, kind="other", name="Study information", by=live.manager
    )
    newer = version(live, study, "2.0", timezone.localdate(), must="active")
    draft = drafts.copy(running, number="3.0", by=live.manager)
    drafts.change_visit(
        draft.visits.get(code="W2"), values={"code": "W2", "days": 18}, by=live.manager
    )
    amendments.ask_consents(draft, consents=[newer], by=live.manager)
    live.manager.set_password(OF_MANAGER)
    live.manager.save()
    return screen(live)


def with_procedures(world: World) -> ScheduleVersion:
    """A version in effect since yesterday with criteria, whose first dose has two procedures."""
    made = schedules.draft(world.trial, number="2.0", by=world.manager)
    schedules.add_criteria(made, criteria=CRITERIA, by=world.manager)
    with under_event("test"):
        held = {
            code: VisitDefinition.objects.create(
                version=made, code=code, name=code, position=position, days=days,
                early_days=early, late_days=late, is_anchor=code == "D1",
            )
            for position, (code, days, early, late) in enumerate(PLAN)
        }  # fmt: skip
        for position, name in enumerate(("Adverse events", "Weight")):
            asked = ProcedureDefinition.objects.create(version=made, name=name, position=position)
            VisitProcedure.objects.create(visit=held["D1"], procedure=asked, need="required")
        ScheduleVersion.flow.move(made, "approved", by=world.manager, approved_at=timezone.now())
    yesterday = timezone.localdate() - DAY
    sites.put_into_effect(world.site, version=made, from_on=yesterday, by=world.manager)
    return made


def consents(tab: Page, live: World, subject: Subject, form: str) -> None:
    """The subject signs a version of a form."""
    tab.goto(reverse("subjects:record_consent", args=[subject.pk]))
    tab.get_by_label("Version").select_option(label=f"{form} (en)")
    tab.get_by_label("Explained by").select_option(label=live.person.name)
    tab.get_by_role("button", name="Record consent").click()
    expect(tab.get_by_text(f"{form} of {subject.number} recorded.")).to_be_visible()


def criteria_are_answered(tab: Page, subject: Subject) -> None:
    """Every criterion has its answer and its source."""
    tab.goto(reverse("workspace:subject_eligibility", args=["tmr-204", subject.number]))
    by_key(tab, "a")
    for one in Criterion.objects.filter(version__number="2.0"):
        line = tab.locator(f"#criterion-{one.pk}")
        said = "Met" if one.category == "inclusion" else "Not present"
        line.get_by_label("Answer").select_option(label=said)
        line.get_by_label("Source").fill("Worksheet 1")
    tab.get_by_role("button", name="Save answers").click()
    expect(tab.get_by_text("Every criterion is settled.").first).to_be_visible()


def investigator_signs(tab: Page, signer: User, subject: Subject) -> None:
    """The investigator finds the subject eligible."""
    tab.goto(reverse("workspace:subject_eligibility", args=["tmr-204", subject.number]))
    tab.get_by_role("link", name="Decide and sign").click()
    tab.get_by_label("User name").fill(signer.username)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign decision").click()
    expect(tab.get_by_text("found the subject eligible on")).to_be_visible()


def randomised(tab: Page, subject: Subject) -> None:
    """The confirmation of the IRT is typed in, which enrols the subject."""
    tab.goto(subject.get_absolute_url())
    tab.get_by_role("link", name="Record randomisation").click()
    tab.get_by_label("Randomised on").fill("today")
    tab.get_by_label("Randomisation number").fill("R-0042")
    tab.get_by_label("Kit number").fill("K-1001")
    tab.get_by_label("Entered by hand because").fill("Confirmation of the IRT by e-mail")
    tab.get_by_role("button", name="Record randomisation").click()
    expect(tab.get_by_text("R-0042").first).to_be_visible()
    subject.refresh_from_db()
    assert subject.status == SubjectStatus.ENROLLED


def first_dose_with_a_gap(tab: Page, held: Visit) -> None:
    """The subject is there: one procedure is done and one not, and the visit is completed so."""
    tab.goto(reverse("subjects:visit", args=[held.pk]))
    tab.get_by_role("button", name="Start visit").first.click()
    tab.goto(held.conduct_url)
    row(tab, "Adverse events").get_by_role("button", name="Adverse events: mark done").press(" ")
    expect(row(tab, "Adverse events").locator("time")).to_be_visible()
    row(tab, "Weight").locator("[data-tick]").focus()
    tab.keyboard.press("n")
    tab.keyboard.type("Equipment failed")
    row(tab, "Weight").get_by_role("button", name="Not done", exact=True).click()
    expect(row(tab, "Weight")).to_contain_text("Deviation draft")
    tab.get_by_role("link", name="Complete visit").first.click()
    tab.get_by_role("button", name="Complete visit").click()
    expect(tab.get_by_role("table", name="Visits that move")).to_contain_text("1 day earlier")
    tab.get_by_role("button", name="Complete visit").click()
    expect(tab.get_by_text("completed.").first).to_be_visible()
    held.refresh_from_db()
    assert held.status == VisitStatus.COMPLETED
    assert ProcedureRecord.objects.get(name="Weight").outcome == Outcome.NOT_DONE


def event_becomes_serious(tab: Page, subject: Subject) -> None:
    """An event is logged, then found serious, and its clock runs."""
    tab.goto(subject.get_absolute_url())
    tab.get_by_role("link", name="Log AE").first.click()
    log_as_typed(tab, subject)
    by_key(tab, "s")
    tab.get_by_label("Hospital stay or longer stay").check()
    tab.get_by_role("button", name="Mark as serious").click()
    clock = tab.get_by_role("region", name="Report to the sponsor within 24 h")
    expect(clock.get_by_text("Running")).to_be_visible()
    assert AdverseEvent.objects.get().is_serious
    assert Obligation.objects.get(rule="safety.report_due").met_at is None


def gap_is_reported(tab: Page, subject: Subject) -> None:
    """The draft of the visit becomes a deviation with its effect."""
    tab.goto(reverse("workspace:subject_deviations", args=["tmr-204", subject.number]))
    tab.get_by_role("link", name=re.compile("^Report.*Weight was not done")).click()
    tab.get_by_label("Effect on the subject or the data", exact=True).fill("One weight is missing.")
    tab.get_by_role("button", name="Report deviation").click()
    expect(tab.get_by_text(" reported.")).to_be_visible()
    assert Issue.objects.get().subject_id == subject.pk


def amendment_takes_effect(tab: Page, live: World) -> None:
    """The trial manager signs the new version and puts it into effect at the site."""
    assert signed(tab, ScheduleVersion.objects.get(number="3.0"), live.manager) == []
    tab.goto(IMPACT)
    tab.get_by_role("link", name="Put into effect at sites").click()
    tab.get_by_label("Tick 1042").check()
    tab.get_by_role("button", name="Put into effect").click()
    expect(tab.get_by_text("takes effect at the sites ticked")).to_be_visible()


def test_a_day_from_the_first_consent_to_the_amendment(
    live: World, tab: Page, sign_in: Callable[[User], None], subject: Subject
) -> None:
    signer = investigator(live)
    sign_in(live.coordinator)
    consents(tab, live, subject, "Main consent v3.0")
    criteria_are_answered(tab, subject)
    sign_in(signer)
    investigator_signs(tab, signer, subject)
    sign_in(live.coordinator)
    randomised(tab, subject)
    # The day and the hour of a run may be none on which the place is open, so nobody books.
    first_dose_with_a_gap(tab, visits.check_in(visit(subject, "D1"), by=live.coordinator))
    event_becomes_serious(tab, subject)
    gap_is_reported(tab, subject)
    sign_in(live.manager)
    amendment_takes_effect(tab, live)
    assert visit(subject, "W2").target_on == timezone.localdate() + 14 * DAY
    sign_in(live.coordinator)
    consents(tab, live, subject, "Study information v2.0")
    assert visit(subject, "W2").target_on == timezone.localdate() + 18 * DAY
