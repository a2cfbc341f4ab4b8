"""Addresses of the coordinator's day."""

from django.urls import path, re_path

from subjects.views import (
    consent_matrix,
    consents,
    course,
    feeds,
    imports,
    lists,
    subjects,
    today,
    visits,
)

app_name = "subjects"

CONSENTS = "trials/<slug:code>/sites/<str:number>/consents"

urlpatterns = [
    path("today/", today.today, name="today"),
    path("places/<slug:slug>/schedule/", visits.schedule, name="schedule"),
    path("places/<slug:slug>/waiting/", today.waiting, name="waiting"),
    path("places/<slug:slug>/day-sheet/", visits.day_sheet, name="day_sheet"),
    path("places/<slug:slug>/calendars/", feeds.feeds, name="feeds"),
    path("calendars/<int:pk>/revoke/", feeds.revoke_feed, name="revoke_feed"),
    path("calendars/<str:secret>.ics", feeds.feed, name="feed"),
    path("visits/<int:pk>/", visits.visit, name="visit"),
    path("visits/<int:pk>/slots/", visits.slots, name="slots"),
    path("visits/<int:pk>/confirm/", visits.confirm, name="confirm"),
    path("visits/<int:pk>/unbook/", visits.unbook, name="unbook"),
    path("visits/<int:pk>/check-in/", visits.check_in, name="check_in"),
    path("visits/<int:pk>/start/", visits.start, name="start"),
    path("visits/<int:pk>/complete/", visits.complete, name="complete"),
    path("visits/<int:pk>/acknowledge/", visits.acknowledge, name="acknowledge"),
    path("trials/<slug:code>/subjects/import/", imports.import_subjects, name="import_subjects"),
    path(
        "trials/<slug:code>/sites/<str:number>/subjects/import/",
        imports.import_at_site,
        name="import_at_site",
    ),
    path("places/<slug:slug>/find-caller/", lists.find_caller, name="find_caller"),
    path("places/<slug:slug>/screening-log/", lists.place_screening, name="place_screening"),
    path("trials/<slug:code>/screening-log/", lists.trial_screening, name="trial_screening"),
    path("sites/<int:pk>/screening-log/", lists.screening_log, name="screening_log"),
    path(
        "sites/<int:pk>/screening-log.csv",
        lists.export_screening_log,
        name="export_screening_log",
    ),
    path("sites/<int:pk>/screen/", subjects.screen, name="screen"),
    path("subjects/<int:pk>/enrol/", course.step, {"verb": "enrol"}, name="enrol"),
    path("subjects/<int:pk>/end/", subjects.end, name="end"),
    path("subjects/<int:pk>/contact/", subjects.contact, name="contact"),
    path("subjects/<int:pk>/identify/", subjects.identify, name="identify"),
    path("subjects/<int:pk>/prefer/", subjects.prefer, name="prefer"),
    path("subjects/<int:pk>/anchors/", course.anchors, name="anchors"),
    path("subjects/<int:pk>/find-again/", course.find_again, name="find_again"),
    path("subjects/<int:pk>/take-back/", course.take_back, name="take_back"),
    path("subjects/<int:pk>/rescreen/", course.rescreen, name="rescreen"),
    path("subjects/<int:pk>/transfer/", course.transfer, name="transfer"),
    path("transfers/<int:pk>/call-off/", course.call_off_transfer, name="call_off_transfer"),
    path("subjects/<int:pk>/record-consent/", consents.record_consent, name="record_consent"),
    path("places/<slug:slug>/consents/", consent_matrix.place_consents, name="place_consents"),
    path("trials/<slug:code>/consents/", consent_matrix.trial_consents, name="trial_consents"),
    path(f"{CONSENTS}/", consent_matrix.consents, name="consents"),
    path(f"{CONSENTS}.<slug:kind>", consent_matrix.export_consents, name="export_consents"),
    path("consents/<int:pk>/", consents.consent, name="consent"),
    path("consents/<int:pk>/correct/", consents.correct_consent, name="correct_consent"),
    path("consents/<int:pk>/void/", consents.void_consent, name="void_consent"),
    path("consents/<int:pk>/withdraw/", consents.withdraw_consent, name="withdraw_consent"),
    path("subjects/<int:pk>/add-visit/", course.add_visit, name="add_visit"),
    re_path(
        r"^subjects/(?P<pk>[0-9]+)/(?P<verb>eligible|treat|follow-up)/$",
        course.step,
        name="step",
    ),
    re_path(
        r"^visits/(?P<pk>[0-9]+)/(?P<verb>miss|cancel|skip|reopen)/$",
        visits.outcome,
        name="outcome",
    ),
]
