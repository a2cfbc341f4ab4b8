"""Randomisations over REST, blinded; allocations are not there."""

from __future__ import annotations

from rest_framework import serializers

from core.api.resources import Addable, step
from core.api.shapes import LARGEST_KEY, Changing, Instant, Seen, Shape
from subjects.actions import randomisation, unblinding
from subjects.models import Randomisation, Subject, Unblinding


class RandomisationCorrection(Shape):
    """When a subject was randomised under which number with which kit, and why it is typed."""

    on = serializers.DateField()
    number = serializers.CharField(max_length=40)
    kit = serializers.CharField(required=False, max_length=40, allow_blank=True)
    reason = serializers.CharField(max_length=200)


class Randomising(RandomisationCorrection):
    """The same, of a subject."""

    subject = Seen(queryset=Subject.objects.all())


class RandomisationVoiding(Shape):
    """Why a randomisation was recorded by mistake."""

    reason = serializers.CharField(max_length=200)


class RandomisationFilters(Changing):
    """Filters of randomisations."""

    trial = serializers.CharField(source="trial__code", required=False, help_text="Its code.")
    subject = serializers.IntegerField(source="subject_id", required=False, max_value=LARGEST_KEY)
    number = serializers.CharField(required=False)


class RandomisationResource(Addable):
    """That a subject was randomised: when, under which number and with which kit."""

    model = Randomisation
    filters = RandomisationFilters
    adding, adding_shape, parent = randomisation.randomise, Randomising, "subject"
    columns = {
        "id": "pk", "trial": "trial__code", "site": "subject__site_id", "subject": "subject_id",
        "subject_number": "subject__number", "on": "on", "number": "number", "kit": "kit",
        "reason": "reason", "by_name": "by_name", "voided_at": "voided_at",
        "void_reason": "void_reason",
    }  # fmt: skip

    correct_randomisation = step(randomisation.correct_randomisation, RandomisationCorrection)
    void_randomisation = step(randomisation.void_randomisation, RandomisationVoiding)


class UnblindingRecording(Shape):
    """Who learnt of an allocation by accident, when and how; never the treatment itself."""

    randomisation = Seen(queryset=Randomisation.objects.all())
    learnt_at = Instant()
    learnt_by = serializers.CharField(max_length=200)
    reason = serializers.CharField(max_length=300)


class UnblindingFilters(Changing):
    """Filters of unblindings."""

    trial = serializers.CharField(source="randomisation__trial__code", required=False)
    kind = serializers.ChoiceField(choices=Unblinding.Kind.choices, required=False)


class UnblindingResource(Addable):
    """That somebody learnt of an allocation early: who, when and why; never what it is."""

    model = Unblinding
    filters = UnblindingFilters
    adding, adding_shape, parent = (
        unblinding.record_unblinding, UnblindingRecording, "randomisation",
    )  # fmt: skip
    columns = {
        "id": "pk", "trial": "randomisation__trial__code", "randomisation": "randomisation_id",
        "subject": "randomisation__subject_id",
        "subject_number": "randomisation__subject__number", "kind": "kind",
        "learnt_at": "learnt_at", "recorded_at": "recorded_at", "reason": "reason",
        "learnt_by": "learnt_by", "by_name": "by_name",
    }  # fmt: skip
