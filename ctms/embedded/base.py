"""Django's PostgreSQL backend for the embedded server, started by the first connection."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

from ctms import embedded


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks for the embedded servers before it connects."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect, once the servers run."""
        for server in settings.EMBEDDED_SERVERS:
            embedded.start(server)
        return super().get_new_connection(conn_params)
