"""The database role as which the product runs: it works with the tables and cannot bend their rules.

The owner migrates. The role is no owner, so it cannot disable triggers or drop constraints; it adds
to the trail and cannot change it; it cannot empty a table, and it makes no objects but passing ones.
"""

from __future__ import annotations

from django.db import connection, transaction
from psycopg2 import sql

from core.audit import APPEND_ONLY
from core.past import SCHEMA

READ_ONLY = ("django_migrations",)
GRANTS = """
GRANT CONNECT ON DATABASE {database} TO {role};
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role};
GRANT USAGE ON SCHEMA public, {past} TO {role};
GRANT SELECT ON ALL TABLES IN SCHEMA public, {past} TO {role};
GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
REVOKE UPDATE, DELETE ON {append_only} FROM {role};
REVOKE INSERT, UPDATE, DELETE ON {read_only} FROM {role};
"""


def grant(role: str, password: str) -> None:
    """Make the role where it is missing, and give it exactly what the product needs."""
    with transaction.atomic(), connection.cursor() as cursor:
        make(role, password)
        cursor.execute(_grants(role))


def make(role: str, password: str) -> None:
    """Make the role or change its password; the owner needs CREATEROLE for it and no more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolname = current_user OR EXISTS"
            " (SELECT FROM pg_class WHERE relowner = r.oid) FROM pg_roles r WHERE rolname = %s",
            [role],
        )
        found = cursor.fetchone()
        if found is not None and found[0]:
            raise ValueError(
                f"{role} owns tables, is a superuser, or may make roles or databases."
                " Choose another role."
            )
        verb = "CREATE" if found is None else "ALTER"
        making = sql.SQL(f"{verb} ROLE {{role}} LOGIN PASSWORD {{password}}")
        cursor.execute(making.format(role=sql.Identifier(role), password=sql.Literal(password)))


def _grants(role: str) -> sql.Composed:
    return sql.SQL(GRANTS).format(
        role=sql.Identifier(role),
        database=sql.Identifier(connection.settings_dict["NAME"]),
        past=sql.Identifier(SCHEMA),
        append_only=_tables([model._meta.db_table for model in APPEND_ONLY]),
        read_only=_tables(READ_ONLY),
    )


def _tables(names: list[str] | tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)
