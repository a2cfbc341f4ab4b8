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
from accounts.actions.tokens import issue_token, revoke_token

__all__ = [
    "add_service",
    "change",
    "change_settings",
    "deployment",
    "disable",
    "end_grant",
    "give",
    "invite",
    "issue_token",
    "revoke_token",
    "send_password_link",
    "set_password",
]
