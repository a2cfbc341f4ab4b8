"""Child processes that never outlive their parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
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


def stop(*children: Child, by: signal.Signals = signal.SIGTERM, patience: float = 10) -> None:
    """Ask children to end; end them and all they started by force when they do not listen."""
    for child in children:
        if child.poll() is None:
            child.send_signal(by)
    deadline = time.monotonic() + patience
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
