"""A real browser against a real server on a database of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from accounts.models import User
from tests import kept_world
from tests.world import World
from tools import styles

# Playwright keeps an event loop in the thread of the tests; the tests themselves are not async.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "yes"
# What the browser says of answers that the page explains to the person.
EXPECTED = ("the server responded with a status of 4", "Response Status Error Code 4",
            "net::ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:sendAbort", "htmx:afterRequest")  # fmt: skip
PATIENCE = 30_000  # milliseconds; a busy machine is slow, a broken page never comes
expect.set_options(timeout=PATIENCE)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of every request."""


class _Server(ThreadedWSGIServer):
    """Ends once its last request is answered: none of one test's asks the database of the next."""

    daemon_threads = False


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Headless Chromium, where the machine has one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("Chromium is not installed here, so the tests in a browser do not run.")
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=options)
        yield browser
        browser.close()


@pytest.fixture
def live(committed_db: str) -> World:
    """The small world, committed, so that the server sees it."""
    return kept_world.committed()


@pytest.fixture(scope="session")
def stylesheet() -> None:
    """The stylesheet as its parts are now."""
    styles.main()


@pytest.fixture
def address(committed_db: str, stylesheet: None) -> Iterator[str]:
    """Where the product answers."""
    server = _Server(("localhost", 0), _Quiet)
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def context(chromium: Browser, address: str) -> Iterator[BrowserContext]:
    """A browser window of its own, without anybody's cookies."""
    made = chromium.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Page]:
    """One tab; whatever the browser complains about fails the test."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and not any(each in message.text for each in EXPECTED)
            else None
        ),
    )
    yield page
    assert complaints == []


@pytest.fixture
def sign_in(context: BrowserContext, address: str) -> Callable[[User], None]:
    """Signs a person in without the form."""

    def as_person(user: User) -> None:
        client = Client(SERVER_NAME="localhost")
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        value = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": value, "url": address}])

    return as_person
