"""Rules for passwords beside Django's own."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from accounts.models import User


class ChangedValidator:
    """A new password is not the old one."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Refuse the password the person has."""
        if user is not None and user.pk and user.check_password(password):
            raise ValidationError("It is the password you have. Choose another.")

    def get_help_text(self) -> str:
        """The rule in words."""
        return "It is not the password you have."
