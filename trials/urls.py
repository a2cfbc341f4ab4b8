"""Addresses of trials' protocols and schedules of activities."""

from django.urls import path

from trials.views import imports, schedules

app_name = "trials"

urlpatterns = [
    path("protocols/import/", imports.receive, name="import"),
    path("trials/<slug:code>/set-up/import/", imports.receive, name="import"),
    path("protocols/<int:pk>/", imports.preview, name="preview"),
    path("protocols/<int:pk>/set-aside/", imports.discard, name="discard"),
    path("trials/<slug:code>/set-up/activities/", schedules.schedule, name="schedule"),
    path("trials/<slug:code>/set-up/activities/<str:number>/", schedules.schedule, name="schedule"),
]
