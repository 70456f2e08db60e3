"""The destinations of a call, matched by id: what stands is changed, what is new is added, the rest goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.db import new_id
from domain.errors import Finding, InvalidInput
from domain.models.calls import Call, Destination


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


def set_destinations(call: Call, wanted: Sequence[DestinationInput], *, at: datetime) -> bool:
    """Match by id: change those named, add the new, drop the rest. Raises InvalidInput for a drop that would strand."""
    standing = {place.id: place for place in call.destinations}
    found = [
        Finding(f"/destinations/{index}/id", "not_found")
        for index, place in enumerate(wanted)
        if place.id is not None and place.id not in standing
    ]
    kept = {place.id for place in wanted}
    found += [
        Finding("/destinations", "in_use", {"city": p.city}) for p in standing.values() if p.id not in kept and p.taken
    ]
    found += [
        Finding(f"/destinations/{index}/places", "fewer_than_taken", {"taken": standing[place.id].taken})
        for index, place in enumerate(wanted)
        if place.id in standing and place.places is not None and place.places < standing[place.id].taken
    ]
    if found:
        raise InvalidInput(found)
    before = [(place.id, *_destination_values(place).values()) for place in call.destinations]
    after = [_destination(call, standing, place, position) for position, place in enumerate(wanted)]
    moved = before != [(place.id, *_destination_values(place).values()) for place in after]
    if moved:
        call.destinations = after
        call.updated_at = at
    return moved


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
