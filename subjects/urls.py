"""Addresses of the coordinator's day."""

from django.urls import path, re_path

from subjects import views

app_name = "subjects"

urlpatterns = [
    path("today/", views.today, name="today"),
    path("places/<slug:slug>/schedule/", views.schedule, name="schedule"),
    path("places/<slug:slug>/day-sheet/", views.day_sheet, name="day_sheet"),
    path("visits/<int:pk>/slots/", views.slots, name="slots"),
    path("visits/<int:pk>/confirm/", views.confirm, name="confirm"),
    path("visits/<int:pk>/unbook/", views.unbook, name="unbook"),
    path("visits/<int:pk>/check-in/", views.check_in, name="check_in"),
    path("visits/<int:pk>/start/", views.start, name="start"),
    path("visits/<int:pk>/complete/", views.complete, name="complete"),
    re_path(
        r"^visits/(?P<pk>[0-9]+)/(?P<verb>miss|cancel|skip|reopen)/$", views.outcome, name="outcome"
    ),
]
