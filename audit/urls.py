"""Addresses of the audit trail."""

from django.urls import path

from audit import views

app_name = "audit"

urlpatterns = [
    path("audit/", views.search, name="search"),
    path("audit.csv", views.export, name="export"),
    path("audit/<str:label>/<int:pk>/", views.record, name="record"),
    path("audit/<str:label>/<int:pk>.csv", views.export_record, name="export_record"),
]
