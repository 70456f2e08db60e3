"""An endpoint's own headers and credentials: checked, sealed at rest, never shown again."""

import json
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain.errors import Finding
from domain.models.webhooks import Endpoint
from domain.vault import Vault

MOST_HEADERS = 20
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")  # RFC 9110, 5.1
VALUE = re.compile(r"[!-~]([ -~]{0,998}[!-~])?")  # visible ASCII on one line
# What makes the request a request, what we sign and say who we are by, and what goes by another field.
OURS = re.compile(
    r"(webhook-.*|host|content-.*|user-agent|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|date"
    r"|accept-encoding|cookie|proxy-.*|authorization|via|forwarded|x-forwarded-.*)",
    re.IGNORECASE,
)


def findings(headers: Mapping[str, str]) -> list[Finding]:
    """What is wrong with an endpoint's own headers."""
    found = [Finding("/headers", "too_many", {"limit": MOST_HEADERS})] if len(headers) > MOST_HEADERS else []
    known: set[str] = set()
    for name, value in headers.items():
        pointer = "/headers/" + name.replace("~", "~0").replace("/", "~1")
        if OURS.fullmatch(name):
            found.append(Finding(pointer, "header_reserved"))
        elif not NAME.fullmatch(name) or not VALUE.fullmatch(value):
            found.append(Finding(pointer, "header_malformed"))
        elif name.lower() in known:  # RFC 9110, 5.1: names that differ in case are one, and which value would go?
            found.append(Finding(pointer, "repeated"))
        known.add(name.lower())
    return found


def sealed(endpoint_id: UUID, headers: Mapping[str, str], authorization: str | None, *, vault: Vault) -> dict[str, Any]:
    """The columns that keep them: sealed, and what may be shown of them."""
    whole = json.dumps([dict(headers), authorization]).encode()
    return {
        "header_names": sorted(headers),
        "authorization_scheme": authorization and authorization.partition(" ")[0],
        "sealed_headers": vault.seal(whole, place=_place(endpoint_id)) if headers or authorization else None,
    }


def unsealed(endpoint: Endpoint, *, vault: Vault) -> tuple[dict[str, str], str | None]:
    """Headers and credentials in the clear."""
    if endpoint.sealed_headers is None:
        return {}, None
    headers, authorization = json.loads(vault.open(endpoint.sealed_headers, place=_place(endpoint.id)))
    return headers, authorization


def _place(endpoint_id: UUID) -> str:
    return f"endpoints/{endpoint_id}/headers"
