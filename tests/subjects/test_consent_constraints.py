"""What the database keeps of consents, whoever writes to it."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from sites.models import ConsentApproval
from subjects.actions import consents
from subjects.models import Consent
from tests.subjects.consented import DAY, FIRST, main_form, photo, record, version
from tests.world import World, screen
from trials.actions import consents as forms
from trials.models import ConsentType, ConsentVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(world: World) -> ConsentType:
    return main_form(world)


@pytest.fixture
def first(world: World, form: ConsentType) -> ConsentVersion:
    return version(world, form, "3.0")


RAW = {
    "consent_once": "INSERT INTO subjects_consent (subject_id, version_id, type_id, language,"
    " signed_on, zone, explainer_id, signer, decision, is_copy_given, void_reason, revision)"
    " SELECT subject_id, version_id, type_id, language, signed_on, zone, explainer_id, signer,"
    " decision, is_copy_given, '', 1 FROM subjects_consent",
    "consent_signed_that_day": "UPDATE subjects_consent SET signed_at = '2020-01-01 12:00Z'",
    "consent_voided_with_a_reason": "UPDATE subjects_consent SET voided_at = now()",
    "consent_signer_known": "UPDATE subjects_consent SET signer = 'nobody'",
    "consent_decision_known": "UPDATE subjects_consent SET decision = 'perhaps'",
    "consent_refused_is_optional": "UPDATE subjects_consent SET decision = 'refused'",
    "consent_type_of_version": "UPDATE subjects_consent SET type_id ="
    " (SELECT id FROM trials_consenttype WHERE kind = 'photo')",
    "consent_withdrawal_known": "INSERT INTO subjects_consentwithdrawal (consent_id, what,"
    " \"on\", reason) SELECT id, 'tea', signed_on, '' FROM subjects_consent",
    "consent_approval_type_of_version": "UPDATE sites_consentapproval SET approved_on = '2000-01-01',"
    " during = '[2000-01-01,2001-01-01)',"
    " type_id = (SELECT id FROM trials_consenttype WHERE kind = 'photo') WHERE version_id IN"
    " (SELECT version_id FROM subjects_consent)",
    "consent_approval_before_use": "UPDATE sites_consentapproval SET approved_on = '2030-01-01'",
    "consent_approval_language_is_coded": "UPDATE sites_consentapproval SET language = 'Polish'",
    "consent_version_says_by_when": "UPDATE trials_consentversion SET must_reconsent = 'active'",
    "consent_version_days_of_its_rule": "UPDATE trials_consentversion SET reconsent_days = 3",
    "consent_type_required_or_optional": "UPDATE trials_consenttype SET is_required = true,"
    " is_optional = true",
}


@pytest.mark.parametrize("name", RAW)
def test_the_database_keeps_what_the_actions_promise(
    world: World, first: ConsentVersion, name: str
) -> None:
    photo(world)
    record(world, screen(world), first)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('ctms.reason', 'test', true)")
        with pytest.raises(DatabaseError) as said, transaction.atomic():
            cursor.execute(RAW[name])
    assert said.value.__cause__.diag.constraint_name == name  # type: ignore[union-attr]


def test_two_versions_of_a_form_are_never_in_use_at_once(
    world: World, form: ConsentType, first: ConsentVersion
) -> None:
    other = forms.add_consent_version(form, number="4.0", dated=FIRST, by=world.manager)
    held = ConsentApproval.objects.get()
    with pytest.raises(DatabaseError, match="consent_approval_no_overlap"):
        ConsentApproval.objects.create(
            site=world.site, version=other, type=form, language="en", approved_on=FIRST,
            during=DateRange(held.during.lower + DAY, None),
        )  # fmt: skip


def test_a_voided_consent_stays_as_it_is(world: World, first: ConsentVersion) -> None:
    made = record(world, screen(world), first)
    consents.void_consent(made, reason="Wrong subject", by=world.coordinator)
    with pytest.raises(DatabaseError, match="A voided consent stays as it is"):
        Consent.objects.filter(pk=made.pk).update(void_reason="Other")
