"""Every address of the product."""

from django.urls import include, path

from ctms import health

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("account/", include("accounts.sign_in")),
    path("", include("accounts.urls")),
    path("", include("subjects.urls")),
    path("", include("sites.urls")),
    path("", include("inbox.urls")),
    path("", include("audit.urls")),
    path("", include("workspace.urls")),
]
