"""Every resource of the API under one address."""

from __future__ import annotations

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from audit.api import EventResource, TrailView
from budgets.api import PaymentTermsResource, SubjectPaymentResource
from ctms import api_docs
from documents.api import DocumentResource, DocumentVersionResource
from inbox.api import ObligationResource
from quality.api import (
    CapaActionResource,
    CapaResource,
    EffectivenessCheckResource,
    IssueResource,
)
from safety.api import (
    AdverseEventResource,
    LetterReceiptResource,
    MedicationResource,
    ReportClockResource,
    SafetyLetterResource,
    SafetyReportResource,
)
from sites.api import (
    AbsenceResource,
    BedResource,
    ClosureResource,
    ConsentApprovalResource,
    PlaceResource,
    RoomResource,
    SiteResource,
    StaffResource,
)
from subjects.api import (
    ConsentResource,
    CriterionAnswerResource,
    EligibilityResource,
    LeaveResource,
    MeasurementResource,
    OccupancyResource,
    OtherAnswerResource,
    ProcedureRecordResource,
    RandomisationResource,
    ReminderResource,
    StayResource,
    SubjectResource,
    UnblindingResource,
    VisitResource,
    WaiverResource,
    WithdrawalResource,
)
from trials.api import (
    AskedConsentResource,
    ConsentVersionResource,
    CountryResource,
    CriterionResource,
    ProcedureDefinitionResource,
    ScheduleResource,
    TrialResource,
    VisitDefinitionResource,
    VisitMatchResource,
    VisitProcedureResource,
)

app_name = "api"

RESOURCES = {
    "trials": TrialResource,
    "countries": CountryResource,
    "schedules": ScheduleResource,
    "visit-definitions": VisitDefinitionResource,
    "procedure-definitions": ProcedureDefinitionResource,
    "visit-procedures": VisitProcedureResource,
    "visit-matches": VisitMatchResource,
    "asked-consents": AskedConsentResource,
    "places": PlaceResource,
    "rooms": RoomResource,
    "beds": BedResource,
    "staff": StaffResource,
    "absences": AbsenceResource,
    "closures": ClosureResource,
    "sites": SiteResource,
    "subjects": SubjectResource,
    "visits": VisitResource,
    "procedures": ProcedureRecordResource,
    "measurements": MeasurementResource,
    "other-answers": OtherAnswerResource,
    "reminders": ReminderResource,
    "stays": StayResource,
    "leaves": LeaveResource,
    "occupancies": OccupancyResource,
    "consent-versions": ConsentVersionResource,
    "consent-approvals": ConsentApprovalResource,
    "consents": ConsentResource,
    "consent-withdrawals": WithdrawalResource,
    "documents": DocumentResource,
    "document-versions": DocumentVersionResource,
    "adverse-events": AdverseEventResource,
    "safety-reports": SafetyReportResource,
    "report-clocks": ReportClockResource,
    "safety-letters": SafetyLetterResource,
    "letter-receipts": LetterReceiptResource,
    "medications": MedicationResource,
    "issues": IssueResource,
    "capas": CapaResource,
    "capa-actions": CapaActionResource,
    "effectiveness-checks": EffectivenessCheckResource,
    "payment-terms": PaymentTermsResource,
    "subject-payments": SubjectPaymentResource,
    "criteria": CriterionResource,
    "eligibilities": EligibilityResource,
    "criterion-answers": CriterionAnswerResource,
    "waivers": WaiverResource,
    "randomisations": RandomisationResource,
    "unblindings": UnblindingResource,
    "obligations": ObligationResource,
    "events": EventResource,
}

router = SimpleRouter()
for word, resource in RESOURCES.items():
    router.register(word, resource, basename=word)

urlpatterns = [
    path("schema/", api_docs.schema, name="schema"),
    path("docs/", api_docs.docs, name="docs"),
    path("trails/<str:label>/<int:key>/", TrailView.as_view(), name="trail"),
    path("", include(router.urls)),
    re_path("", api_docs.nothing, name="nothing"),
]
