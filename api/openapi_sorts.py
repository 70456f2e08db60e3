"""By what each list can be sorted: the keys of the services themselves, for the contract to count out."""

from collections.abc import Iterable, Mapping

from domain.services import (
    activities,
    applications,
    calls,
    documents,
    memberships,
    mobility_lists,
    organisations,
    participants,
    projects,
    reported_figures,
    targets,
    tokens,
)

SORTS: Mapping[str, Iterable[str]] = {
    "listActivities": activities.SORT_KEYS,
    "listApplicationDocuments": documents.SORT_KEYS,
    "listApplicationMessages": ("created_at",),
    "listApplications": applications.SORT_KEYS,
    "listCalls": calls.SORT_KEYS,
    "listDeliveryAttempts": ("at",),
    "listImportRows": ("number",),
    "listImports": ("created_at",),
    "listMemberships": memberships.SORT_KEYS,
    "listMobilities": mobility_lists.SORT_KEYS,
    "listOrganisationMessages": ("created_at",),
    "listOrganisations": organisations.SORT_KEYS,
    "listParticipantMatches": participants.SORT_KEYS,
    "listParticipants": participants.SORT_KEYS,
    "listProjects": projects.SORT_KEYS,
    "listReportedFigures": reported_figures.SORT_KEYS,
    "listTargets": targets.SORT_KEYS,
    "listTokens": tokens.SORT_KEYS,
    "listWebhookDeliveries": ("created_at",),
    "listWebhookRecoveries": ("created_at",),
    "listWebhooks": ("created_at",),
}


def choices(operation_id: str) -> list[str]:
    """What `sort` may be: each key, and with `-` before it for descending."""
    return [order for key in SORTS[operation_id] for order in (key, f"-{key}")]
