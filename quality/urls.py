"""Addresses of issues and deviations."""

from django.urls import path

from core.lists import urls as list_urls
from quality.views import capas, issues

app_name = "quality"

TRIAL = "trials/<slug:code>"
ONE = "issues/<int:pk>"
CAPA = "capas/<int:pk>"
STEP = "capa-actions/<int:pk>"

urlpatterns = [
    *list_urls(f"{TRIAL}/issues", issues.issues, "issues"),
    *list_urls(f"{TRIAL}/sites/<str:number>/issues", issues.site_issues, "site_issues"),
    *list_urls("places/<slug:slug>/issues", issues.place_issues, "place_issues"),
    path(f"{TRIAL}/issues/<str:number>/", issues.issue, name="issue"),
    path(f"{TRIAL}/sites/<str:number>/report-issue/", issues.report_at_site, name="report_at_site"),
    path("subjects/<int:pk>/report-issue/", issues.report_of_subject, name="report_of_subject"),
    path("drafts/<int:pk>/report/", issues.report_draft, name="report_draft"),
    path(f"{TRIAL}/assess-issues/", issues.assess_all, name="assess_all"),
    path(f"{ONE}/change/", issues.change, name="change"),
    path(f"{ONE}/retype/", issues.retype, name="retype"),
    path(f"{ONE}/explain/", issues.explain, name="explain"),
    path(f"{ONE}/assess/", issues.assess, name="assess"),
    path(f"{ONE}/suspect-breach/", issues.suspect_breach, name="suspect_breach"),
    path(f"{ONE}/notify-breach/", issues.notify_breach, name="notify_breach"),
    path(f"{ONE}/dismiss-breach/", issues.dismiss_breach, name="dismiss_breach"),
    path(f"{ONE}/report-to-ethics/", issues.report_to_ethics, name="report_to_ethics"),
    path(f"{ONE}/close/", issues.close, name="close"),
    path(f"{ONE}/reopen/", issues.reopen, name="reopen"),
    path(f"{ONE}/void/", issues.void, name="void"),
    *list_urls(f"{TRIAL}/capas", capas.capas, "capas"),
    path(f"{TRIAL}/capas/<str:number>/", capas.capa, name="capa"),
    path(f"{TRIAL}/sites/<str:number>/open-capa/", capas.open_capa, name="open_capa"),
    path(f"{ONE}/open-capa/", capas.open_capa_of_issue, name="open_capa_of_issue"),
    path(f"{ONE}/link/", capas.link, name="link"),
    path(f"{CAPA}/change/", capas.change_capa, name="change_capa"),
    path(f"{CAPA}/add-action/", capas.add_action, name="add_action"),
    path(f"{CAPA}/check/", capas.check, name="check"),
    path(f"{CAPA}/close/", capas.close_capa, name="close_capa"),
    path(f"{CAPA}/void/", capas.void_capa, name="void_capa"),
    path(f"{STEP}/finish/", capas.finish_action, name="finish_action"),
    path(f"{STEP}/drop/", capas.drop_action, name="drop_action"),
]
