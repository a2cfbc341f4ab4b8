"""Static files on a server: every page finds each module under one name."""

from __future__ import annotations

import json
import re
from pathlib import Path

from django.core.management import call_command


def test_modules_import_each_other_by_hashed_names(tmp_path: Path, settings) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "ctms.storage.StaticStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    text = (tmp_path / names["js/requests.js"]).read_text()
    imported = re.search(r'import"\./(.+?)";', text)
    assert imported is not None
    assert f"js/{imported[1]}" == names["js/toast.js"]
