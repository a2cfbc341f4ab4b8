"""Addresses of lists, record pages and search."""

from django.urls import path

from core.lists import urls as list_urls
from workspace.views import home, lists, records, subject

app_name = "workspace"

TRIAL = "trials/<slug:code>"
SITE = f"{TRIAL}/sites/<str:number>"
SUBJECT = f"{TRIAL}/subjects/<str:number>"

urlpatterns = [
    path("", home.home, name="home"),
    path("search/", home.search, name="search"),
    *list_urls("sites", lists.sites, "all_sites"),
    *list_urls("subjects", lists.subjects, "all_subjects"),
    *list_urls("trials", lists.trials, "trials"),
    path(f"{TRIAL}/", records.trial, name="trial"),
    *list_urls(f"{TRIAL}/sites", lists.sites, "sites"),
    path(f"{SITE}/", records.site, name="site"),
    path(f"{SITE}/edit/<slug:column>/", lists.edit_site, name="edit_site"),
    *list_urls(f"{SITE}/subjects", lists.site_subjects, "site_subjects"),
    *list_urls(f"{SITE}/activity", lists.site_activity, "site_activity"),
    *list_urls(f"{TRIAL}/subjects", lists.subjects, "subjects"),
    path(f"{SUBJECT}/", subject.subject, name="subject"),
    path(f"{SUBJECT}/visits/", subject.subject_visits, name="subject_visits"),
    path(f"{SUBJECT}/consents/", subject.subject_consents, name="subject_consents"),
    path(f"{SUBJECT}/eligibility/", subject.subject_eligibility, name="subject_eligibility"),
    path(f"{SUBJECT}/deviations/", subject.subject_deviations, name="subject_deviations"),
    path(f"{SUBJECT}/medications/", subject.subject_medications, name="subject_medications"),
    path(f"{SUBJECT}/payments/", subject.subject_payments, name="subject_payments"),
    path(f"{SUBJECT}/activity/", subject.subject_activity, name="subject_activity"),
    *list_urls("places/<slug:slug>/subjects", lists.place_subjects, "place_subjects"),
]
