"""The keeper of one server: runs it as a child until nobody uses it any more."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from ctms import processes
from ctms.embedded import locks
from ctms.embedded.servers import KINDS, Server
from ctms.embedded.sharing import keeper_file, users_file

PAUSE = 0.1


def keep(server: Server) -> int:
    """Run the server while it is used; the answer is the exit code."""
    server.make_directories()
    keeper = locks.alone(keeper_file(server))
    if keeper is None:
        return 0
    with keeper:
        os.ftruncate(sys.stdout.fileno(), 0)
        child = processes.spawn(server.prepare(), account=server.account, cwd="/")
        try:
            while child.poll() is None:
                if last := locks.alone(users_file(server)):
                    # Held until this process ends: a newcomer waits, and then starts the next one.
                    with last:
                        processes.stop(child, by=signal.SIGINT, patience=60)
                        return 0
                time.sleep(PAUSE)
        finally:
            processes.stop(child, by=signal.SIGINT, patience=60)
    return 1


def main(name: str, home: str, kind: str) -> int:
    """Keep the named server; a signal ends it and the keeper."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    return keep(KINDS[name](Path(home), is_durable=kind == "durable"))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
