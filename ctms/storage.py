"""Where static files lie: each under a name that changes with its content, modules included."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class StaticStorage(ManifestStaticFilesStorage):
    """Our modules import each other by the names that change; those of packages stay as they are."""

    # Django's own pattern for every script, kept to ours: packages import what they do not bring.
    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        ManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]
    )
