"""The shared cache: Redis, asked through one client for each server and not a new one each time."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import Redis


class Client(RedisCacheClient):
    """Keeps what it asks with; a client of redis-py serves every thread."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._client: Any = cache(Redis)


class Cache(RedisCache):
    """The back end of Django with that client."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = Client
