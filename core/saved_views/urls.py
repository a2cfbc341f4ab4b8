"""Addresses of saved views."""

from django.urls import path

from core.saved_views import views

app_name = "views"

urlpatterns = [
    path("views/", views.views, name="views"),
    path("views/<slug:slug>/", views.open_view, name="open"),
    path("views/<slug:slug>/rename/", views.rename, name="rename"),
    path("views/<slug:slug>/share/", views.share, name="share"),
    path("views/<slug:slug>/remove/", views.remove, name="remove"),
    path("views/<slug:slug>/pin/", views.pin, name="pin"),
]
