"""Children that end together and leave nothing behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from ctms import processes
from ctms.secrets import kept
from ctms.supervisor import Supervisor, exit_on_signals

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
DEAF_CODE = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""
DEAF = [sys.executable, "-c", DEAF_CODE]


def test_the_end_of_one_child_is_noticed_and_the_others_are_stopped() -> None:
    supervisor = Supervisor()
    supervisor.start("long", SLEEP)
    supervisor.start("short", [sys.executable, "-c", ""])
    long = supervisor.children["long"]
    assert supervisor.wait() == "short"
    supervisor.stop()
    assert long.returncode == -signal.SIGTERM
    assert not supervisor.children


def test_a_child_that_does_not_listen_is_ended_by_force(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with said.open("wb") as output:
        child = processes.spawn(DEAF, output=output)
    while "deaf" not in said.read_text():
        time.sleep(0.01)
    processes.stop(child, patience=0.2)
    assert child.returncode == -signal.SIGKILL


def test_a_signal_becomes_an_orderly_exit_and_the_next_one_waits() -> None:
    before = signal.getsignal(signal.SIGTERM)
    cleaned_up: list[str] = []

    def run() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            cleaned_up.append("all")

    with pytest.raises(SystemExit, match="0"), exit_on_signals():
        run()
    assert cleaned_up == ["all"]
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    key = kept(tmp_path / "keys", "secret")
    assert kept(tmp_path / "keys", "secret") == key
    assert kept(tmp_path / "keys", "other") != key
    assert (tmp_path / "keys" / "secret").stat().st_mode & 0o077 == 0
    assert {path.name for path in (tmp_path / "keys").iterdir()} == {"secret", "other"}
