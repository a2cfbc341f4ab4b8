"""How gunicorn serves the product, in the demo and on a server; WEB_CONCURRENCY sets the workers."""

import os

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
preload_app = True  # read the code once, share its memory
timeout = 60
graceful_timeout = 8
# A worker is renewed now and then, each at another moment, so that memory never creeps up.
max_requests = 20_000
max_requests_jitter = 2_000
control_socket_disable = True
loglevel = "warning"
