"""How gunicorn serves: `gunicorn -c deploy/gunicorn.conf.py wsgi:app`, behind a proxy that bounds slow clients.

The numbers come from trials with this stack; each has its unit and its reason. gunicorn ignores a name that it does not
know without a word, so a test holds every name here against its settings.
"""

import logging
import os
from importlib import import_module
from pathlib import Path
from typing import Any

from cli.ports import check_port
from domain.config import Config, ConfigError, read_config
from migrations.opened import opened


def configured() -> Config:
    """The settings in force, or one clear line and a non-zero exit before any worker starts."""
    try:
        return read_config()
    except ConfigError as error:
        raise SystemExit(str(error)) from None


def processes(settings: Config) -> int:
    """SQLite has one writer at a time: a third process would wait, not work. PostgreSQL: 2n+1, up to 5."""
    if settings.on_sqlite:
        return 2
    # Five processes of four threads, each with a connection from the pool and one for the catalogue's version, two to
    # spare in each pool, and the worker: some 55 connections at most; a server has 100 unless told.
    return min(2 * len(os.sched_getaffinity(0)) + 1, 5)


def without_request(record: logging.LogRecord) -> bool:
    """Keep gunicorn's word that a request was bad, without its quotation: an address may hold somebody's link."""
    for beginning in ("Invalid request", "Error handling request"):
        if str(record.msg).startswith(beginning):
            record.msg, record.args = beginning, ()
    return True


settings = configured()
logging.getLogger("gunicorn.error").addFilter(without_request)

proc_name = "intervet"
bind = f"127.0.0.1:{settings.port}"  # The proxy on the same machine is the only one who should reach us.

worker_class = "gthread"  # Threads wait for the database and for slow readers; idle connections cost no thread.
workers = processes(settings)
threads = 4  # a process; each holds one database connection, so the pools have as many
worker_connections = 1000  # a process, the kept-alive ones included
backlog = 2048  # connections waiting to be accepted; a restart of all workers takes about a second
preload_app = False  # A connection opened before the fork would be shared by all workers.

timeout = 30  # seconds without a sign of life until a worker is replaced; the database ends a statement after 10
graceful_timeout = 30  # seconds for answers in flight after SIGTERM; the supervisor's kill must come 5 later
keepalive = 65  # seconds; the proxy keeps idle connections for 60, and must be the one who closes them
max_requests = 10000  # requests until a worker is replaced, against slow leaks in anybody's C
max_requests_jitter = 1000  # requests, so that not all workers are replaced at once

# A worker shows that it lives by touching a file: on a busy disk that would block, and a living worker be killed.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None

limit_request_line = 4094  # bytes; our longest address is a list's with all its filters
limit_request_fields = 50  # headers; browsers behind two proxies send about 25
limit_request_field_size = 8190  # bytes
http_protocols = "h1"  # HTTP/2 ends at the proxy.
header_map = "drop"  # X_Forwarded_For must not pass as X-Forwarded-For.
forwarded_allow_ips = "127.0.0.1"  # Only the proxy says who is calling and by which scheme.
proxy_protocol = "off"
control_socket_disable = True  # One door less: signals do what we need.

accesslog = None  # It prints whole request lines; the application logs routes, without what was asked.
errorlog = "-"
loglevel = "info"


def on_starting(server: Any) -> None:
    """Say in one clear line what would keep us from serving, and end, before any worker starts."""
    handed_over = server.master_pid or "LISTEN_FDS" in os.environ  # by the server that we replace, or by systemd
    try:
        if not handed_over:
            check_port(*server.address[0])
        with opened(settings):
            pass
    except ConfigError as error:
        raise SystemExit(str(error)) from None
    # Once for all workers, who fork from here. Importing opens nothing: each worker makes its own application.
    import_module("api.app")
