"""Child processes that never outlive their parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

Child = subprocess.Popen[bytes]

PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def spawn(
    command: Sequence[str | Path],
    *,
    output: IO[bytes] | None = None,
    account: Mapping[str, Any] | None = None,
    **options: Any,
) -> Child:
    """Start a child in a process group of its own; it is interrupted when this process dies."""
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=_die_with_parent,
        **(account or {}),
        **options,
    )


def stop(child: Child, by: signal.Signals = signal.SIGTERM, *, patience: float = 10) -> None:
    """Ask a child to end; end it and all it started by force when it does not listen."""
    if child.poll() is None:
        child.send_signal(by)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(patience)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
