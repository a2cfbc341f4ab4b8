"""The WSGI application for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from ctms.memory import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ctms.settings")

application = get_wsgi_application()

get_resolver().check()  # loads every page
settle()
