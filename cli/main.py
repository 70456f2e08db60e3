"""`intervet-admin`: what an operator does to an installation. One module a command, imported when it is wanted."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from domain.config import Config, ConfigError, read_config
from domain.errors import DomainError, Finding, InvalidInput

# name: what it does. The module of the same name has add_arguments(parser) and run(arguments, config).
COMMANDS = {
    "migrate": "bring the database to this release's schema, and make the first token",
    "token": "make, list and revoke tokens",
    "secrets": "say under which keys secrets are sealed, or seal them all anew under the first",
    "load": "load a project from a file (JSON or XLSX)",
    "demo": "refresh the demonstration's deadlines, or remove what is invented",
    "backup": "copy the database while it is in use",
    "doctor": "say what is right and what is wrong with this installation",
    "openapi": "write openapi.yaml from the code, or check that it is current",
}
DONE, REFUSED, UNUSABLE = 0, 1, 2  # what the shell is told: argparse, too, says 2 when it can't use what it was given


class Command(Protocol):
    """What each command's module offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say what the command takes."""

    def run(self, arguments: argparse.Namespace, config: Config) -> int:
        """Do it; return what the shell is told."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. What can't be done is one clear line, and not zero."""
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = _parser(words).parse_args(words)
    try:
        return _command(arguments.command).run(arguments, read_config())
    except ConfigError as error:
        return _refused(str(error), UNUSABLE)
    except OSError as error:
        return _refused(f"{error.filename}: {error.strerror}.", UNUSABLE)
    except InvalidInput as error:
        return _refused("\n".join([error.detail, *sentences(error)]), REFUSED)
    except DomainError as error:
        return _refused(error.detail, REFUSED)


def sentences(error: InvalidInput) -> list[str]:
    """What is wrong with each field, for reading."""
    return [f"  {each.pointer or '/'}: {_sentence(each)}" for each in error.findings]


def _sentence(found: Finding) -> str:
    from domain.languages import message  # noqa: PLC0415  only for who has something wrong

    values = {"name": found.pointer.rpartition("/")[2], **found.values}
    shown = {name: str(value) for name, value in values.items()}
    sentence = message(found.code, "en", **shown)
    return f"{sentence} {message('did_you_mean', 'en', **shown)}" if "near" in shown else sentence


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="intervet-admin", description="Run an installation of InterVET.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=f"{purpose.capitalize()}.")
        if name in words:
            _command(name).add_arguments(command)
    return parser


def _command(name: str) -> Command:
    return cast("Command", import_module(f"cli.{name}"))


def _refused(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
