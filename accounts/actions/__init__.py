"""Every write about people and their access."""

from accounts.actions.grants import end_grant, give
from accounts.actions.people import (
    add_service,
    change,
    change_settings,
    deployment,
    disable,
    invite,
    reopen,
    set_up,
)
from accounts.actions.sign_in import (
    end_pause,
    end_sessions,
    end_signing_pause,
    leave_elsewhere,
    send_password_link,
    set_password,
    take_off_second_factor,
)
from accounts.actions.tokens import issue_token, revoke_token

__all__ = [
    "add_service",
    "change",
    "change_settings",
    "deployment",
    "disable",
    "end_grant",
    "end_pause",
    "end_sessions",
    "end_signing_pause",
    "give",
    "invite",
    "issue_token",
    "leave_elsewhere",
    "reopen",
    "revoke_token",
    "send_password_link",
    "set_password",
    "set_up",
    "take_off_second_factor",
]
