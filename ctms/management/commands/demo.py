"""The whole system on one machine, with demo data: make demo."""

from __future__ import annotations

import http.client
import io
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from ctms import embedded, environment
from ctms.supervisor import Supervisor, exit_on_signals

LOOPBACK = "127.0.0.1"
WEB_SECONDS = 60
PAUSE = 0.05
PYTHON = [sys.executable, "-m"]
# Celery warns root; a private machine may be root's.
PYTHON_FOR_ROOT = [sys.executable, "-W", "ignore:You're running the worker with superuser", "-m"]


class Command(BaseCommand):
    """Starts database, broker, web, worker and beat, and ends them together."""

    help = "Start the whole system with demo data; PORT, HOST and RESET=1 are in the environment."
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: object) -> None:
        """Run until a signal comes, or a part ends by itself."""
        host = environment.text("HOST", LOOPBACK)
        port = usable_port(host)
        supervisor = Supervisor()
        with exit_on_signals():
            try:
                sign_ins = self.prepare()
                self.serve(supervisor, host, port)
                self.stdout.write(f"\nOpen http://{_shown(host)}:{port}/ · Ctrl-C ends it.")
                self.stdout.write(sign_ins)
                self.stdout.flush()
                self.work(supervisor)
                raise CommandError(f"The {supervisor.wait()} process ended, so all were stopped.")
            finally:
                supervisor.stop()
                connection.close()
                for server in reversed(settings.EMBEDDED_SERVERS):
                    embedded.stop(server)

    def prepare(self) -> str:
        """Bring servers, tables, static files and first data into place; the demo log-ins."""
        with self.step("Servers"):
            for server in settings.EMBEDDED_SERVERS:
                embedded.start(server)
        if environment.flag("RESET", default=False):
            with self.step("Empty database"):
                reset()
        with self.step("Tables"):
            call_command("migrate", verbosity=0)
        with self.step("Static files"):
            call_command("collectstatic", interactive=False, verbosity=0)
        if "load_demo" not in get_commands():
            return ""
        with self.step("Demo data"):
            return str(call_command("load_demo", stdout=io.StringIO()) or "")

    def serve(self, supervisor: Supervisor, host: str, port: int) -> None:
        """Start the web server, and wait for its first answer."""
        with self.step("Web server"):
            supervisor.start("web", [*PYTHON, "gunicorn", "ctms.wsgi", f"--bind={host}:{port}"])
            deadline = time.monotonic() + WEB_SECONDS
            while not answers(host, port):
                if supervisor.ended() or time.monotonic() > deadline:
                    raise CommandError("The web server did not start.")
                time.sleep(PAUSE)

    def work(self, supervisor: Supervisor) -> None:
        """Start what runs behind the pages."""
        celery = [*PYTHON_FOR_ROOT, "celery", "--quiet", "--app=ctms"]
        schedule = settings.CTMS_HOME / "beat"
        supervisor.start("worker", [*celery, "worker", "--concurrency=2", "--loglevel=WARNING"])
        supervisor.start("beat", [*celery, "beat", f"--schedule={schedule}", "--loglevel=WARNING"])

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Say what is done, and how long it took."""
        began = time.monotonic()
        self.stdout.write(f"{name:<16}", ending="")
        self.stdout.flush()
        yield
        self.stdout.write(f"{time.monotonic() - began:5.1f} s")


def usable_port(host: str) -> int:
    """The port that was asked for; say at once where it is none, or somebody else listens there."""
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            port = environment.number("PORT", 8000, at_least=1)
            line.bind((host, port))
        except (ImproperlyConfigured, OverflowError) as error:
            raise CommandError("PORT is a number from 1 to 65535: make demo PORT=8001") from error
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used: {error.strerror}. Choose another: make demo PORT=8001"
            ) from error
    return port


def reset() -> None:
    """Drop the demo's database with what was uploaded and cached, and make an empty one."""
    if settings.DATABASE_URL:
        raise CommandError("RESET empties the demo's own database only; DATABASE_URL names yours.")
    administrator = connection.copy()
    administrator.settings_dict["NAME"] = "postgres"
    name = administrator.ops.quote_name(connection.settings_dict["NAME"])
    with closing(administrator), administrator.cursor() as cursor:
        connection.close()  # opened by contrib.postgres, which asks for types wherever one connects
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name}")
    cache.clear()
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


def answers(host: str, port: int) -> bool:
    """Whether the web server answers."""
    with closing(http.client.HTTPConnection(host, port, timeout=WEB_SECONDS)) as line:
        try:
            line.request("GET", "/livez", headers={"Host": "localhost"})
            return line.getresponse().status == http.client.OK
        except OSError:
            return False


def _shown(host: str) -> str:
    return "localhost" if host in {LOOPBACK, "0.0.0.0"} else host  # noqa: S104 - only shown
