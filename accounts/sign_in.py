"""Addresses of signing in and out; of all that allauth offers, only what is wanted."""

from allauth.account import views
from django.http import HttpRequest, HttpResponseBase
from django.urls import include, path, re_path
from django.views.generic import RedirectView


def log_out(request: HttpRequest) -> HttpResponseBase:
    """End the session; what pages kept on the device goes with it."""
    response: HttpResponseBase = views.logout(request)
    if request.method == "POST":
        response.headers["Clear-Site-Data"] = '"storage"'
    return response


urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", log_out, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    # Whoever has none yet sets it by a link that comes by e-mail.
    path(
        "password/set/",
        RedirectView.as_view(pattern_name="account_reset_password"),
        name="account_set_password",
    ),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/", include("allauth.mfa.urls")),
]
