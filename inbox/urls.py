"""Addresses of the inbox."""

from django.urls import path

from inbox import views

app_name = "inbox"

urlpatterns = [
    path("my-work/", views.work, name="work"),
    path("my-work/snooze/", views.snooze, name="snooze"),
    path("my-work/resume/", views.resume, name="resume"),
    path("my-work/assign/", views.assign, name="assign"),
    path("my-work/waive/", views.waive, name="waive"),
    path("my-work/take-up/", views.take_up, name="take_up"),
]
