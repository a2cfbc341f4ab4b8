"""Addresses of people, access and settings."""

from django.urls import path

from accounts.views import grants, installation, look, people, session, settings, sign_in, tokens
from core.lists import urls as list_urls

app_name = "accounts"

urlpatterns = [
    path("account/session/", session.session, name="session"),
    path("account/leave-elsewhere/", sign_in.leave_elsewhere, name="leave_elsewhere"),
    path("account/look/", look.look, name="look"),
    path("account/settings/", settings.settings, name="settings"),
    path("admin/installation/", installation.set_up, name="set_up"),
    *list_urls("admin/people", people.people, "people"),
    path("admin/people/invite/", people.invite, name="invite"),
    path("admin/people/<int:pk>/", people.person, name="person"),
    path("admin/people/<int:pk>/change/", people.change, name="change"),
    path("admin/people/<int:pk>/disable/", people.disable, name="disable"),
    path(
        "admin/people/<int:pk>/send-password-link/",
        people.send_password_link,
        name="send_password_link",
    ),
    path("admin/people/<int:pk>/issue-token/", tokens.issue_token, name="issue_token"),
    path("admin/tokens/<int:pk>/revoke/", tokens.revoke_token, name="revoke_token"),
    path("admin/people/<int:pk>/give/", grants.give, name="give"),
    path("admin/people/<int:pk>/<slug:step>/", sign_in.help_sign_in, name="help_sign_in"),
    path("admin/access/<str:kind>/<int:pk>/", grants.access, name="access"),
    path("admin/access/<str:kind>/<int:pk>/give/", grants.give_here, name="give_here"),
    path("admin/grants/<int:pk>/end/", grants.end, name="end"),
]
