"""Reads over places, staff and sites."""

from sites.queries.claims import (
    SHOWN,
    Booked,
    Concerned,
    ahead,
    booked,
    closed_out,
    concerned,
    describes,
    on_holiday,
    outside,
)
from sites.queries.places import (
    Tab,
    frame,
    overview,
    show_period,
)
from sites.queries.sites import (
    FOR_SAFETY,
    HEAD,
    SITE_CHIPS,
    cras_of,
    grants_at,
    recipients_at,
    site_at,
    site_frame,
    steps_of,
    team_of,
)

__all__ = [
    "FOR_SAFETY",
    "HEAD",
    "SHOWN",
    "SITE_CHIPS",
    "Booked",
    "Concerned",
    "Tab",
    "ahead",
    "booked",
    "closed_out",
    "concerned",
    "cras_of",
    "describes",
    "frame",
    "grants_at",
    "on_holiday",
    "outside",
    "overview",
    "recipients_at",
    "show_period",
    "site_at",
    "site_frame",
    "steps_of",
    "team_of",
]
