"""What was entered wrong of consent forms, versions and approvals is put right, with the reason."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.actions import RefusedError
from core.models import AuditRow
from core.versions import ConflictError
from sites.actions import consents as at_sites
from sites.models import ConsentApproval
from tests.subjects.consented import DAY, FIRST, main_form, photo, record, version
from tests.test_pages import assert_well_made
from tests.world import World, screen
from trials.actions import consents as forms
from trials.models import ConsentType, ConsentVersion

pytestmark = pytest.mark.django_db

SECOND = date(2025, 1, 1)


@pytest.fixture
def form(world: World) -> ConsentType:
    return main_form(world)


def approval(of: ConsentVersion) -> ConsentApproval:
    return ConsentApproval.objects.get(version=of, language="en")


def days(of: ConsentVersion) -> tuple[date | None, date | None]:
    during: Any = approval(of).during
    return during.lower, during.upper


def correct(world: World, of: ConsentVersion, from_on: date, **more: Any) -> None:
    held = approval(of)
    values = {"version": of, "approved_on": FIRST, "from_on": from_on, "reason": "Misread"} | more
    at_sites.correct_approval(held, by=world.manager, **values)


@pytest.mark.parametrize("day", [SECOND - 30 * DAY, SECOND + 30 * DAY])
def test_the_version_before_ends_where_the_corrected_one_begins(
    world: World, form: ConsentType, day: date
) -> None:
    old, new = version(world, form, "3.0"), version(world, form, "4.0", SECOND)
    correct(world, new, day)
    assert (days(old), days(new)) == ((FIRST, day), (day, None))
    row = AuditRow.objects.filter(tbl="sites_consentapproval", row_id=approval(new).pk).last()
    assert row is not None
    assert row.changes["during"][0] != row.changes["during"][1]


def test_an_approval_is_corrected_to_another_version(world: World, form: ConsentType) -> None:
    old, wrong = version(world, form, "3.0"), version(world, form, "4.0", SECOND)
    right = forms.add_consent_version(form, number="4.1", dated=FIRST, by=world.manager)
    correct(world, wrong, SECOND, version=right)
    assert (days(old), days(right)) == ((FIRST, SECOND), (SECOND, None))
    with pytest.raises(ConflictError, match="is in use here already"):
        correct(world, right, SECOND, version=old)
    with pytest.raises(RefusedError, match="is another form"):
        correct(world, right, SECOND, version=photo(world))


def test_versions_keep_their_order(world: World, form: ConsentType) -> None:
    old, new = version(world, form, "3.0"), version(world, form, "4.0", SECOND)
    with pytest.raises(RefusedError, match=r"Main consent v3\.0 is in use from 10 Jan 2024"):
        correct(world, new, FIRST)
    with pytest.raises(RefusedError, match=r"Main consent v4\.0 is in use from 1 Jan 2025"):
        correct(world, old, SECOND + DAY)
    with pytest.raises(RefusedError, match="Give the reason"):
        correct(world, new, SECOND + DAY, reason=" ")
    with pytest.raises(ConflictError, match="changed while you had it open"):
        correct(world, new, SECOND + DAY, revision=77)


def test_a_voided_approval_gives_its_days_back(world: World, form: ConsentType) -> None:
    old, new = version(world, form, "3.0"), version(world, form, "4.0", SECOND)
    at_sites.void_approval(approval(new), reason="Another site", by=world.manager)
    assert days(old) == (FIRST, None)
    assert approval(new).during.isempty
    with pytest.raises(ConflictError, match="Record the approval anew"):
        at_sites.void_approval(approval(new), reason="Again", by=world.manager)
    at_sites.approve_consent(
        world.site, version=new, languages=["en"], approved_on=FIRST, from_on=SECOND + DAY,
        by=world.manager,
    )  # fmt: skip
    assert days(old) == (FIRST, SECOND + DAY)


def test_what_was_signed_stays_in_use_on_that_day(world: World, form: ConsentType) -> None:
    old = version(world, form, "3.0")
    new = version(world, form, "4.0", timezone.localdate() - 2 * DAY)
    subject = screen(world, timezone.localdate() - DAY)
    record(world, subject, new, subject.screened_on)
    with pytest.raises(ConflictError, match="Correct their consents first"):
        at_sites.void_approval(approval(new), reason="Wrong", by=world.manager)
    with pytest.raises(ConflictError, match="Correct their consents first"):
        correct(world, new, timezone.localdate())
    correct(world, new, subject.screened_on)
    at_sites.void_approval(approval(old), reason="Never approved", by=world.manager)
    assert days(new) == (subject.screened_on, None)


def test_a_version_and_a_form_are_corrected_with_the_reason(
    world: World, form: ConsentType
) -> None:
    held = version(world, form, "3.0")
    values = {
        "number": "v3.1", "dated": FIRST, "summary": "", "must_reconsent": "active",
        "reconsent_rule": "days", "reconsent_days": 14,
    }  # fmt: skip
    with pytest.raises(RefusedError, match="Give the reason"):
        forms.correct_consent_version(held, values=values, reason="", by=world.manager)
    made = forms.correct_consent_version(held, values=values, reason="Misread", by=world.manager)
    assert (made.number, made.who_signs_again) == ("3.1", "All active subjects, within 14 days")
    other = forms.add_consent_version(form, number="4.0", dated=FIRST, by=world.manager)
    with pytest.raises(ConflictError, match=r"has a version 3\.1 already"):
        forms.correct_consent_version(other, values=values, reason="Same", by=world.manager)
    with pytest.raises(RefusedError, match="Choose one of the two"):
        forms.correct_consent_type(
            form, values={"is_optional": True}, reason="Wrong", by=world.manager
        )
    changed = {"is_required": False, "name": "Information"}
    held_form = forms.correct_consent_type(form, values=changed, reason="Box", by=world.manager)
    assert (held_form.name, held_form.is_required) == ("Information", False)


def test_a_form_that_subjects_refused_stays_optional(world: World) -> None:
    main_form(world)
    part = photo(world)
    with pytest.raises(ConflictError, match="has a consent form Main consent already"):
        forms.correct_consent_type(
            part.type, values={"name": "Main consent"}, reason="Twice", by=world.manager
        )
    record(world, screen(world), part, decision="refused")
    with pytest.raises(RefusedError, match="stays optional"):
        forms.correct_consent_type(
            part.type, values={"is_optional": False}, reason="Wrong", by=world.manager
        )


def test_the_pages_show_and_correct_what_was_entered(
    world: World, form: ConsentType, client: Client
) -> None:
    client.force_login(world.manager)
    version(world, form, "3.0")
    new = version(world, form, "4.0", SECOND)
    page = reverse("sites:consent_version", args=["tmr-204", new.pk])
    held = approval(new)
    paths = {
        name.partition(":")[2]: reverse(name, args=args)
        for name, args in (
            ("sites:correct_approval", [held.pk]),
            ("sites:void_approval", [held.pk]),
            ("sites:correct_consent_version", ["tmr-204", new.pk]),
            ("sites:correct_consent_type", ["tmr-204", form.pk]),
            ("sites:consent_forms", ["tmr-204"]),
        )
    }
    export = client.get(reverse("sites:export_consent_version", args=["tmr-204", new.pk, "csv"]))
    assert b"1042,Northgate,en,2024-01-10,2025-01-01,,Current" in b"".join(export)  # type: ignore[call-overload]
    for path in (page, *paths.values()):
        assert_well_made(client.get(path).content.decode(), path)
    given = {
        "version": new.pk, "approved_on": FIRST, "from_on": "2025-02-01", "reason": "Misread",
        "revision": held.revision,
    }  # fmt: skip
    assert client.post(paths["correct_approval"], given).headers["Location"] == page
    assert client.post(paths["correct_approval"], given).status_code == 409
    assert days(new) == (date(2025, 2, 1), None)
    facts = {
        "number": "4.1", "dated": "2024-01-10", "must_reconsent": "nobody", "reason": "Typed",
        "revision": new.revision,
    }  # fmt: skip
    assert client.post(paths["correct_consent_version"], facts).headers["Location"] == page
    named = {"kind": "main", "name": "ICF", "is_required": "on", "reason": "Name", "revision": "1"}
    assert client.post(paths["correct_consent_type"], named).status_code == 302
    assert client.post(paths["void_approval"], {"reason": "Other site"}).status_code == 302
    shown = client.get(page).content.decode()
    assert "Voided" in shown
    assert "Other site" in shown
    assert paths["void_approval"] not in shown
