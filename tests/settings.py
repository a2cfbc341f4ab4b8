"""Settings of the tests: the product's, on servers and keys of their own."""

import os
from pathlib import Path

os.environ["CTMS_HOME"] = str(Path(__file__).resolve().parent.parent / "var" / "test")
os.environ["CTMS_DURABLE"] = "no"
os.environ["CTMS_DEMO"] = "yes"  # private, also where DATABASE_URL names a server
os.environ.setdefault("LOG_LEVEL", "ERROR")

from ctms.settings import *
from ctms.settings import EMBEDDED_SERVERS, MIDDLEWARE

EMBEDDED_SERVERS = [server for server in EMBEDDED_SERVERS if server.name == "postgres"]
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "documents": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
