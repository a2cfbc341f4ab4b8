"""Addresses of the inbox."""

from django.urls import path

from inbox.views import notices, work

app_name = "inbox"

urlpatterns = [
    path("my-work/", work.work, name="work"),
    path("my-work/snooze/", work.snooze, name="snooze"),
    path("my-work/resume/", work.resume, name="resume"),
    path("my-work/assign/", work.assign, name="assign"),
    path("my-work/waive/", work.waive, name="waive"),
    path("my-work/take-up/", work.take_up, name="take_up"),
    path("notices/", notices.notices, name="notices"),
    path("notices/<int:pk>/read/", notices.read, name="read"),
]
