"""The dictionary by which adverse events are graded."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from core.access import DEPLOYMENT, ScopedModel
from core.permissions import Permission

CTCAE_6 = "CTCAE 6.0"
GRADES = (1, 2, 3, 4, 5)


class GradingTerm(ScopedModel):
    """A term of a grading dictionary, with what each of its grades means; kept as published."""

    scope = DEPLOYMENT
    view_permission = Permission.ADVERSE_EVENT_VIEW
    shared_below = True

    version = models.CharField(max_length=20)
    organ_class = models.CharField("system organ class", max_length=100)
    name = models.CharField(max_length=120)
    grade_1 = models.TextField(blank=True)
    grade_2 = models.TextField(blank=True)
    grade_3 = models.TextField(blank=True)
    grade_4 = models.TextField(blank=True)
    grade_5 = models.TextField(blank=True)
    definition = models.TextField(blank=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "name"], name="grading_term_once")
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.name}"

    def text_of(self, grade: int) -> str:
        """What the grade means for this term; empty where it is not defined."""
        return str(getattr(self, f"grade_{grade}")) if grade in GRADES else ""

    @property
    def grades(self) -> tuple[int, ...]:
        """The grades that are defined for this term."""
        return tuple(grade for grade in GRADES if self.text_of(grade))
