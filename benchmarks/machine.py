"""On what it was measured: what decides the figures, and nothing that names the machine."""

import os
import platform
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

import pycurl
from sqlalchemy import text

from benchmarks.servers import ROOT, database

PACKAGES = (
    *("flask", "flask-smorest", "gunicorn", "marshmallow", "orjson", "psycopg", "pycurl", "sqlalchemy"),
    "werkzeug",
)


def description() -> dict[str, str]:
    """The machine, the system and the software, in words."""
    with database("sqlite") as sqlite, database("postgresql") as postgresql:
        with sqlite.reader.connect() as connection:
            sqlite_version = connection.scalar(text("SELECT sqlite_version()"))
        with postgresql.reader.connect() as connection:
            postgresql_version = connection.scalar(text("SHOW server_version"))
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "4 KiB kept for good": f"{_fdatasync_ms():.2f} ms",
        "Python": platform.python_version(),
        "SQLite": str(sqlite_version),
        "PostgreSQL": str(postgresql_version),
        "libcurl": pycurl.version_info()[1],
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _fdatasync_ms() -> float:
    """How long the disk takes to keep a page, since that is what a durable write waits for."""
    taken = []
    with tempfile.TemporaryFile(dir=ROOT / "var") as file:
        for _ in range(50):
            file.write(bytes(4096))
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    return median(taken) * 1000
