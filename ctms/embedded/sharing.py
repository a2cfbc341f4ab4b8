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
_keepers: dict[Server, subprocess.Popen[bytes]] = {}
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
    deadline = time.monotonic() + START_SECONDS
    keeper, is_ours = _keepers.pop(server, None), False
    while not server.answers():
        if time.monotonic() > deadline:
            raise _failure(server, log)
        if keeper is None or (code := keeper.poll()) is not None:
            # Code 0: another keeper was there before, or on its way out. Then try once more.
            if is_ours and code:
                raise _failure(server, log)
            keeper, is_ours = _spawn_keeper(server, log), True
        time.sleep(PAUSE)
    if keeper:
        _keepers[server] = keeper


def _failure(server: Server, log: Path) -> EmbeddedServerError:
    last = log.read_text(errors="replace").strip().splitlines()[-5:]
    return EmbeddedServerError("\n".join([f"{server.name} did not start, see {log}.", *last]))


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
    if held := _held.pop(users_file(server), None):
        held.close()
    deadline = time.monotonic() + STOP_SECONDS
    while not _has_ended(server) and time.monotonic() < deadline:
        if locks.is_shared(users_file(server)):
            return
        time.sleep(PAUSE)
    if keeper := _keepers.pop(server, None):
        keeper.wait()


@atexit.register
def _stop_what_was_started() -> None:
    for server in list(_keepers):
        stop(server)


def _has_ended(server: Server) -> bool:
    if not (file := locks.alone(keeper_file(server))):
        return False
    file.close()
    return True
