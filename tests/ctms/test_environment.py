"""Settings read from environment variables."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage.handler import StorageHandler
from django.core.management.base import CommandError

from ctms import environment
from ctms.management.commands import demo


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTMS_SAMPLE", "  ")
    with pytest.raises(ImproperlyConfigured, match="Set the environment variable CTMS_SAMPLE"):
        environment.text("CTMS_SAMPLE")
    assert environment.text("CTMS_SAMPLE", "default") == "default"


@pytest.mark.parametrize(
    ("written", "meant"), [("Yes", True), ("1", True), ("off", False), ("", True)]
)
def test_a_flag_is_yes_or_no(monkeypatch: pytest.MonkeyPatch, *, written: str, meant: bool) -> None:
    monkeypatch.setenv("CTMS_SAMPLE", written)
    assert environment.flag("CTMS_SAMPLE", default=True) is meant


def test_a_flag_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTMS_SAMPLE", "maybe")
    with pytest.raises(ImproperlyConfigured, match="write yes or no"):
        environment.flag("CTMS_SAMPLE", default=True)


@pytest.mark.parametrize("written", ["0", "-1", "1.5", "²", "ten"])
def test_a_number_too_small_or_no_number_is_refused(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("CTMS_SAMPLE", written)
    with pytest.raises(ImproperlyConfigured, match="whole number of 1 or more"):
        environment.number("CTMS_SAMPLE", 5, at_least=1)


def test_words_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTMS_SAMPLE", "a, b,,c")
    assert environment.words("CTMS_SAMPLE") == ["a", "b", "c"]


def test_a_database_address_may_hold_escapes_options_and_a_socket() -> None:
    remote = environment.database("postgresql://a%40b:p%2Fw@db:5433/trial%20s?sslmode=require")
    assert remote["NAME"] == "trial s"
    assert (remote["USER"], remote["PASSWORD"]) == ("a@b", "p/w")
    assert (remote["HOST"], remote["PORT"]) == ("db", "5433")
    assert remote["OPTIONS"] == {"sslmode": "require"}
    assert environment.database("postgresql:///ctms?host=/tmp/x")["HOST"] == "/tmp/x"


@pytest.mark.parametrize("url", ["mysql://db/ctms", "postgresql://db", "ctms"])
def test_another_database_address_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must look like"):
        environment.database(url)


def test_files_lie_in_a_directory_or_in_a_bucket(tmp_path: Path) -> None:
    at_home = environment.files("", tmp_path)
    assert at_home["OPTIONS"] == {"location": tmp_path, "allow_overwrite": True}
    away = environment.files("s3://trials/ctms/files?region_name=eu-central-1", tmp_path)
    assert away["OPTIONS"] == {
        "bucket_name": "trials", "location": "ctms/files", "region_name": "eu-central-1",
    }  # fmt: skip
    made = StorageHandler({"documents": away})["documents"]
    assert type(made).__name__ == "S3Storage"
    for url in ("gs://trials", "s3:///folder", "trials"):
        with pytest.raises(ImproperlyConfigured, match="must look like s3://bucket"):
            environment.files(url, tmp_path)


@pytest.mark.parametrize("written", ["abc", "0", "80000"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("PORT", written)
    with pytest.raises(CommandError, match="PORT is a number from 1 to 65535"):
        demo.usable_port("127.0.0.1")


def test_a_command_says_in_one_line_what_is_wrong_around_it() -> None:
    command = [sys.executable, "manage.py", "check"]
    wrong = os.environ | {"DEBUG": "perhaps"}
    found = subprocess.run(command, env=wrong, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (1, "DEBUG is “perhaps”: write yes or no.\n")
