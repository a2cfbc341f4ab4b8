"""A private PostgreSQL and Valkey for demo, development and tests, shared by all that need them.

A server runs as the child of a keeper. Whoever uses it holds a shared lock on a file for as long as
its process lives; the keeper ends the server when it gets that lock for itself. The kernel releases
locks of the dead, so nothing stays behind and nothing is pulled away from a second terminal.
"""

from ctms.embedded.servers import EmbeddedServerError, Postgres, Server, Valkey
from ctms.embedded.sharing import start, stop

__all__ = ["EmbeddedServerError", "Postgres", "Server", "Valkey", "start", "stop"]
