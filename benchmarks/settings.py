"""Settings of the benchmarks: the product's, on servers and keys of their own."""

import os
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent / "var" / "bench"
os.environ["CTMS_HOME"] = str(HOME)
os.environ["CTMS_STATIC"] = str(HOME / "static")
os.environ["CTMS_DURABLE"] = "no"
os.environ["CTMS_DEMO"] = "yes"  # private, also where DATABASE_URL names a server
os.environ.setdefault("LOG_LEVEL", "WARNING")

from ctms.settings import *
