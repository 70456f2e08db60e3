"""The destinations of a call, matched by id: what stands is changed, what is new is added, the rest goes."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.db import new_id
from domain.errors import Finding, refuse
from domain.models.applications import Application
from domain.models.calls import Call, Destination
from domain.models.mobilities import Mobility


@dataclass(frozen=True)
class DestinationInput:
    """A destination as it should be; with an `id` it is the one that stands already."""

    country: str
    city: str
    id: UUID | None = None
    host_id: UUID | None = None
    places: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None


def destination_labels(places: Sequence[Destination]) -> dict[UUID, str]:
    """What people call each destination of a call; where two are called alike, the end of the id tells them apart."""
    plain = [f"{place.city} ({place.country})" for place in places]
    return {
        place.id: label if plain.count(label) == 1 else f"{label} {place.id.hex[-6:]}"
        for place, label in zip(places, plain, strict=True)
    }


def set_destinations(session: Session, call: Call, wanted: Sequence[DestinationInput], *, at: datetime) -> bool:
    """Match by id: change those named, add the new, drop the rest. Raises InvalidInput for a drop that would strand."""
    standing = {place.id: place for place in call.destinations}
    refuse([*_unknown(standing, wanted), *_stranding(session, standing, wanted)])
    before = [(place.id, *_destination_values(place).values()) for place in call.destinations]
    after = [_destination(call, standing, place, position) for position, place in enumerate(wanted)]
    moved = before != [(place.id, *_destination_values(place).values()) for place in after]
    if moved:
        call.destinations = after
        call.updated_at = at
    return moved


def _unknown(standing: Mapping[UUID, Destination], wanted: Sequence[DestinationInput]) -> Iterator[Finding]:
    named = [place.id for place in wanted]
    for index, place_id in enumerate(named):
        if place_id is not None and place_id not in standing:
            yield Finding(f"/destinations/{index}/id", "not_found")
        elif place_id is not None and place_id in named[:index]:
            yield Finding(f"/destinations/{index}/id", "repeated")


def _stranding(
    session: Session, standing: Mapping[UUID, Destination], wanted: Sequence[DestinationInput]
) -> Iterator[Finding]:
    dropped = standing.keys() - {place.id for place in wanted}
    # Also the destination of somebody who declined: that they were once offered it stays on record.
    used = {place_id for place_id in dropped if standing[place_id].taken} | _on_record(session, dropped)
    yield from (Finding("/destinations", "in_use", {"city": standing[place_id].city}) for place_id in used)
    for index, place in enumerate(wanted):
        row = standing.get(place.id) if place.id else None
        if row is not None and place.places is not None and place.places < row.taken:
            yield Finding(f"/destinations/{index}/places", "fewer_than_taken", {"taken": row.taken})


def _on_record(session: Session, dropped: Set[UUID]) -> set[UUID]:
    found: set[UUID] = set()
    for column in (Application.destination_id, Mobility.destination_id) if dropped else ():
        found |= {used for used in session.scalars(select(column).where(column.in_(dropped)).distinct()) if used}
    return found


def _destination(
    call: Call, standing: Mapping[UUID, Destination], wanted: DestinationInput, position: int
) -> Destination:
    row = standing.get(wanted.id) if wanted.id else None
    if row is None:
        row = Destination(id=new_id(), project_id=call.project_id, taken=0)
    row.position = position
    for name, value in _destination_values(wanted).items():
        setattr(row, name, value)
    return row


def _destination_values(place: Destination | DestinationInput) -> dict[str, Any]:
    names = ("country", "city", "host_id", "places", "starts_on", "ends_on")
    return {name: getattr(place, name) for name in names}
