"""What subjects signed, over REST: read, recorded, put right, set aside and taken back."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from rest_framework import serializers

from core.api.resources import Addable, Resource, step
from core.api.shapes import LARGEST_KEY, Changing, Seen, Shape, many_of
from core.permissions import Permission
from documents.api import FileShape
from sites.models import Person, Site, Task
from subjects.actions import consents
from subjects.actions.consents import Signed
from subjects.models import Consent, ConsentWithdrawal, Subject
from trials.models import ConsentVersion


class Explainer(serializers.PrimaryKeyRelatedField[Any]):
    """The key of a person to whom obtaining consent is delegated at a site the caller may see."""

    def get_queryset(self) -> Any:
        """The persons to choose from."""
        sites = Site.objects.visible_to(self.context["user"], Permission.CONSENT_RECORD)
        held = Person.objects.filter(delegations__task=Task.CONSENT, delegations__site__in=sites)
        return held.distinct()


class OnForm(Shape):
    """What stands on a signed form."""

    version = Seen(queryset=ConsentVersion.objects.all())
    language = serializers.CharField(max_length=8, help_text="ISO 639, for example en.")
    signed_on = serializers.DateField(help_text="The day in the zone of the place.")
    signed_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Where the time is known."
    )
    explainer = Explainer(
        queryset=Person.objects.all(), help_text="Who explained it, delegated on that day."
    )
    signer = serializers.ChoiceField(choices=Consent.Signer.choices, required=False)
    decision = serializers.ChoiceField(choices=Consent.Decision.choices, required=False)
    is_copy_given = serializers.BooleanField(default=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The form as the actions take it."""
        given = dict(attrs)
        signed = {
            field.name: given.pop(field.name) for field in fields(Signed) if field.name in given
        }
        return {"signed": Signed(**signed), **given}


class Recording(OnForm):
    """What a subject signed."""

    subject = Seen(queryset=Subject.objects.all())


class Correction(OnForm):
    """What was signed in fact, and why it was recorded otherwise."""

    reason = serializers.CharField(max_length=200)


class Voiding(Shape):
    """Why a consent was recorded by mistake."""

    reason = serializers.CharField(max_length=200)


class Scan(Shape):
    """The signed form as a file; it is opened at the site only."""

    file = FileShape()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The file as the action takes it."""
        return {"content": attrs["file"]}


class Withdrawing(Shape):
    """What a subject no longer agrees to, since when."""

    what = serializers.ListField(
        child=serializers.ChoiceField(choices=ConsentWithdrawal.Scope.choices), allow_empty=False
    )
    on = serializers.DateField()
    reason = serializers.CharField(required=False, max_length=200)


class ConsentFilters(Changing):
    """Filters of consents."""

    trial = serializers.CharField(
        source="subject__trial__code", required=False, help_text="Its code."
    )
    site = serializers.IntegerField(
        source="subject__site_id", required=False, max_value=LARGEST_KEY
    )
    subject = serializers.IntegerField(source="subject_id", required=False, max_value=LARGEST_KEY)
    version = serializers.IntegerField(source="version_id", required=False, max_value=LARGEST_KEY)
    decision = many_of(Consent.Decision, "decision__in")
    signed_from = serializers.DateField(source="signed_on__gte", required=False)
    signed_to = serializers.DateField(source="signed_on__lte", required=False)


class ConsentResource(Addable):
    """What a subject decided about one version of a consent form (FHIR Consent)."""

    model = Consent
    filters = ConsentFilters
    watched = {ConsentWithdrawal: "consent_id"}
    adding, adding_shape, parent = consents.record_consent, Recording, "subject"
    columns = {
        "id": "pk", "trial": "subject__trial__code", "site": "subject__site_id",
        "site_number": "subject__site__number", "subject": "subject_id",
        "subject_number": "subject__number", "version": "version_id", "form": "type__name",
        "form_kind": "type__kind", "version_number": "version__number", "language": "language",
        "signed_on": "signed_on", "signed_at": "signed_at", "time_zone": "zone",
        "explainer": "explainer_id", "signer": "signer", "decision": "decision",
        "is_copy_given": "is_copy_given", "scan": "scan_id", "voided_at": "voided_at", "void_reason": "void_reason",
    }  # fmt: skip

    correct_consent = step(consents.correct_consent, Correction)
    attach_scan = step(consents.attach_scan, Scan)
    void_consent = step(consents.void_consent, Voiding)
    withdraw_consent = step(consents.withdraw_consent, Withdrawing)


class WithdrawalFilters(Changing):
    """Filters of withdrawals."""

    trial = serializers.CharField(
        source="consent__subject__trial__code", required=False, help_text="Its code."
    )
    subject = serializers.IntegerField(
        source="consent__subject_id", required=False, max_value=LARGEST_KEY
    )
    consent = serializers.IntegerField(source="consent_id", required=False, max_value=LARGEST_KEY)
    what = many_of(ConsentWithdrawal.Scope, "what__in")


class WithdrawalResource(Resource):
    """A consent taken back, for one part of the trial or for all of it."""

    model = ConsentWithdrawal
    filters = WithdrawalFilters
    columns = {
        "id": "pk", "trial": "consent__subject__trial__code", "consent": "consent_id",
        "subject": "consent__subject_id", "subject_number": "consent__subject__number",
        "what": "what", "on": "on", "reason": "reason",
    }  # fmt: skip
