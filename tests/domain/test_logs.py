"""Log lines for machines."""

import io
import json
import logging
import sys
from typing import Any

import pytest
from gunicorn.glogging import Logger

from domain.logs import JsonLines, to_stream


def line(message: str, *args: Any, **fields: Any) -> dict[str, Any]:
    """What a record becomes."""
    record = logging.LogRecord("intervet.test", logging.INFO, "here.py", 1, message, args, fields.pop("exc_info", None))
    record.__dict__.update(fields)
    return json.loads(JsonLines().format(record))  # type: ignore[no-any-return]


def test_a_line_has_its_time_in_utc_its_level_its_logger_and_its_message() -> None:
    found = line("round failed", created=0.25)

    assert found == {
        "at": "1970-01-01T00:00:00.250+00:00",
        "level": "INFO",
        "logger": "intervet.test",
        "message": "round failed",
    }


def test_a_known_field_is_in_it_and_an_unknown_one_is_not() -> None:
    found = line("request", route="/v1/calls", email="ana@example.org")

    assert (found["route"], "ana@example.org" in str(found)) == ("/v1/calls", False)


@pytest.mark.parametrize("sign", ["\n", "\r", "\x1b", "\u2028", "\x00", "\x9b"])
def test_what_a_terminal_would_obey_is_written_out(sign: str) -> None:
    record = logging.LogRecord("intervet", logging.INFO, "", 1, f"a{sign}b", (), None)

    written = JsonLines().format(record)

    assert (written.isprintable(), sign in written) == (True, False)


def test_an_exception_is_its_class_and_where_it_came_from() -> None:
    try:
        int("the name of a person")
    except ValueError:
        found = line("unexpected error", exc_info=sys.exc_info())

    assert (found["error_class"], "person" in str(found)) == ("ValueError", False)
    assert found["trace"][0].endswith("test_an_exception_is_its_class_and_where_it_came_from")


def test_gunicorn_can_still_write_lines_of_its_own() -> None:
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    to_stream(io.StringIO())
    logging.basicConfig(level=level, handlers=kept, force=True)

    record = logging.LogRecord("gunicorn.error", logging.INFO, "", 1, "Shutting down", (), None)

    assert logging.Formatter(Logger.error_fmt).format(record).endswith("[INFO] Shutting down")
