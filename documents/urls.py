"""Addresses of documents and of their versions."""

from django.urls import path

from documents import views

app_name = "documents"

urlpatterns = [
    path("documents/<int:pk>/", views.document, name="document"),
    path("documents/<int:pk>/add-version/", views.add_version, name="add_version"),
    path("document-versions/<int:pk>/open/", views.open_version, name="open_version"),
    path("document-versions/<int:pk>/withhold/", views.withhold, name="withhold"),
    path("document-versions/<int:pk>/void/", views.void_version, name="void_version"),
]
