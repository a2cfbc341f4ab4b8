"""The trail: complete, append-only, sealed."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import User
from audit.queries import events_of, page_of
from core.actions import RefusedError, registry
from core.audit import APPEND_ONLY, EXCUSED, audited_models, event_recorded, under_event
from core.models import AuditRow, Event, Source, StatusChange
from sites.actions import sites
from sites.models import Site
from subjects.actions import subjects
from subjects.models import SubjectAnchor, SubjectIdentity
from tests.world import World, screen

pytestmark = pytest.mark.django_db


def test_every_change_belongs_to_an_event_with_actor_and_role(world: World) -> None:
    before = AuditRow.objects.order_by("-pk").first()
    sites.change_site(world.site, values={"planned_subjects": 12}, by=world.manager)
    row = AuditRow.objects.get(tbl="sites_site", pk__gt=before.pk)
    event = Event.objects.get(pk=row.event_id)
    assert row.changes == {"planned_subjects": [None, 12]}
    assert (event.verb, event.actor_id, event.site_id) == (
        "change site", world.manager.pk, world.site.pk,
    )  # fmt: skip
    assert event.actor_role == "Senior manager"


def test_the_first_value_is_in_the_trail(world: World) -> None:
    row = AuditRow.objects.get(tbl="sites_site", row_id=world.site.pk, op="I")
    assert row.changes["number"] == "1042"


def test_a_refused_action_leaves_nothing(world: World) -> None:
    events, rows = Event.objects.count(), AuditRow.objects.count()
    with pytest.raises(RefusedError):
        subjects.screen(
            world.site, on=timezone.localdate() + timedelta(days=2), by=world.coordinator
        )
    with pytest.raises(PermissionDenied):
        subjects.screen(world.site, on=timezone.localdate(), by=world.cra)
    assert (Event.objects.count(), AuditRow.objects.count()) == (events, rows)


def test_an_action_inside_an_action_records_its_parent(world: World) -> None:
    first = screen(world)
    subjects.end(
        first, status="screen_failed", on=timezone.localdate(), reason_code="exclusion",
        reason="BMI", by=world.coordinator,
    )  # fmt: skip
    second = subjects.rescreen(
        first, on=timezone.localdate(), consented_on=timezone.localdate(), by=world.coordinator
    )
    outer, inner = Event.objects.order_by("pk").filter(
        target_type="subjects.subject", target_id=second.pk
    )
    assert (outer.verb, inner.verb, inner.parent_id) == ("rescreen", "add to screening", outer.pk)


def test_a_reason_is_asked_for_a_change_not_for_the_first_value(world: World) -> None:
    subject = screen(world)
    day = timezone.localdate() - timedelta(days=1)
    with pytest.raises(RefusedError, match="Give the reason"):
        subjects.set_anchor(subject, code="consent", on=day, by=world.coordinator)
    held = SubjectAnchor.objects.filter(subject=subject, code="consent")
    with pytest.raises(IntegrityError, match="reason"), transaction.atomic(), under_event(""):
        held.update(on=day)
    subjects.set_anchor(
        subject, code="consent", on=day, reason="misread form", by=world.coordinator
    )
    assert SubjectAnchor.objects.get(subject=subject, code="consent").on == day
    assert Event.objects.latest("pk").reason == "misread form"


@pytest.mark.parametrize("model", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["DELETE FROM {0}", "UPDATE {0} SET id = id", "TRUNCATE {0}"])
def test_the_trail_cannot_be_changed(world: World, model, statement: str) -> None:
    if model._meta.db_table in {"core_signature", "core_seal"} and "TRUNCATE" not in statement:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " WHERE c.relname = %s AND t.tgname = 'append_only'",
                [model._meta.db_table],
            )
            assert cursor.fetchone() == (1,)
        return
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(model._meta.db_table))


def test_every_table_is_audited_or_excused() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = {table for (table,) in cursor.fetchall()}
        cursor.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname IN ('history_insert', 'history_update', 'history_delete')"
            " GROUP BY 1 HAVING count(*) = 3"
        )
        covered = {table for (table,) in cursor.fetchall()}
    assert covered == {model._meta.db_table for model in audited_models()}
    left = {table for table in tables - covered - set(EXCUSED) if not table.endswith("permission")}
    assert left == set()


def test_identity_is_encrypted_in_table_and_trail(world: World) -> None:
    subject = screen(world)
    subjects.identify(subject, values={"name": "Jo Doe"}, by=world.coordinator)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_auditrow WHERE changes::text LIKE '%%Jo Doe%%'")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT name FROM subjects_subjectidentity")
        assert "Jo Doe" not in cursor.fetchone()[0]
    identity = SubjectIdentity.objects.get()
    read = {
        person: {
            change.new
            for entry in page_of(events_of(identity), person).entries
            for change in entry.changes
        }
        for person in (world.coordinator, world.cra)
    }
    assert "Jo Doe" in read[world.coordinator]
    assert read[world.cra] == {"hidden for your role"}


def test_passwords_are_never_in_the_trail(world: World) -> None:
    User.objects.filter(pk=world.cra.pk).update(password="!changed")
    row = AuditRow.objects.filter(tbl="accounts_user", row_id=world.cra.pk, op="U").latest("pk")
    assert row.changes["password"] == ["hidden", "hidden"]


def test_listeners_hear_of_an_event_after_commit_only(
    world: World, django_capture_on_commit_callbacks
) -> None:
    heard: list[str] = []

    def listen(event: Event, **_: object) -> None:
        heard.append(event.verb)

    event_recorded.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            screen(world)
            assert heard == []
    finally:
        event_recorded.disconnect(listen)
    assert heard == ["add to screening"]


def test_every_action_has_words_and_asks_for_who(world: World) -> None:
    assert len(registry) > 30
    for name, act in registry.items():
        assert act.__doc__, name
        assert "by" in act.do.__annotations__, name


def test_history_of_status_is_dated(world: World) -> None:
    rows = StatusChange.objects.filter(flow="sites.site", object_id=world.site.pk).order_by("pk")
    assert [row.to_status for row in rows] == [
        "identified", "selected", "start_up", "ready", "initiated", "open",
    ]  # fmt: skip
    assert Site.objects.get(pk=world.site.pk).opened_on == rows.last().on


def test_events_say_where_they_came_from(world: World) -> None:
    assert set(Event.objects.values_list("source", flat=True)) == {Source.PAGE}
