"""Every write is an action: permitted, atomic, on the trail, and followed by what it makes due."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from django.db import connection, models

from core import obligations
from core.access import ScopedModel, require
from core.audit import cause, record, under_event
from core.permissions import Permission

T = TypeVar("T", bound=ScopedModel)
P = ParamSpec("P")
R = TypeVar("R")
Around = Callable[..., obligations.Within]

registry: dict[str, Action[Any, Any, Any]] = {}


class RefusedError(Exception):
    """A rule of the business says no; the text says why and offers a way out."""

    code = "refused"
    url = ""  # where the way out begins, if it is a page
    step = ""  # what its button says


class Action(Generic[T, P, R]):
    """A function that changes records: its first argument is where the permission is checked."""

    def __init__(
        self, do: Callable[Concatenate[T, P], R], permission: Permission, verb: str,
        within: Around | None = None,
    ) -> None:  # fmt: skip
        self.do = do
        self.permission = permission
        self.verb = verb
        self.within = within
        self.__doc__ = do.__doc__
        self.__name__ = do.__name__
        self.__module__ = do.__module__
        registry[f"{do.__module__}.{do.__name__}"] = self

    def __call__(self, target: T, *args: P.args, **kwargs: P.kwargs) -> R:
        """Check, do, record and refresh in one transaction; nested actions record their parent."""
        by: Any = kwargs["by"]
        outermost = cause.get() is None
        if outermost:
            require(by, self.permission, target)
        with under_event(str(kwargs.get("reason", "")).strip()) as current:
            result = self.carry_out(target, *args, **kwargs)
            made = result if isinstance(result, ScopedModel) and result.pk else target
            record(self.verb, current, target=made, by=by)
            if outermost:
                _refresh(made, current.event_id, self.within and self.within(target, **kwargs))
        return result

    def carry_out(self, target: T, *args: P.args, **kwargs: P.kwargs) -> R:
        """What is done inside the transaction, under the event."""
        return self.do(target, *args, **kwargs)


def action(
    permission: Permission, verb: str = "", *, within: Around | None = None
) -> Callable[[Callable[Concatenate[T, P], R]], Action[T, P, R]]:
    """Make a function an action; the verb defaults to its name in plain words.

    What is due is computed anew around what was changed, or within what ``within`` makes of the
    arguments.
    """

    def decorate(do: Callable[Concatenate[T, P], R]) -> Action[T, P, R]:
        return Action(do, permission, verb or do.__name__.replace("_", " "), within)

    return decorate


def _refresh(target: models.Model, event_id: int, within: obligations.Within | None) -> None:
    """Recompute what is due from the tables this action and the actions inside it wrote to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE tree AS (SELECT %s::bigint AS id UNION ALL"
            " SELECT e.id FROM core_event e JOIN tree ON e.parent_id = tree.id)"
            " SELECT DISTINCT tbl FROM core_auditrow WHERE event_id IN (SELECT id FROM tree)",
            [event_id],
        )
        changed = {table for (table,) in cursor.fetchall()}
    if changed and isinstance(target, ScopedModel):
        around = within or obligations.Within.around(target.scope_ids())
        obligations.refresh(around, obligations.reading(changed))
