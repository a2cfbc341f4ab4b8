"""What is taken when: the one constraint that makes double booking impossible."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from core.access import ScopedModel
from core.permissions import Permission
from sites.models.place import Place, same


class ClaimKind(models.IntegerChoices):
    """What can be held by one at a time."""

    ROOM = 1, "Room"
    PERSON = 2, "Person"
    SUBJECT = 3, "Subject"
    BED = 4, "Bed"
    IN_BED = 5, "Subject in a bed"


class Claim(ScopedModel):
    """One resource held for one stretch of time by a booking or an absence.

    An absence or a closed room sets the claims of bookings aside; the bookings stay, in conflict.
    """

    Kind = ClaimKind
    scope = "place"
    view_permission = Permission.DIARY_VIEW
    shared_below = True
    is_told = False  # the booking or absence that holds it tells the story

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="claims")
    kind = models.PositiveSmallIntegerField(choices=ClaimKind.choices)
    resource_id = models.BigIntegerField(help_text="room, person, subject or bed, by kind")
    period = DateTimeRangeField()
    holder = models.CharField(max_length=20, help_text="booking, absence, stay or monitoring")
    holder_id = models.BigIntegerField()
    is_live = models.BooleanField(
        default=True, db_default=True, help_text="not while an absence or a closed room has it"
    )

    class Meta:
        constraints: ClassVar = [
            ExclusionConstraint(
                name="claim_no_overlap",
                expressions=[
                    same("resource_id"),
                    same("kind"),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(is_live=True),
            ),
            models.UniqueConstraint(
                fields=["holder", "holder_id", "kind", "resource_id"], name="claim_once_per_holder"
            ),
            models.CheckConstraint(condition=Q(period__isempty=False), name="claim_lasts"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.resource_id}"
