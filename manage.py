#!/usr/bin/env python
"""Runs the commands of the system."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ctms.settings")
    if sys.argv[1:2] in (["demo"], ["code"]):
        os.environ.setdefault("CTMS_DEMO", "yes")
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, PermissionError) as error:
        sys.exit(f"{error}")
