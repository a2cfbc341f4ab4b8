"""How often something may be done: counters in the shared cache, each for a stretch of time."""

from django.core.cache import cache


def is_too_often(key: str, *, times: int, seconds: int) -> bool:
    """Count one more, and say whether it is beyond what the stretch allows."""
    name = f"limit:{key}"
    if cache.add(name, 1, seconds):
        return False
    try:
        return cache.incr(name) > times
    except ValueError:  # the stretch ended between the two questions
        return False
