"""`intervet-admin openapi`: the contract, written from the code or held against what is committed."""

import argparse
import tempfile
from contextlib import closing
from difflib import unified_diff
from itertools import islice
from pathlib import Path

from api.app import create_app
from api.openapi import document, written
from domain.config import Config
from domain.transaction import connect

PLACE = Path(__file__).parents[1] / "openapi.yaml"
ADDRESS = "http://127.0.0.1:8000"  # the same for everybody: the file is about the API and not about an installation
SHOWN = 40  # lines of a difference


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether it is only looked at."""
    parser.add_argument("--file", type=Path, default=PLACE, help="openapi.yaml unless told")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is not current")


def run(arguments: argparse.Namespace, _config: Config) -> int:
    """Write the contract, or compare it."""
    current, place = contract(), arguments.file
    if not arguments.check:
        place.write_text(current, encoding="utf-8")
        print(f"{place.name} is written.")
        return 0
    committed = place.read_text("utf-8") if place.exists() else ""
    if committed == current:
        print(f"{place.name} is current.")
        return 0
    difference = unified_diff(committed.splitlines(), current.splitlines(), "committed", "from the code", lineterm="")
    print("\n".join(islice(difference, SHOWN)))
    print(f"{place.name} is not current; run `make openapi`.")
    return 1


def contract() -> str:
    """The contract as YAML, from an application that keeps nothing."""
    with tempfile.TemporaryDirectory() as folder:
        config = Config(
            data_dir=Path(folder),
            database_url=f"sqlite:///{folder}/none.sqlite",
            base_url=ADDRESS,
            secret_keys=("not a secret: this application serves nobody",),
        )
        with closing(connect(config.database_url)) as database:
            return written(document(create_app(config, database=database)))
