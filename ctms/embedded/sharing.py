"""The side of those who use a server: ask for it, share it, leave it."""

from __future__ import annotations

import atexit
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from ctms.embedded import locks
from ctms.embedded.servers import EmbeddedServerError, Server

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 60
PAUSE = 0.02

_held: dict[Path, IO[bytes]] = {}
_keepers: dict[Path, subprocess.Popen[bytes]] = {}
_one_at_a_time = threading.Lock()


def users_file(server: Server) -> Path:
    """The file that everybody holds who uses the server."""
    return server.base / f"{server.name}.users"


def keeper_file(server: Server) -> Path:
    """The file that the keeper of the server holds alone."""
    return server.base / f"{server.name}.keeper"


def start(server: Server) -> None:
    """Make sure that the server runs for as long as this process uses it."""
    with _one_at_a_time:
        if users_file(server) not in _held:
            server.make_directories()
            _held[users_file(server)] = locks.shared(users_file(server))
        if not server.answers():
            _begin(server)


def _begin(server: Server) -> None:
    log = server.base / f"{server.name}.log"
    keeper = _spawn_keeper(server, log)
    deadline = time.monotonic() + START_SECONDS
    while not server.answers():
        if keeper.poll() == 0:  # somebody else's keeper came first, or was about to leave
            keeper = _spawn_keeper(server, log)
        if keeper.poll() or time.monotonic() > deadline:
            last = log.read_text(errors="replace").strip().splitlines()[-5:]
            message = [f"{server.name} did not start, see {log}.", *last]
            raise EmbeddedServerError("\n".join(message))
        time.sleep(PAUSE)
    _keepers[users_file(server)] = keeper
    atexit.register(stop, server)


def _spawn_keeper(server: Server, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ctms.embedded", server.name, str(server.home)]
    with log.open("ab") as output:
        return subprocess.Popen(
            [*command, "durable" if server.is_durable else "fast"],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def stop(server: Server) -> None:
    """Leave the server; when nobody else uses it, return only after it has ended."""
    users = users_file(server)
    if held := _held.pop(users, None):
        held.close()
    deadline = time.monotonic() + STOP_SECONDS
    while not _has_ended(server) and time.monotonic() < deadline:
        if locks.is_shared(users):
            return
        time.sleep(PAUSE)
    if keeper := _keepers.pop(users, None):
        keeper.wait()


def _has_ended(server: Server) -> bool:
    if not (file := locks.alone(keeper_file(server))):
        return False
    file.close()
    return True
