"""What role groups hold on scopes: permission rows, written from the roles and permissions in code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection

from core.access import SCOPES, Scope, ScopeKind
from core.permissions import Permission


def lay_down(**_: Any) -> None:
    """Write the row of the deployment and one permission row per scope model; runs after migrate."""
    with connection.cursor() as cursor:
        for model in SCOPES.values():
            content_type = ContentType.objects.get_for_model(model)
            cursor.execute(
                "INSERT INTO auth_permission (name, content_type_id, codename)"
                " SELECT label, %s, name FROM unnest(%s, %s) AS given (name, label)"
                " ON CONFLICT (content_type_id, codename) DO UPDATE SET name = EXCLUDED.name",
                [content_type.pk, Permission.values, Permission.labels],
            )
        deployment = SCOPES[ScopeKind.DEPLOYMENT]._meta.db_table
        cursor.execute(
            f"INSERT INTO {deployment} (id, name, revision) VALUES (1, 'CTMS', 1)"
            " ON CONFLICT DO NOTHING"
        )


def give_group_permissions(group_id: int, scope: Scope, permissions: Iterable[Permission]) -> None:
    """Lay the permissions of a role group on one scope; a second call changes nothing."""
    names = [permission.value for permission in permissions]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {scope.permission_rows._meta.db_table}"
            " (permission_id, group_id, content_object_id)"
            " SELECT a.id, %s, %s FROM auth_permission a"
            " JOIN django_content_type c ON c.id = a.content_type_id"
            " WHERE c.app_label = %s AND c.model = %s AND a.codename = ANY(%s)"
            " ON CONFLICT DO NOTHING",
            [group_id, scope.pk, scope._meta.app_label, scope._meta.model_name, names],
        )


def take_group_permissions(group_id: int, scope: Scope, kept: Iterable[Permission]) -> None:
    """Remove from a role group what its role no longer carries."""
    names = [permission.value for permission in kept]
    scope.permission_rows._default_manager.filter(
        group_id=group_id, content_object_id=scope.pk
    ).exclude(permission__codename__in=names).delete()
