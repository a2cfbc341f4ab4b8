"""Every address of the product."""

from django.urls import path

from ctms import health

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
]
