"""Deliveries by the hundred: leased, settled and logged, each by one statement for the whole batch.

A batch goes in as one JSON text, of which the database makes a table, and comes out as one. Row by row, the driver
would bind a dozen values and take Python's lock for each, while another thread sends: that costs more than what the
engine does with the row. The two engines say it differently enough to be written out for each. In JSON an id has 32
digits.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.db import Instant

# Due for the first time or again; or leased by somebody who has not settled it in time.
PENDING = "state = 'pending' AND next_at <= :at"
EXPIRED = "state = 'leased' AND lease_until <= :at"


class Leased(NamedTuple):
    """A delivery that was leased, the ids in JSON's form: `attempts` counts the one that is to come."""

    id: str
    endpoint_id: str
    event_id: str
    attempts: int
    attempts_before: int


def lease(
    session: Session,
    rooms: Mapping[UUID, int],
    *,
    which: str,
    limit: int,
    token: UUID,
    until: datetime,
    at: datetime,
) -> list[Leased]:
    """Lease what is PENDING or EXPIRED, for each endpoint as many as it has room for, `limit` in all.

    They take turns: of each endpoint the first, then the second. On PostgreSQL, what another worker is just leasing is
    passed over.
    """
    wanted = [{"endpoint": one.hex, "room": room} for one, room in rooms.items() if room > 0]
    if not wanted or limit <= 0:
        return []
    # Where there are more than can be taken, they are looked for at none much further than it can get.
    most = min(max(rooms.values()), 2 * limit // len(wanted) + 1)
    values = {"rooms": _json(wanted), "most": most, "limit": limit, "at": _at(session, at)}
    leases = {"token": token.hex, "until": _at(session, until)}
    if _on_sqlite(session):
        # One writer at a time: nobody can come between the two.
        found = session.scalar(text(SQLITE_DUE.format(which=which)), values)
        session.execute(text(SQLITE_LEASE), {"found": found, **leases})
    else:
        found = session.scalar(text(POSTGRESQL_LEASE.format(which=which)), values | leases)
    return [Leased(*one) for one in orjson.loads(found)]


class Settled(NamedTuple):
    """How a delivery stands after an attempt, and the attempt; ids and the reply, like JSON, in hexadecimal."""

    id: str
    token: str
    state: str
    next_at: datetime
    at: datetime
    attempt: str
    number: int
    duration_ms: int
    url: str
    status: int | None
    error: str | None
    reply_headers: Mapping[str, str] | None
    reply: str | None


def settle(session: Session, settled: Sequence[Settled]) -> set[str]:
    """Write down what came of leased deliveries where the lease is still theirs; return the ids of those."""
    if not settled:
        return set()
    rows = _rows(session, settled)
    if _on_sqlite(session):
        ours = set(orjson.loads(session.scalar(text(SQLITE_OURS), {"rows": rows}) or "[]"))
        session.execute(text(SQLITE_SETTLE), {"rows": rows})
    else:
        ours = set(orjson.loads(session.scalar(text(POSTGRESQL_SETTLE), {"rows": rows}) or "[]"))
    if len(ours) < len(settled):
        rows = _rows(session, [one for one in settled if one.id in ours])
    session.execute(text(SQLITE_ATTEMPTS if _on_sqlite(session) else POSTGRESQL_ATTEMPTS), {"rows": rows})
    return ours


def _rows(session: Session, settled: Sequence[Settled]) -> str:
    # All that has arrived did so at one instant; it is written out once.
    written = {moment: _at(session, moment) for moment in {moment for one in settled for moment in one[3:5]}}
    rows = [(*one[:3], written[one.next_at], written[one.at], *one[5:]) for one in settled]
    return _json(rows if _on_sqlite(session) else [dict(zip(Settled._fields, row, strict=True)) for row in rows])


def _on_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _at(session: Session, moment: datetime) -> Any:
    return Instant().process_bind_param(moment, session.get_bind().dialect)


def _json(rows: Sequence[Any]) -> str:
    return orjson.dumps(rows).decode()


# A lease that ran out counts no second time: whoever had it was killed, mostly before they began, and wrote no attempt
# under its number.
# SQLite knows no LATERAL. Joined by their rowids instead, it asks the index of deliveries once for each endpoint.
SQLITE_DUE = """
SELECT json_group_array(json_array(id, endpoint_id, event_id, attempts + (state <> 'leased'), attempts_before)) FROM (
    SELECT * FROM (
        SELECT due.id, due.state, due.endpoint_id, due.event_id, due.attempts, due.attempts_before,
            row_number() OVER (PARTITION BY due.endpoint_id ORDER BY due.next_at) AS turn,
            wanted.value ->> 'room' AS room
        FROM json_each(:rooms) AS wanted JOIN deliveries AS due ON due.rowid IN (
            SELECT rowid FROM deliveries
            WHERE endpoint_id = wanted.value ->> 'endpoint' AND {which} ORDER BY next_at LIMIT :most
        )
    ) WHERE turn <= room ORDER BY turn LIMIT :limit
)"""

SQLITE_LEASE = """
UPDATE deliveries
SET state = 'leased', lease_token = :token, lease_until = :until, attempts = attempts + (state <> 'leased')
WHERE id IN (SELECT value ->> 0 FROM json_each(:found))"""

POSTGRESQL_LEASE = """
WITH due AS (
    SELECT found.id, row_number() OVER (PARTITION BY wanted.endpoint ORDER BY found.next_at) AS turn
    FROM json_to_recordset(:rooms) AS wanted (endpoint uuid, room integer) CROSS JOIN LATERAL (
        SELECT id, next_at FROM deliveries
        WHERE endpoint_id = wanted.endpoint AND {which}
        ORDER BY next_at LIMIT least(wanted.room, :most) FOR UPDATE SKIP LOCKED
    ) AS found ORDER BY turn LIMIT :limit
), leased AS (
    UPDATE deliveries SET state = 'leased', lease_token = :token, lease_until = :until,
        attempts = attempts + (state <> 'leased')::int
    FROM due WHERE deliveries.id = due.id
    RETURNING deliveries.id, endpoint_id, event_id, attempts, attempts_before
)
SELECT coalesce(json_agg(json_build_array(
    replace(id::text, '-', ''), replace(endpoint_id::text, '-', ''), replace(event_id::text, '-', ''),
    attempts, attempts_before
)), '[]')::text FROM leased"""

SQLITE_OURS = """
SELECT json_group_array(deliveries.id) FROM json_each(:rows) AS told CROSS JOIN deliveries
WHERE deliveries.id = told.value ->> 0 AND lease_token = told.value ->> 1"""

# The columns by their place in Settled: half as long to read as by name.
SQLITE_SETTLE = """
UPDATE deliveries SET state = told.value ->> 2, next_at = told.value ->> 3,
    lease_token = NULL, lease_until = NULL, updated_at = told.value ->> 4
FROM json_each(:rows) AS told
WHERE deliveries.id = told.value ->> 0 AND lease_token = told.value ->> 1"""

POSTGRESQL_SETTLE = """
WITH ours AS (
UPDATE deliveries SET state = told.state, next_at = told.next_at,
    lease_token = NULL, lease_until = NULL, updated_at = told.at
FROM json_to_recordset(:rows) AS told (id uuid, token uuid, state text, next_at timestamptz, at timestamptz)
WHERE deliveries.id = told.id AND lease_token = told.token
RETURNING deliveries.id
) SELECT json_agg(replace(id::text, '-', ''))::text FROM ours"""

SQLITE_ATTEMPTS = """
INSERT INTO attempts (id, delivery_id, number, at, duration_ms, url, status, error, reply_headers, reply)
SELECT value ->> 5, value ->> 0, value ->> 6, value ->> 4, value ->> 7,
    value ->> 8, value ->> 9, value ->> 10, value ->> 11, unhex(value ->> 12)
FROM json_each(:rows)"""

POSTGRESQL_ATTEMPTS = """
INSERT INTO attempts (id, delivery_id, number, at, duration_ms, url, status, error, reply_headers, reply)
SELECT attempt, id, number, at, duration_ms, url, status, error, reply_headers, decode(reply, 'hex')
FROM json_to_recordset(:rows) AS told (
    attempt uuid, id uuid, number integer, at timestamptz, duration_ms integer, url text, status integer, error text,
    reply_headers jsonb, reply text
)"""
