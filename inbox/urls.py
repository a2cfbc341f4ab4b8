"""Addresses of the inbox."""

from django.urls import path

from inbox import views

app_name = "inbox"

urlpatterns = [
    path("my-work/", views.work, name="work"),
    path("my-work/<int:pk>/snooze/", views.snooze, name="snooze"),
    path("my-work/<int:pk>/resume/", views.resume, name="resume"),
    path("my-work/<int:pk>/waive/", views.waive, name="waive"),
]
