"""Settings from environment variables: read strictly, refused with a sentence."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


def text(name: str, default: str | None = None) -> str:
    """The variable as it stands; without a default it must be set and not empty."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set the environment variable {name}.")
    return default


def flag(name: str, *, default: bool) -> bool:
    """Yes or no."""
    value = text(name, "").lower()
    if not value:
        return default
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} is “{value}”: write yes or no.")
    return value in TRUE


def number(name: str, default: int, *, at_least: int = 0) -> int:
    """A whole number, not below the least that makes sense."""
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or int(value) < at_least:
        raise ImproperlyConfigured(
            f"{name} is “{value}”: write a whole number of {at_least} or more."
        )
    return int(value)


def words(name: str, default: Sequence[str] | None = None) -> list[str]:
    """A list separated by commas; without a default it must not be empty."""
    value = text(name, None if default is None else ",".join(default))
    return [word.strip() for word in value.split(",") if word.strip()]


def database(url: str) -> dict[str, Any]:
    """Django's description of the PostgreSQL database behind a URL."""
    parts = urlsplit(url)
    name = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in {"postgres", "postgresql"} or not name:
        raise ImproperlyConfigured(
            "DATABASE_URL must look like postgresql://user:password@host:5432/name."
        )
    options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def files(url: str, directory: Path) -> dict[str, Any]:
    """Django's description of the file store: a directory, or the bucket behind a URL."""
    if not url:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": directory, "allow_overwrite": True},
        }
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.hostname:
        raise ImproperlyConfigured(
            "CTMS_FILE_STORE must look like s3://bucket/folder?region_name=eu-central-1."
        )
    options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": parts.hostname, "location": parts.path.strip("/")} | options,
    }
