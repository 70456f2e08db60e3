"""Recoveries: events sent to one endpoint again, as many as it takes, while somebody watches or nobody does."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from domain.db import Base, Identified, enumeration


class RecoveryKind(StrEnum):
    """What is sent again: what was given up, what never arrived (also for want of an endpoint then), or everything."""

    FAILED = "failed"
    UNDELIVERED = "undelivered"
    EVERYTHING = "everything"


class RecoveryState(StrEnum):
    """How far a recovery is."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


UNFINISHED = (RecoveryState.PENDING, RecoveryState.RUNNING)


class Recovery(Identified, Base):
    """One recovery. It goes by the events' positions: `position` is the last that is done with, so it can be killed.

    `total` is how many there were when it began, `done` how many have been made due since; a dry run counts only.
    """

    __tablename__ = "recoveries"

    TRANSITIONS: ClassVar[Mapping[RecoveryState, frozenset[RecoveryState]]] = {
        RecoveryState.PENDING: frozenset({RecoveryState.RUNNING, RecoveryState.DONE, RecoveryState.CANCELLED}),
        RecoveryState.RUNNING: frozenset({RecoveryState.DONE, RecoveryState.CANCELLED}),
    }

    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("endpoints.id"), index=True)
    kind: Mapped[RecoveryKind] = mapped_column(enumeration(RecoveryKind))
    since: Mapped[datetime]
    until: Mapped[datetime]
    dry_run: Mapped[bool]
    state: Mapped[RecoveryState] = mapped_column(enumeration(RecoveryState), default=RecoveryState.PENDING)
    total: Mapped[int | None]
    done: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(BigInteger, default=0)
