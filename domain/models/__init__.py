"""All tables, imported so that the registry is complete whichever door one enters by."""

from domain.models import (
    activities,
    applications,
    calls,
    catalogue,
    consents,
    documents,
    events,
    kept_answers,
    links,
    mobilities,
    organisations,
    participants,
    projects,
    recoveries,
    tokens,
    webhooks,
)

__all__ = [
    "activities",
    "applications",
    "calls",
    "catalogue",
    "consents",
    "documents",
    "events",
    "kept_answers",
    "links",
    "mobilities",
    "organisations",
    "participants",
    "projects",
    "recoveries",
    "tokens",
    "webhooks",
]
