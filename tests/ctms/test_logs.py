"""Log lines of a server and of a private machine."""

from __future__ import annotations

import json
import logging
import sys
from logging.config import DictConfigurator

import pytest
import structlog

from ctms.logs import logging_config


def fail(name: str) -> None:
    """Fail with a person's name in a variable."""
    raise LookupError("no such visit")


def logged_failure(kind: str) -> str:
    """The line of a failure, as a server or a private machine writes it."""
    config = logging_config(is_json=kind == "server")
    formatter = DictConfigurator(config).configure_formatter(config["formatters"]["lines"])
    try:
        fail("Ada")
    except LookupError:
        return formatter.format(
            logging.LogRecord("subjects", logging.ERROR, "", 1, "failed", None, sys.exc_info())
        )
    return ""


def test_a_server_writes_one_json_object_with_the_request_id() -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-4711"):
        event = json.loads(logged_failure("server"))
    assert (event["event"], event["level"], event["request_id"]) == ("failed", "error", "r-4711")
    assert event["exception"][0]["exc_value"] == "no such visit"


@pytest.mark.parametrize("kind", ["server", "private"])
def test_the_values_of_variables_never_reach_the_log(kind: str) -> None:
    line = logged_failure(kind)
    assert "no such visit" in line
    assert "Ada" not in line.replace('fail("Ada")', "")
