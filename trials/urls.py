"""Addresses of trials' protocols and schedules of activities."""

from django.urls import path

from trials.views import amendments, drafts, imports, schedules, trials

app_name = "trials"

SET_UP = "trials/<slug:code>/set-up/activities/"
VERSION = f"{SET_UP}<str:number>/"

urlpatterns = [
    path("protocols/import/", imports.receive, name="import"),
    path("trials/<slug:code>/set-up/import/", imports.receive, name="import"),
    path("protocols/<int:pk>/", imports.preview, name="preview"),
    path("protocols/<int:pk>/set-aside/", imports.discard, name="discard"),
    path("sponsors/add/", trials.add_sponsor, name="add_sponsor"),
    path("trials/new/by-hand/", trials.add, name="add"),
    path("trials/<slug:code>/set-up/", trials.set_up, name="set_up"),
    path("trials/<slug:code>/set-up/change/", trials.change, name="change"),
    path("trials/<slug:code>/set-up/status/", trials.status, name="status"),
    path("trials/<slug:code>/set-up/numbers/add/", trials.add_number, name="add_number"),
    path("numbers/<int:pk>/remove/", trials.remove_number, name="remove_number"),
    path("trials/<slug:code>/set-up/countries/add/", trials.add_country, name="add_country"),
    path(
        "trials/<slug:code>/set-up/countries/<str:country>/",
        trials.change_country,
        name="change_country",
    ),
    path(
        "trials/<slug:code>/set-up/countries/<str:country>/status/",
        trials.country_status,
        name="country_status",
    ),
    path("trials/<slug:code>/set-up/files/<int:pk>/", trials.file, name="file"),
    path(SET_UP, schedules.schedule, name="schedule"),
    path(f"{SET_UP}new/begin/", schedules.start, name="start"),
    path(VERSION, schedules.schedule, name="schedule"),
    path(f"{SET_UP}<str:number>.<slug:kind>", schedules.export, name="export"),
    path(f"{VERSION}against/<str:other>/", schedules.compare, name="compare"),
    path(f"{VERSION}against/<str:other>/matches/", amendments.matches, name="matches"),
    path(f"{VERSION}consents/", amendments.asked, name="asked"),
    path(f"{VERSION}copy/", schedules.copy, name="copy"),
    path(f"{VERSION}approve/", schedules.approve, name="approve"),
    path(f"{VERSION}set-aside/", schedules.discard, name="discard_version"),
    path(f"{VERSION}paste/", drafts.paste, name="paste"),
    path(f"{VERSION}tick/", drafts.tick, name="tick"),
    path(f"{VERSION}visits/add/", drafts.add_visit, name="add_visit"),
    path(f"{VERSION}visits/<int:pk>/", drafts.change_visit, name="change_visit"),
    path(f"{VERSION}visits/<int:pk>/remove/", drafts.remove_visit, name="remove_visit"),
    path(f"{VERSION}visits/<int:pk>/<int:procedure_pk>/", drafts.cell, name="cell"),
    path(f"{VERSION}procedures/add/", drafts.add_procedure, name="add_procedure"),
    path(f"{VERSION}procedures/<int:pk>/", drafts.change_procedure, name="change_procedure"),
    path(f"{VERSION}procedures/<int:pk>/remove/", drafts.remove_procedure, name="remove_procedure"),
]
