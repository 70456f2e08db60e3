"""Events followed across restarts: the position is written down after each event has been handed over."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from intervet_client.client import Client
from intervet_client.errors import BadFile, InvalidInput
from intervet_client.shapes import Event, EventPage


class Position:
    """After which event to go on, in a file that belongs to one server and one choice of events."""

    def __init__(self, path: Path, client: Client, filters: Mapping[str, Any]) -> None:
        self.path = path
        self.of = {"server": client.url, **{name: value for name, value in filters.items() if value is not None}}
        self.after = self._read()

    def keep(self, after: str | None) -> None:
        """Write it down, whole or not at all."""
        if after == self.after:
            return
        part = self.path.with_name(f"{self.path.name}.part")
        with part.open("w") as file:
            json.dump({**self.of, "after": after}, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path)
        self.after = after

    def _read(self) -> str | None:
        if not self.path.exists():
            return None
        try:
            kept = json.loads(self.path.read_text())
            after = kept.pop("after")
        except (ValueError, AttributeError, KeyError) as error:
            raise BadFile(f"{self.path} holds no position.\nNext: name another file by --position.") from error
        if kept != self.of:
            raise BadFile(
                f"{self.path} belongs to another server or another choice of events.\n"
                "Next: name another file by --position, a file for each."
            )
        return str(after) if after else None


def _page(client: Client, position: Position, filters: Mapping[str, Any]) -> EventPage:
    try:
        return client.event_page(after=position.after, **filters)
    except InvalidInput as error:
        if "/after" not in [each.pointer for each in error.errors]:
            raise
        raise BadFile(
            f"The event after which {position.path} goes on can't be seen any more: your role or token has changed.\n"
            "Next: delete the file to begin again; the ids tell what you have."
        ) from error


def follow(
    client: Client,
    position: Position,
    filters: Mapping[str, Any],
    *,
    every: float | None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Event]:
    """Events after the position, then those to come, asking `every` so many seconds; until now where that is None.

    The position moves when the next event is asked for: one that was being handled when the power went comes once
    more, and none is left out.
    """
    while True:
        page = _page(client, position, filters)
        for event in page["items"]:
            yield event
            position.keep(event["id"])
        position.keep(page["last"] or position.after)
        if page["next"] is None:
            if every is None:
                return
            sleep(every)
