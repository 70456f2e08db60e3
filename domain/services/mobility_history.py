"""Mobilities that are over: entered whole, with every step that they took as of the moment when they took it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from domain.models.mobilities import Mobility, MobilityState
from domain.policies import Principal
from domain.services.mobilities import MobilityInput, create_mobility, take_step


def enter_past_mobility(
    session: Session,
    wanted: MobilityInput,
    *,
    nominated_at: datetime,
    steps: Mapping[MobilityState, datetime],
    by: Principal,
) -> Mobility:
    """Nominate a participant and take the steps in their order. Records mobility.nominated and an event for each step.

    As making and stepping one by one, for those who may manage it, without finding and locking it anew for each step:
    it is as new to everybody else as its last event. Raises InvalidInput, Forbidden, StateConflict.
    """
    mobility = create_mobility(session, wanted, by=by, at=nominated_at)
    for state, at in steps.items():
        take_step(session, mobility, state, at=at)
    return mobility
