"""The countries of ISO 3166, by their two letters."""

from functools import cache
from importlib.resources import files

# Where the list of the time zone database is more familiar than official.
OFFICIAL = {"GB": "United Kingdom", "KR": "South Korea", "KP": "North Korea", "CZ": "Czechia"}


@cache
def countries() -> dict[str, str]:
    """Names by code, in order of name."""
    text = (files("tzdata.zoneinfo") / "iso3166.tab").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    names = {code: OFFICIAL.get(code, name) for code, name in lines}
    return dict(sorted(names.items(), key=lambda item: item[1]))
