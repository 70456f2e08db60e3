"""A school with a spreadsheet: pupils as rows, the command in a process of its own, a server that is really there."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from intervet_client import Client
from intervet_client.results import Outcome, path_for, read
from tests.e2e.running import ROOT, TOKEN, Running, installation

INTERVET = Path(sys.prefix) / "bin" / "intervet"
CALL = "rs-work-placement-bologna-lyon-maribor"  # of the demonstration, for anyone in Serbia
RUNS_WITHIN = 100  # seconds; forty pupils take two unless the machine is busy
# One address for all: the school's own.
PUPIL = {
    "given_names": "Ана",
    "family_name": "Петровић",
    "email": "skola@example.org",
    "birth_date": "2008-03-08",
    "country": "RS",
    "processing": "да",
    "sharing_with_hosts": "да",
    "occupation": "Кувар",
    "motivation": "Желим да учим.",
    "english_level": "basic",
}

# What makes one a minor, and the columns that it takes then.
MINOR = {
    "birth_date": f"{datetime.now(UTC).year - 16}-03-08",
    "guardian_given_names": "Весна",
    "guardian_family_name": "Петровић",
    "guardian_email": "vesna@example.org",
    "guardian_phone": "060 765432",
    "guardian_relation": "мајка",
    "parental_consent": "да",
}


@dataclass
class School:
    """A server, a folder, and who one is."""

    running: Running
    folder: Path
    token: str | None = TOKEN

    @property
    def client(self) -> Client:
        """The library."""
        return Client(self.running.base_url, self.token, patience=20)

    @property
    def environment(self) -> dict[str, str]:
        """What the command is told."""
        config = {"INTERVET_CONFIG": str(self.folder / "config.json"), "COLUMNS": "120"}
        token = {"INTERVET_TOKEN": self.token} if self.token else {}
        plain = {name: value for name, value in os.environ.items() if not name.startswith("INTERVET_")}
        return {**plain, "INTERVET_URL": self.running.base_url, **config, **token}

    def run(self, *words: object, **options: Any) -> subprocess.CompletedProcess[str]:
        """`intervet …`, from its first word to its end, in the school's folder."""
        asked = {
            "env": self.environment,
            "cwd": self.folder,
            "capture_output": True,
            "text": True,
            "timeout": RUNS_WITHIN,
        }
        return subprocess.run([INTERVET, *map(str, words)], check=False, **(asked | options))

    def shell(self, line: str) -> subprocess.CompletedProcess[str]:
        """A line of shell, in the same place."""
        return self.run("-c", line, executable="/bin/sh")

    def start(self, *words: object) -> subprocess.Popen[str]:
        """`intervet …`, left running; nothing of it is read but what it writes to files."""
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen([INTERVET, *map(str, words)], env=self.environment, cwd=self.folder, text=True, **quiet)

    def file(self, pupils: Iterable[Mapping[str, Any]], name: str = "pupils.csv") -> Path:
        """A CSV of pupils, as Excel saves it in the region."""
        listed = list(pupils)
        with (self.folder / name).open("w", encoding="utf-8-sig", newline="") as opened:
            writer = csv.DictWriter(opened, list(listed[0]), delimiter=";")
            writer.writeheader()
            writer.writerows(listed)
        return self.folder / name

    def outcomes(self, file: Path) -> list[Outcome]:
        """What the results file beside a file says."""
        return list(read(path_for(file)))

    def references(self) -> list[str]:
        """Those of all applications that the server has."""
        return sorted(found["reference"] for found in self.client.applications())


def pupils(count: int, family: str = "Петровић", **changes: Any) -> list[dict[str, Any]]:
    """So many of a family, each with a name of its own."""
    return [PUPIL | {"given_names": f"Ана {number}", "family_name": family, **changes} for number in range(count)]


@contextmanager
def school(engine: str, folder: Path) -> Iterator[School]:
    """A school beside a running server with the demonstration's calls."""
    with installation(engine, folder) as running:
        load(running.environment)
        yield School(running, folder)


def load(environment: Mapping[str, str]) -> None:
    """The demonstration's calls, whose dates are counted from today."""
    words: Sequence[str] = (sys.executable, "-m", "cli.main", "load", "data/projects/intervet-demo.json")
    subprocess.run(words, cwd=ROOT, env=dict(environment), check=True, capture_output=True)
