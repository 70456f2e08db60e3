"""`python -m tests.kill`: storms in full on both engines, about two minutes each, and what the account finds.

`--plant DEFECT` shows that it can find something: the shell is told 1 then, as always when something was found.
"""

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from tests.conftest import ENGINES
from tests.kill import storm
from tests.kill.accounts import findings
from tests.kill.planted import DEFECTS

ROUNDS = 60
SHOWN = 5  # findings of a kind


def main() -> int:
    """Run, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill", description="Kill server and workers at random.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"kills on each engine; {ROUNDS} unless told")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="for the same dice again")
    parser.add_argument("--engine", choices=ENGINES, action="append", help="only this one")
    parser.add_argument("--plant", choices=DEFECTS, default="", metavar="DEFECT", help=", ".join(DEFECTS))
    wanted = parser.parse_args()
    _say(f"seed {wanted.seed}")
    found = [_run(engine, wanted) for engine in wanted.engine or ENGINES]
    return 1 if any(found) else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _run(engine: str, wanted: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as folder:
        outcome = storm.run(engine, Path(folder), rounds=wanted.rounds, seed=wanted.seed, defect=wanted.plant)
    _say(f"\n{engine}: {outcome.told}")
    found = findings(outcome.history)
    for name, sentences in found.items():
        _say(f"  {len(sentences):5} {name}")
        for sentence in sentences[:SHOWN]:
            _say(f"          {sentence}")
    return sum(map(len, found.values()))


if __name__ == "__main__":
    sys.exit(main())
