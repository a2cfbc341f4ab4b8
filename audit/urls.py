"""Addresses of the audit trail."""

from django.urls import path

from audit import views

app_name = "audit"

urlpatterns = [path("audit/<str:label>/<int:pk>/", views.record, name="record")]
