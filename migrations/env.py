"""How Alembic runs: on the connection it is handed, in the caller's transaction."""

from typing import Any

from alembic import context

import domain.models  # noqa: F401  the registry must be complete
from domain.config import read_config
from domain.db import Base
from domain.transaction import connect

OPTIONS: dict[str, Any] = {
    "target_metadata": Base.metadata,
    "render_as_batch": True,  # SQLite changes tables by making them anew
    "user_module_prefix": "db.",
    "compare_type": True,
}

connection = context.config.attributes.get("connection")
if connection is not None:
    context.configure(connection=connection, **OPTIONS)
    context.run_migrations()
else:
    # `alembic revision --autogenerate` and the like, by hand.
    with connect(read_config().database_url).writer.connect() as connection, connection.begin():
        context.configure(connection=connection, **OPTIONS)
        context.run_migrations()
