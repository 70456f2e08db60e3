"""Mobilities edited, deleted and listed as tests of services do it."""

from dataclasses import replace
from typing import Any

from domain.models.mobilities import Mobility
from domain.policies import OPERATOR
from domain.services import mobilities
from domain.services.mobility_lists import MobilityFilter, MobilityPage, list_mobilities
from domain.services.pages import PageRequest
from domain.transaction import reading, transaction
from tests.world import World


def edited(world: World, mobility: Mobility, **changes: Any) -> Mobility:
    with transaction(world.database) as session:
        held = mobilities.lock_mobility(session, mobility.id, by=OPERATOR)
        wanted = replace(mobilities.as_input(held, "TEST"), **changes)
        return mobilities.edit_mobility(session, held, wanted, by=OPERATOR, at=world.clock())


def deleted(world: World, mobility: Mobility) -> None:
    with transaction(world.database) as session:
        held = mobilities.lock_mobility(session, mobility.id, by=OPERATOR)
        mobilities.delete_mobility(session, held, by=OPERATOR, at=world.clock())


def listed(world: World, *, page: PageRequest | None = None, **wanted: Any) -> MobilityPage:
    with reading(world.database) as session:
        return list_mobilities(
            session, MobilityFilter(**wanted), by=OPERATOR, at=world.clock(), page=page or PageRequest()
        )


def found(world: World, **wanted: Any) -> list[object]:
    return [mobility.id for mobility in listed(world, **wanted).items]
