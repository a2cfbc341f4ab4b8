"""Runs a few processes together: one ends, all end."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from ctms import processes

PAUSE = 0.1
PATIENCE = 4  # seconds; what a worker does not end by then is taken up again at the next start


class Supervisor:
    """Children in process groups of their own, ended in the reverse order of their start."""

    def __init__(self) -> None:
        self.children: dict[str, processes.Child] = {}

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start one more child."""
        self.children[name] = processes.spawn(command)

    def ended(self) -> str | None:
        """The name of a child that runs no longer."""
        return next(
            (name for name, child in self.children.items() if child.poll() is not None), None
        )

    def wait(self) -> str:
        """Wait until a child ends; its name."""
        while not (name := self.ended()):
            time.sleep(PAUSE)
        return name

    def stop(self) -> None:
        """End all children, the last one first."""
        processes.stop(*reversed(self.children.values()), patience=PATIENCE)
        self.children.clear()


@contextmanager
def exit_on_signals() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into an orderly exit; those that follow wait for its end."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}

    def leave(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        sys.exit(0)

    for number in numbers:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
