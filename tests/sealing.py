"""Sealing while other tests run on the same server."""

import time

from django.db import connection

from audit import seal
from core.models import Seal

MINUTES = 5
HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


def next_seal() -> Seal:
    """The seal over everything so far, once transactions elsewhere, older than ours, are over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (now,) = cursor.fetchone()
        for _ in range(MINUTES * 600):
            cursor.execute(HORIZON)
            if cursor.fetchone()[0] > now and (made := seal.seal()) is not None:
                return made
            time.sleep(0.1)
    raise AssertionError(f"Nothing could be sealed within {MINUTES} minutes.")
