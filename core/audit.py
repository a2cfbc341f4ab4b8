"""The write side of the trail: events by the decorator, field history by the database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connection, models, transaction
from django.dispatch import Signal

from core.access import ScopedModel, ScopeIds
from core.models import AuditRow, Event, Seal, Signature, Source, StatusChange

if TYPE_CHECKING:
    from accounts.models import User

event_recorded = Signal()

# Tables without field history, each with the reason why it may be so.
EXCUSED = {
    "auth_group_permissions": "written from the roles in code",
    "auth_permission": "written from the permissions in code",
    "auth_group": "a group stands for a grant, and grants are audited",
    "accounts_user_groups": "a projection of the grants, repaired by beat",
    "accounts_user_user_permissions": "never used: permissions come from roles",
    "axes_accessattempt": "is itself a log",
    "axes_accessattemptexpiration": "is itself a log",
    "axes_accessfailurelog": "is itself a log",
    "axes_accesslog": "is itself a log",
    "core_auditrow": "is the field history",
    "core_draft": "unsaved input of one person",
    "core_event": "is the trail",
    "core_idempotency": "answers kept for repeated posts",
    "core_obligation": "computed from audited facts; people's decisions on it are events",
    "core_savedview": "a person's own filters; keeping and sharing them are events",
    "core_seal": "is the seal of the trail",
    "core_signature": "append-only",
    "core_statuschange": "append-only",
    "core_viewmark": "what a person pinned and used last",
    "core_upload": "a file on its way in; what it brings is audited",
    "django_content_type": "written by migrations",
    "django_migrations": "written by migrations",
    "django_session": "sign-in and sign-out are events",
    "account_emailconfirmation": "never used: addresses are set by an administrator",
}

HISTORY = {
    "INSERT": "REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT",
    "DELETE": "REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT",
    "UPDATE": "FOR EACH ROW",
}

APPEND_ONLY: tuple[type[models.Model], ...] = (Event, AuditRow, StatusChange, Signature, Seal)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the present work comes from."""

    source: Source = Source.SYSTEM
    request_id: str = ""
    address: str | None = None
    acting_for: User | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """The action that is running."""

    event_id: int
    reason: str
    parent: Cause | None


origin: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 - frozen value
cause: ContextVar[Cause | None] = ContextVar("cause", default=None)


@contextlib.contextmanager
def coming_from(**changes: Any) -> Iterator[None]:
    """Say where the work inside the block comes from: its source, request or person."""
    token = origin.set(replace(origin.get(), **changes))
    try:
        yield
    finally:
        origin.reset(token)


@contextlib.contextmanager
def under_event(reason: str) -> Iterator[Cause]:
    """Everything the database writes inside the block is history of one new event."""
    parent = cause.get()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('ctms.event', nextval('core_event_id_seq')::text, true)::bigint,"
            " set_config('ctms.reason', %s, true)",
            [reason],
        )
        current = Cause(cursor.fetchone()[0], reason, parent)
        token = cause.set(current)
        try:
            yield current
        finally:
            cause.reset(token)
        outer = parent or Cause(0, "", None)
        cursor.execute(
            "SELECT set_config('ctms.event', %s, true), set_config('ctms.reason', %s, true)",
            [str(outer.event_id or ""), outer.reason],
        )


def record(
    verb: str, current: Cause, *, target: models.Model, by: User, ids: ScopeIds | None = None
) -> Event:
    """Write the event of the running action, and tell the listeners once it is committed."""
    where = origin.get()
    if ids is None:
        ids = target.scope_ids() if isinstance(target, ScopedModel) else ScopeIds()
    acting_for = where.acting_for
    event = Event(
        id=current.event_id,
        verb=verb,
        target_type=target._meta.label_lower,
        target_id=target.pk,
        target_label=str(target)[:200],
        actor_id=by.pk,
        actor_name=by.get_full_name(),
        actor_role=by.role_names(),
        acting_for_id=acting_for.pk if acting_for else None,
        acting_for_name=acting_for.get_full_name() if acting_for else "",
        reason=current.reason,
        source=where.source,
        request_id=where.request_id,
        address=where.address,
        parent_id=current.parent.event_id if current.parent else None,
        trial_id=ids.trial_id,
        site_id=ids.site_id,
        place_id=ids.place_id,
        subject_id=ids.subject_id,
    )
    event.save(force_insert=True)
    transaction.on_commit(lambda: event_recorded.send(sender=Event, event=event))
    return event


def note(verb: str, *, target: models.Model, by: User, reason: str = "") -> Event:
    """Record something that happened without a change of data, such as a sign-in or an export."""
    with under_event(reason) as current:
        return record(verb, current, target=target, by=by)


def audited_models() -> list[type[models.Model]]:
    """Every model whose table carries the field history."""
    found = apps.get_models(include_auto_created=True)
    return [
        model
        for model in found
        if model._meta.managed
        and not model._meta.proxy
        and model._meta.db_table not in EXCUSED
        and not model._meta.db_table.endswith("permission")
    ]


def attach(**_: Any) -> None:
    """Put the history, revision and append-only triggers on every table; runs after migrate."""
    with connection.cursor() as cursor:
        for model in audited_models():
            cursor.execute(_history_triggers(model))
        for model in APPEND_ONLY:
            table = model._meta.db_table
            cursor.execute(
                f"CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION core_append_only();"
                f"CREATE OR REPLACE TRIGGER never_truncated BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION core_append_only()"
            )


def _history_triggers(model: type[models.Model]) -> str:
    table = model._meta.db_table
    reasoned = ",".join(getattr(model, "reasoned", ()))
    masked = ",".join(getattr(model, "masked", ()))
    arguments = f"('{reasoned}', '{masked}')"
    parts = [
        f"CREATE OR REPLACE TRIGGER history_{event.lower()} AFTER {event} ON {table} {rows}"
        f" EXECUTE FUNCTION core_audit_{event.lower()}{arguments}"
        for event, rows in HISTORY.items()
    ]
    if any(field.name == "revision" for field in model._meta.fields):
        parts.append(
            f"CREATE OR REPLACE TRIGGER bump_revision BEFORE UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION core_bump_revision()"
        )
    return ";".join(parts)
