"""What the README tells people to type is there."""

import re
import sys
from pathlib import Path

import pytest

from cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def spans() -> list[str]:
    """What stands between backticks, a span a line."""
    return [
        " ".join(span.split()) for span in re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
    ]


@pytest.mark.parametrize("program", ["intervet-admin", "gunicorn", "python -m"])
def test_a_program_is_called_where_it_is_installed(program: str) -> None:
    called = [span for span in spans() if re.search(rf"(?:^|/){program}\b", span)]

    assert called
    assert [span for span in called if not span.startswith(f".venv/bin/{program}")] == []


def test_every_program_is_installed() -> None:
    named = {span.split()[0].removeprefix(".venv/") for span in spans() if span.startswith(".venv/bin/")}

    assert [name for name in named if not (Path(sys.prefix) / name).exists()] == []


def test_every_command_is_named() -> None:
    commands = {name for name in COMMANDS if re.search(rf"`(?:\.venv/bin/intervet-admin )?{name}\b", README)}

    # The contract is for those who change the code: `make openapi`.
    assert commands == COMMANDS.keys() - {"openapi"}


def test_the_key_that_makes_once_out_of_often_is_in_the_line_that_applies() -> None:
    (line,) = [line for line in README.splitlines() if line.startswith("curl") and "/applications" in line]

    assert re.search(r"-H 'Idempotency-Key: [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'", line)
