"""Secret calendar addresses: making one, which is shown once, and revoking it."""

from __future__ import annotations

import secrets

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core.access import require
from core.actions import RefusedError, action
from core.permissions import Permission
from core.versions import ConflictError
from sites.models import Person, Place
from subjects.models import Feed
from subjects.queries import secret_hash


def new_secret() -> str:
    """What makes an address unguessable."""
    return secrets.token_urlsafe(32)


@action(Permission.FEED_EDIT, "make calendar feed")
def make_feed(place: Place, *, secret: str, by: User, person: Person | None = None) -> Feed:
    """Let a person subscribe to the calendar of a place or of one of its staff."""
    if person is not None and person.place_id != place.pk:
        raise RefusedError(f"{person} does not work at {place}.")
    try:
        with transaction.atomic():
            return Feed.objects.create(
                user=by, place=place, person=person, token_hash=secret_hash(secret)
            )
    except IntegrityError as error:
        raise ConflictError(
            f"You have an address for {person or place} already. Revoke it to get a new one."
        ) from error


@action(Permission.FEED_EDIT, "revoke calendar feed")
def revoke_feed(feed: Feed, *, by: User) -> Feed:
    """Close an address at once; those of others only for those who look after the staff."""
    if feed.user_id != by.pk:
        require(by, Permission.STAFF_EDIT, feed.place)
    if feed.revoked_at is not None:
        raise ConflictError(f"The address for {feed.person or feed.place} is revoked already.")
    feed.revoked_at = timezone.now()
    feed.save(update_fields=["revoked_at"])
    return feed
