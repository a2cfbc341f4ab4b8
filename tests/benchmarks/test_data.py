"""The generator keeps by itself what the database would have checked."""

from django.apps import apps
from django.db import models

from benchmarks.data import steps
from benchmarks.databases import Size
from core.models import Obligation
from subjects.models import Booking, Subject, Visit

TINY = Size("tiny", 1, 2, 10, 6, 2, 1)
OURS = ("trials", "sites", "subjects")


def test_the_data_of_a_benchmark_hold_together(committed_db: str) -> None:
    for name, step in steps(TINY).items():
        if name != "tables":
            step()
    assert Subject.objects.count() == TINY.subjects
    assert Visit.objects.count() == TINY.subjects * 15
    assert Booking.objects.exists()
    assert Obligation.objects.filter(met_at=None).exists()
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            assert dangling(model) == []


def dangling(model: type[models.Model]) -> list[str]:
    """The references of a table that lead nowhere."""
    return [
        f"{model.__name__}.{field.name}"
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and model._default_manager.exclude(**{f"{field.name}": None})
        .exclude(pk__in=model._default_manager.filter(
            **{f"{field.name}__in": field.related_model._default_manager.all()}
        ).values("pk"))
        .exists()
    ]  # fmt: skip
