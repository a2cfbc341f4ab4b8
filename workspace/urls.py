"""Addresses of lists, record pages and search."""

from django.urls import path

from workspace import views

app_name = "workspace"

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("sites/", views.sites, name="all_sites"),
    path("sites.csv", views.export_sites, name="export_all_sites"),
    path("subjects/", views.subjects, name="all_subjects"),
    path("subjects.csv", views.export_subjects, name="export_all_subjects"),
    path("trials/", views.trials, name="trials"),
    path("trials/<slug:code>/", views.trial, name="trial"),
    path("trials/<slug:code>/sites/", views.sites, name="sites"),
    path("trials/<slug:code>/sites.csv", views.export_sites, name="export_sites"),
    path("trials/<slug:code>/sites/<str:number>/", views.site, name="site"),
    path("trials/<slug:code>/subjects/", views.subjects, name="subjects"),
    path("trials/<slug:code>/subjects.csv", views.export_subjects, name="export_subjects"),
    path("trials/<slug:code>/subjects/<str:number>/", views.subject, name="subject"),
    path("places/<slug:slug>/subjects/", views.place_subjects, name="place_subjects"),
    path("places/<slug:slug>/subjects.csv", views.export_subjects, name="export_place_subjects"),
]
