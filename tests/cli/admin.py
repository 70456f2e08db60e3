"""What tests of the command line say and are told."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Admin = Callable[..., "Told"]
Written = Callable[[Any], Any]


@dataclass(frozen=True)
class Told:
    """What a command said, and what it told the shell."""

    code: int
    lines: list[str]
    errors: list[str]

    @property
    def said(self) -> str:
        """All of it, in one piece."""
        return "\n".join([*self.lines, *self.errors])


def small_project() -> dict[str, Any]:
    """A small project, as a file says it."""
    return {
        "format": "intervet-project/1",
        "project": {
            "code": "SMALL",
            "title": {"en": "A small project"},
            "action_type": "KA121-VET",
            "rule_set": "KA1-VET-2021",
            "starts_on": "2026-01-01",
            "ends_on": "2028-12-31",
            "languages": ["en", "sq"],
            "coordinator": "chamber",
            "state": "ongoing",
        },
        "organisations": [
            {
                "key": "chamber",
                "legal_name": "A Chamber",
                "type": "chamber",
                "country": "IT",
                "roles": ["coordinator", "receiving"],
            },
            {
                "key": "school",
                "legal_name": "A School",
                "type": "vet_provider",
                "country": "AL",
                "roles": ["sending"],
                "parent": "partner",
            },
            {
                "key": "partner",
                "legal_name": "A Partner",
                "type": "ngo",
                "country": "AL",
                "pic": "912345678",
                "roles": ["national_partner"],
            },
        ],
        "activities": [{"key": "stays", "code": "short_term_learner", "title": {"en": "Stays", "sq": "Qëndrime"}}],
        "targets": [{"activities": ["short_term_learner"], "country": "AL", "planned": 40, "source": "The grant"}],
        "reported_figures": [
            {
                "measure": "participants",
                "scope": {"profile": "learner"},
                "value": "38",
                "unit": "person",
                "source": "News",
            }
        ],
        "calls": [deepcopy(CALL)],
    }


CALL = {
    "key": "spring",
    "slug": "spring-in-bologna",
    "owner": "partner",
    "activity": "stays",
    "title": {"en": "Spring in Bologna", "sq": "Pranverë në Bolonjë"},
    "summary": {"en": "Three weeks."},
    "description": {"en": "Work and learn."},
    "eligible_countries": ["AL"],
    "destinations": [{"country": "IT", "city": "Bologna", "host": "chamber", "places": 4, "starts_on": "2027-04-05"}],
    "places": 4,
    "timezone": "Europe/Tirane",
    "opens_at": "2027-01-10T08:00:00Z",
    "closes_at": "2027-02-10T16:00:00Z",
    "form": [
        {"name": "why", "type": "long_text", "label": {"en": "Why?"}, "required": True, "max_length": 500},
        {
            "name": "english",
            "type": "choice",
            "label": {"en": "Your English?"},
            "required": False,
            "choices": [{"value": "good", "label": {"en": "Good"}}, {"value": "fair", "label": {"en": "Fair"}}],
        },
    ],
    "public_intake": True,
    "consent_purposes": ["processing"],
}
