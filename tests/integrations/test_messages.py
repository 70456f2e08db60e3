"""From a claim to the request that is sent for it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks import Webhook

from domain.db import new_id
from domain.models.events import Event, EventType
from domain.models.webhooks import EndpointSecret, Payload, SignatureScheme
from domain.services import webhook_headers
from domain.services.deliveries import Claim, Recipient
from domain.vault import Vault
from integrations.exchange import Exchange
from integrations.messages import Messages
from tests.integrations.sending import secret

VAULT = Vault(["a key for tests, of no use elsewhere"])
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET, OLD_SECRET = secret(bytes(range(32))), secret(bytes(32))
EVENT = Event(
    id=new_id(),
    type=EventType.PROJECT_STARTED,
    recorded_at=AT,
    project_id=new_id(),
    resource_type="project",
    resource_id=new_id(),
    resource_version=2,
    resource_state="ongoing",
    sample=False,
    extra={},
)


def recipient(*secrets: str, **own_headers: str) -> Recipient:
    """An endpoint with these secrets and headers of its own."""
    id_ = new_id()
    own = {name.replace("_", "-"): value for name, value in own_headers.items()}
    sealed = webhook_headers.sealed(id_, own, None, vault=VAULT)["sealed_headers"]
    keys = [
        EndpointSecret(
            endpoint_id=id_, scheme=SignatureScheme.V1, sealed=VAULT.seal(one.encode(), place=f"endpoints/{id_}")
        )
        for one in secrets or (SECRET,)
    ]
    url = "https://hooks.example.org/intervet"
    return Recipient(id_, url, Payload.THIN, ["v1"], sealed, 15, None, False, 30, keys)


def sent(to: Recipient, *, at: datetime = AT, resource: Any = None) -> Exchange:
    """An attempt at the event."""
    claim = Claim(new_id(), new_id(), at, 1, 1, to, EVENT)
    return Messages(VAULT, base_url="https://intervet.example").exchange(claim, resource, at=at, start_by=0.0)


def test_the_headers_are_ours_and_those_of_standard_webhooks() -> None:
    headers = dict(sent(recipient()).headers)

    assert headers | {"webhook-signature": ""} == {
        "content-type": "application/json",
        "user-agent": "InterVET/0.1",
        "webhook-id": str(EVENT.id),
        "webhook-timestamp": "1795348800",
        "webhook-signature": "",
    }


def test_an_endpoints_own_headers_come_along_and_replace_none_of_ours() -> None:
    ours = sent(recipient()).headers

    theirs = sent(recipient(X_Tenant="school-12", Webhook_Id="mine", USER_AGENT="me", Content_Type="text/plain"))

    assert theirs.headers == {**ours, "x-tenant": "school-12"}


def test_the_reference_library_accepts_what_is_sent() -> None:
    exchange = sent(recipient(SECRET, OLD_SECRET), at=datetime.now(UTC))

    for one in (SECRET, OLD_SECRET):
        told = Webhook(one).verify(exchange.body, dict(exchange.headers))
        assert (told["type"], told["data"]["id"]) == ("project.started", str(EVENT.resource_id))


def test_a_retry_keeps_the_id_and_is_signed_for_its_own_time() -> None:
    to = recipient()
    first, second = sent(to), sent(to, at=AT + timedelta(minutes=5))

    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 300
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_a_full_body_is_not_kept_for_the_next() -> None:
    full = replace(recipient(), payload=Payload.FULL)

    bodies = [sent(full, resource={"title": text}).body for text in ("before", "after")]

    assert [b'"object":{"title":"before"}' in bodies[0], b'"object":{"title":"after"}' in bodies[1]] == [True, True]
