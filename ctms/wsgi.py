"""The WSGI application for gunicorn."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ctms.settings")

application = get_wsgi_application()

# What is loaded by now stays: looking through it for garbage took up to a fifth of a list's time.
get_resolver().check()
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)
