"""Locks on files, which the kernel releases when their holder dies."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO


def shared(path: Path) -> IO[bytes]:
    """Hold the file together with others; wait while somebody holds it alone."""
    file = path.open("ab")
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def alone(path: Path) -> IO[bytes] | None:
    """Hold the file alone; nothing when anybody else holds it."""
    return _at_once(path, fcntl.LOCK_EX)


def is_shared(path: Path) -> bool:
    """Whether at least one process holds the file together with others."""
    if (file := alone(path)) or not (file := _at_once(path, fcntl.LOCK_SH)):
        if file:
            file.close()
        return False
    file.close()
    return True


def _at_once(path: Path, kind: int) -> IO[bytes] | None:
    file = path.open("ab")
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
