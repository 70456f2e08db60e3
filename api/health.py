"""Whether the server lives, and whether it should get requests: for supervisors and load balancers.

What exactly is wrong stands in the log: in public there is neither a version nor a reason.
"""

import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

import migrations
from api.http import Blueprint, Resource, Services, open_to_all, services
from domain.config import ConfigError
from domain.errors import Unavailable
from domain.transaction import check_engine, check_writable
from schemas.health import HealthSchema

LEAST_FREE = 0.05  # of the disk: SQLite needs room for its log, and a full disk takes the whole machine along
NEXT_LOOK = 5  # seconds

blp = Blueprint("health", __name__, description="For supervisors and load balancers.")
log = logging.getLogger("intervet.health")


class Unready(Exception):
    """A look found something; it says what to the operator."""


@blp.route("/livez")
class Liveness(Resource):
    """Whether the process answers."""

    @open_to_all
    @blp.response(200, HealthSchema)
    def get(self) -> Any:
        """Ask whether the process lives; it looks at nothing else"""
        return {"status": "ok"}


@blp.route("/readyz")
class Readiness(Resource):
    """Whether requests would be answered."""

    @open_to_all
    @blp.response(200, HealthSchema)
    def get(self) -> Any:
        """Ask whether the server can read and write, with the schema it needs and room on its disk"""
        for name, look in LOOKS.items():
            try:
                look(services())
            except (ConfigError, DBAPIError, Unavailable, Unready) as error:
                log.warning("not ready", extra={"check": name, "error_class": type(error).__name__})
                raise Unavailable("The server is not ready; try again in a moment.", retry_after=NEXT_LOOK) from error
        return {"status": "ok"}


def _look_at_disk(at_hand: Services) -> None:
    disk = shutil.disk_usage(_existing(at_hand.config.data_dir))
    if disk.free < LEAST_FREE * disk.total:
        raise Unready


def _existing(path: Path) -> Path:
    """The nearest folder that is there: the data directory is made when it is first needed."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.exists())


LOOKS: Mapping[str, Callable[[Services], None]] = {
    "database": lambda at_hand: check_engine(at_hand.database),
    "schema": lambda at_hand: migrations.check_current(at_hand.database),
    "writer": lambda at_hand: check_writable(at_hand.database),
    "disk": _look_at_disk,
}
