"""Letters to people about their accounts; none carries data of a trial."""

from __future__ import annotations

from typing import Any

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string

from accounts.models import User


def write(template: str, person: User, **context: Any) -> None:
    """Send a letter once the transaction is committed; its first line is the subject."""
    text = render_to_string(f"accounts/mail/{template}.txt", {"person": person, **context})
    subject, _, body = text.partition("\n\n")
    transaction.on_commit(lambda: send_mail(subject.strip(), body, None, [person.email]))
