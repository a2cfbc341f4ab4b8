"""Addresses of places, their records and their staff."""

from django.urls import path

from core import lists
from sites.pages import BedPages, EquipmentPages, HolidayPages, PersonPages, RoomPages
from sites.views import candidates, consents, delegations, effect, imports, periods, places, sites

app_name = "sites"

AT_PLACE = "places/<slug:slug>/"
CONSENTS = "trials/<slug:code>/set-up/consents/"
AT_SITE = "trials/<slug:code>/sites/<str:number>/"

urlpatterns = [
    *lists.urls("places", places.places, "places"),
    path("places/add/", places.add_place, name="add_place"),
    path(AT_PLACE, places.place, name="place"),
    path(f"{AT_PLACE}change/", places.change_place, name="change_place"),
    path(f"{AT_PLACE}hours/", places.hours, name="hours"),
    path(f"{AT_PLACE}close/", periods.close, name="close"),
    *lists.urls(f"{AT_PLACE}delegations", delegations.delegations, "delegations"),
    path(f"{AT_PLACE}delegate/", delegations.delegate, name="delegate"),
    path("closures/<int:pk>/change/", periods.change_closure, name="change_closure"),
    path("closures/<int:pk>/reopen/", periods.reopen, name="reopen"),
    path("rooms/<int:pk>/close/", periods.close_room, name="close_room"),
    path("room-closures/<int:pk>/open/", periods.open_room, name="open_room"),
    path("staff/<int:pk>/absence/", periods.add_absence, name="add_absence"),
    path("absences/<int:pk>/change/", periods.change_absence, name="change_absence"),
    path("absences/<int:pk>/end/", periods.end_absence, name="end_absence"),
    path("holidays/<int:pk>/remove/", periods.remove_holiday, name="remove_holiday"),
    path("delegations/<int:pk>/end/", delegations.end_delegation, name="end_delegation"),
    path(
        "trials/<slug:code>/set-up/files/<int:pk>/sites/", candidates.candidates, name="candidates"
    ),
    path(
        "trials/<slug:code>/set-up/activities/<str:number>/sites/",
        effect.effect,
        name="effect",
    ),
    path(
        "trials/<slug:code>/set-up/activities/<str:number>/withdraw/",
        sites.withdraw_version,
        name="withdraw_version",
    ),
    path(CONSENTS, consents.consent_forms, name="consent_forms"),
    path(f"{CONSENTS}add/", consents.add_consent_type, name="add_consent_type"),
    path(
        f"{CONSENTS}<int:pk>/add-version/", consents.add_consent_version, name="add_consent_version"
    ),
    path(
        f"{CONSENTS}<int:pk>/correct/", consents.correct_consent_type, name="correct_consent_type"
    ),
    *lists.urls(f"{CONSENTS}versions/<int:pk>", consents.consent_version, "consent_version"),
    path(
        f"{CONSENTS}versions/<int:pk>/correct/",
        consents.correct_consent_version,
        name="correct_consent_version",
    ),
    path("consent-approvals/<int:pk>/correct/", consents.correct_approval, name="correct_approval"),
    path("consent-approvals/<int:pk>/void/", consents.void_approval, name="void_approval"),
    path("consent-versions/<int:pk>/approve/", consents.approve_consent, name="approve_consent"),
    path("trials/<slug:code>/sites/add/", sites.add_site, name="add_site"),
    path("trials/<slug:code>/sites/import/", imports.import_sites, name="import_sites"),
    path("trials/<slug:code>/sites/assign-cra/", sites.assign_cra, name="assign_cra"),
    path(f"{AT_SITE}change/", sites.change_site, name="change_site"),
    path(f"{AT_SITE}status/", sites.status, name="status"),
    path(f"{AT_SITE}schedules/", sites.schedules, name="schedules"),
    *RoomPages.urls(AT_PLACE),
    *BedPages.urls(AT_PLACE),
    *EquipmentPages.urls(AT_PLACE),
    *PersonPages.urls(AT_PLACE),
    *HolidayPages.urls(),
]
