"""Every write about people and their access."""

from accounts.actions.grants import end_grant, give
from accounts.actions.people import (
    add_service,
    change,
    change_settings,
    deployment,
    disable,
    invite,
    send_password_link,
    set_password,
)

__all__ = [
    "add_service",
    "change",
    "change_settings",
    "deployment",
    "disable",
    "end_grant",
    "give",
    "invite",
    "send_password_link",
    "set_password",
]
