"""The body of an event."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from integrations.webhooks.deliver import render

OCCURRED_AT = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)
DATA = {"id": "019ab000-0000-7000-8000-000000000001", "state": "submitted", "title": "Mobilnost učenika"}
BODY = (
    '{"type":"application.submitted","timestamp":"2026-11-22T12:00:00.250000Z",'
    '"data":{"id":"019ab000-0000-7000-8000-000000000001","state":"submitted","title":"Mobilnost učenika"}}'
).encode()


@pytest.mark.parametrize("hours", [0, 1])
def test_the_body_is_compact_json_with_the_time_in_utc(hours: int) -> None:
    there = OCCURRED_AT.astimezone(timezone(timedelta(hours=hours)))

    assert render("application.submitted", occurred_at=there, data=DATA) == BODY


def test_a_number_that_json_has_no_word_for_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        render("application.submitted", occurred_at=OCCURRED_AT, data={"score": float("nan")})
