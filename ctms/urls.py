"""Every address of the product."""

from django.urls import include, path

from core import drafts
from ctms import create, health, palette, problems, switch

handler400 = problems.unreadable
handler403 = problems.forbidden
handler404 = problems.missing
handler500 = problems.broken

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("new/", create.new, name="new"),
    path("palette/", palette.palette, name="palette"),
    path("switch/", switch.switch, name="switch"),
    path("drafts/", drafts.save, name="draft"),
    path("drafts/throw-away/", drafts.throw_away, name="throw_draft_away"),
    path("account/", include("accounts.sign_in")),
    path("api/v1/", include("ctms.api")),
    path("", include("accounts.urls")),
    path("", include("core.imports.urls")),
    path("", include("core.saved_views.urls")),
    path("", include("trials.urls")),
    path("", include("budgets.urls")),
    path("", include("quality.urls")),
    path("", include("safety.urls")),
    path("", include("subjects.urls")),
    path("", include("documents.urls")),
    path("", include("sites.urls")),
    path("", include("inbox.urls")),
    path("", include("audit.urls")),
    path("", include("workspace.urls")),
]
