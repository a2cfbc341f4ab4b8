"""Addresses of lists on their way in, and of days that are typed."""

from django.urls import path

from core.dates.views import read
from core.imports import views

app_name = "core"

urlpatterns = [
    path("day/", read, name="read_day"),
    path("imports/<int:pk>/", views.show, name="import"),
    path("imports/<int:pk>/columns/", views.mapping, name="map_columns"),
    path("imports/<int:pk>/begin/", views.begin, name="begin_import"),
    path("imports/<int:pk>/set-aside/", views.set_aside, name="set_import_aside"),
    path("imports/<int:pk>/wrong-rows/", views.faulty, name="wrong_rows"),
]
