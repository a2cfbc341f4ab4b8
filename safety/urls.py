"""Addresses of adverse events and of medications."""

from django.urls import path

from core.lists import urls as list_urls
from safety.views import events, letters, medications, set_up

app_name = "safety"

TRIAL = "trials/<slug:code>"
EVENT = "events/<int:pk>"
SET_UP = f"{TRIAL}/set-up/safety/"

urlpatterns = [
    *list_urls(f"{TRIAL}/events", events.events, "events"),
    *list_urls(f"{TRIAL}/sites/<str:number>/events", events.site_events, "site_events"),
    *list_urls("places/<slug:slug>/events", events.place_events, "place_events"),
    path(f"{TRIAL}/events/<str:number>/", events.event, name="event"),
    path("subjects/<int:pk>/log-event/", events.log_event, name="log_event"),
    path(f"{EVENT}/change/", events.change_event, name="change_event"),
    path(f"{EVENT}/mark-serious/", events.mark_serious, name="mark_serious"),
    path(f"{EVENT}/downgrade/", events.downgrade, name="downgrade"),
    path(f"{EVENT}/correct-awareness/", events.correct_awareness, name="correct_awareness"),
    path(f"{EVENT}/void/", events.void_event, name="void_event"),
    path(f"{EVENT}/assess-causality/", events.assess_causality, name="assess_causality"),
    path(f"{EVENT}/sign-causality/", events.sign_causality, name="sign_causality"),
    path(f"{EVENT}/assess-for-sponsor/", events.assess_for_sponsor, name="assess_for_sponsor"),
    path(f"{EVENT}/send-report/", events.send_report, name="send_report"),
    path(f"{EVENT}/reconcile/", events.reconcile, name="reconcile"),
    path("safety-reports/<int:pk>/acknowledge/", events.acknowledge, name="acknowledge"),
    path("clocks/<int:pk>/record-submission/", events.record_submission, name="record_submission"),
    *list_urls(f"{TRIAL}/medications", medications.medications, "medications"),
    path("subjects/<int:pk>/log-medication/", medications.log_medication, name="log_medication"),
    path(
        "medications/<int:pk>/change/", medications.change_medication, name="change_medication"
    ),
    path("medications/<int:pk>/void/", medications.void_medication, name="void_medication"),
    path(SET_UP, set_up.set_up, name="set_up"),
    path(f"{SET_UP}desk/", set_up.set_up_desk, name="set_up_desk"),
    path(f"{SET_UP}references/add/", set_up.add_reference, name="add_reference"),
    path("references/<int:pk>/correct/", set_up.correct_reference, name="correct_reference"),
    path(f"{TRIAL}/letters/", letters.letters, name="letters"),
    path(f"{TRIAL}/letters/send/", letters.send_letter, name="send_letter"),
    path("letters/<int:pk>/", letters.letter, name="letter"),
    path(
        "letter-receipts/<int:pk>/acknowledge/", letters.acknowledge_letter,
        name="acknowledge_letter",
    ),
]  # fmt: skip
