"""The bytes and headers of one attempt."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook

from integrations.exchange import Exchange
from integrations.webhooks.deliver import prepare, render
from integrations.webhooks.signing import new_secret

SECRET = new_secret(bytes(range(32)))
OCCURRED_AT = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)
EVENT_ID = "019ab000-0000-7000-8000-000000000001"
DATA = {"id": EVENT_ID, "state": "submitted", "title": "Mobilnost učenika"}
BODY = (
    '{"type":"application.submitted","timestamp":"2026-11-22T12:00:00.250000Z",'
    '"data":{"id":"019ab000-0000-7000-8000-000000000001","state":"submitted","title":"Mobilnost učenika"}}'
).encode()


def prepared(*, at: datetime = OCCURRED_AT, secrets: tuple[str, ...] = (SECRET,), **own_headers: str) -> Exchange:
    """An attempt at that event."""
    return prepare(
        key="delivery",
        endpoint="endpoint",
        url="https://hooks.example.org/intervet",
        message_id=EVENT_ID,
        event_type="application.submitted",
        occurred_at=OCCURRED_AT,
        data=DATA,
        secrets=secrets,
        own_headers={name.replace("_", "-"): value for name, value in own_headers.items()},
        at=at,
    )


def test_the_body_is_compact_json_of_type_timestamp_and_data() -> None:
    assert prepared().body == BODY


def test_the_events_time_is_told_in_utc() -> None:
    in_tirana = OCCURRED_AT.astimezone(timezone(timedelta(hours=1)))

    assert render("application.submitted", occurred_at=in_tirana, data=DATA) == BODY


def test_the_headers_are_ours_and_those_of_standard_webhooks() -> None:
    headers = dict(prepared().headers)

    assert headers | {"webhook-signature": ""} == {
        "content-type": "application/json",
        "user-agent": "InterVET/0.1",
        "webhook-id": EVENT_ID,
        "webhook-timestamp": "1795348800",
        "webhook-signature": "",
    }


def test_an_endpoints_own_headers_come_along_and_replace_none_of_ours() -> None:
    ours = prepared().headers

    headers = prepared(X_Tenant="school-12", Webhook_Id="mine", USER_AGENT="me", Content_Type="text/plain").headers

    assert headers == {**ours, "x-tenant": "school-12"}


def test_the_reference_library_accepts_what_is_sent() -> None:
    exchange = prepared(at=datetime.now(UTC), secrets=(SECRET, new_secret(bytes(32))))

    assert Webhook(SECRET).verify(exchange.body, dict(exchange.headers)) == {
        "type": "application.submitted",
        "timestamp": "2026-11-22T12:00:00.250000Z",
        "data": DATA,
    }


def test_a_retry_keeps_the_id_and_is_signed_for_its_own_time() -> None:
    first, second = prepared(), prepared(at=OCCURRED_AT + timedelta(minutes=5))

    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 300
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_a_number_that_json_has_no_word_for_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        render("application.submitted", occurred_at=OCCURRED_AT, data={"score": float("nan")})
