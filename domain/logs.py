"""Log lines for machines: one JSON object each, of which the message is a constant and the facts are known fields.

What isn't on the list of fields is left out, whoever hands it in: a log is read by more people than the database is,
and kept in more places. That is also why an exception shows its class and where it was raised, and never what it says:
in what it says stand the values that it stumbled over.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

FIELDS = (
    "request_id",
    "route",
    "method",
    "status",
    "ms",
    "bytes",
    "token",
    "error_class",
    "check",
    "fenced",
    "event_type",
    "attempt",
)
DEEPEST = 20  # frames of an exception; the last ones, where it happened
ENCODER = json.JSONEncoder(default=str)


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON in ASCII: whatever it holds, no terminal obeys it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's time, level, logger and message, its known fields, and where an exception came from."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        facts = vars(record)
        line |= {name: facts[name] for name in FIELDS if facts.get(name) is not None}
        if record.exc_info and record.exc_info[1] is not None:
            line["error_class"] = type(record.exc_info[1]).__name__
            line["trace"] = _trace(record.exc_info[2])
        return ENCODER.encode(line)


def to_stream(stream: TextIO | None = None) -> None:
    """Send what this process logs to `stream` (stderr unless told), in place of what was set before.

    Of what others' code says, only warnings: Alembic, for one, reports that it looks at a database each time it does.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    # No line of ours shows them, and a prepared answer takes less time than finding them out. The process's number
    # stays: gunicorn writes it into each of its own lines.
    logging.logThreads = logging.logMultiprocessing = False
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("intervet").setLevel(logging.INFO)


def _trace(raised: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(raised)[-DEEPEST:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
