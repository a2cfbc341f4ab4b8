"""Addresses of adverse events."""

from django.urls import path

from core.lists import urls as list_urls
from safety import views

app_name = "safety"

TRIAL = "trials/<slug:code>"
EVENT = "events/<int:pk>"

urlpatterns = [
    *list_urls(f"{TRIAL}/events", views.events, "events"),
    *list_urls(f"{TRIAL}/sites/<str:number>/events", views.site_events, "site_events"),
    *list_urls("places/<slug:slug>/events", views.place_events, "place_events"),
    path(f"{TRIAL}/events/<str:number>/", views.event, name="event"),
    path("subjects/<int:pk>/log-event/", views.log_event, name="log_event"),
    path(f"{EVENT}/change/", views.change_event, name="change_event"),
    path(f"{EVENT}/mark-serious/", views.mark_serious, name="mark_serious"),
    path(f"{EVENT}/downgrade/", views.downgrade, name="downgrade"),
    path(f"{EVENT}/assess-causality/", views.assess_causality, name="assess_causality"),
    path(f"{EVENT}/sign-causality/", views.sign_causality, name="sign_causality"),
    path(f"{EVENT}/assess-for-sponsor/", views.assess_for_sponsor, name="assess_for_sponsor"),
    path(f"{EVENT}/send-report/", views.send_report, name="send_report"),
    path(f"{EVENT}/reconcile/", views.reconcile, name="reconcile"),
    path("safety-reports/<int:pk>/acknowledge/", views.acknowledge, name="acknowledge"),
    path("clocks/<int:pk>/record-submission/", views.record_submission, name="record_submission"),
]
