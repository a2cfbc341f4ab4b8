"""A signature is one person's, given anew, on exactly what was shown."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from core.actions import RefusedError
from core.audit import coming_from, under_event
from core.models import Signature, Source
from core.signing import STATEMENT, SigningFailedError, content_hash, is_intact, sign, signatures
from tests.world import World

pytestmark = pytest.mark.django_db

CONTENT = {"number": "1.0", "visits": [{"code": "D1", "days": 0}]}
PASSWORD = "a long password"


def signed(world: World, **changes: object) -> Signature:
    """A signature of the administrator on the schedule, in some way different."""
    given = {"content": CONTENT, "meaning": "approval", "password": PASSWORD, "by": world.admin}
    given = {"shown_hash": content_hash(CONTENT), **given, **changes}
    with coming_from(source=Source.PAGE), under_event("test"):
        return sign(world.version, **given)


def test_a_signature_keeps_name_role_meaning_statement_and_instant(world: World) -> None:
    before = timezone.now()
    made = signed(world)
    assert (made.signer_name, made.signer_role) == ("Ada Admin", "Administrator")
    assert (made.meaning, made.statement, made.zone) == ("approval", STATEMENT, "Europe/London")
    assert before <= made.at <= timezone.now()
    assert signatures(world.version) == [made]
    assert signatures(world.site) == []


def test_a_signature_holds_for_exactly_what_was_signed(world: World) -> None:
    made = signed(world)
    assert is_intact(made, {"visits": [{"days": 0, "code": "D1"}], "number": "1.0"})
    assert not is_intact(made, CONTENT | {"number": "1.1"})
    assert not is_intact(made, CONTENT | {"visits": [{"code": "D1", "days": 1}]})


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper()])
def test_nothing_is_signed_without_the_password(world: World, password: str) -> None:
    with pytest.raises(SigningFailedError, match="Nothing was signed"):
        signed(world, password=password)
    assert not Signature.objects.exists()


def test_nothing_is_signed_that_changed_since_it_was_shown(world: World) -> None:
    with pytest.raises(RefusedError, match="changed since it was shown"):
        signed(world, content=CONTENT | {"number": "1.1"})
    assert not Signature.objects.exists()


def test_only_the_person_at_a_page_signs(world: World) -> None:
    for origin in (
        {"source": Source.API},
        {"source": Source.SYSTEM},
        {"source": Source.PAGE, "acting_for": world.cra},
    ):
        with coming_from(**origin), under_event("test"), pytest.raises(PermissionDenied):
            sign(
                world.version, content=CONTENT, meaning="approval", password=PASSWORD,
                shown_hash=content_hash(CONTENT), by=world.admin,
            )  # fmt: skip
    world.admin.is_service = True
    with pytest.raises(PermissionDenied, match="Only a person at a page"):
        signed(world)
    assert not Signature.objects.exists()


def test_a_signature_is_made_inside_an_action_only(world: World) -> None:
    with coming_from(source=Source.PAGE), pytest.raises(RuntimeError, match="inside an action"):
        sign(
            world.version, content=CONTENT, meaning="approval", password=PASSWORD,
            shown_hash=content_hash(CONTENT), by=world.admin,
        )  # fmt: skip
