"""Signatures, held against the vectors that the specification's authors publish; foreign verifiers are in contract/."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations.webhooks.signing import headers, sign
from tests.integrations.sending import secret

VECTORS = json.loads((Path(__file__).parents[2] / "contract" / "vectors" / "standard-webhooks.json").read_text())
SECRET = secret(bytes(range(32)))
OLD_SECRET = secret(bytes(range(32, 64)))
SIGNING_KEY = "whsk_" + b64encode(bytes(range(64, 96))).decode()
BODY = '{"type":"call.published","data":{"title":"Mobilnost učenika — Тирана"}}'.encode()
AT = datetime(2026, 11, 22, 12, 0, 0, 999_999, tzinfo=UTC)


def signed(key: str) -> str:
    """One signature of the message of these tests."""
    return sign(key, message_id="msg_1", timestamp=AT, body=BODY)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["scheme"])
def test_a_signature_is_the_published_one(vector: dict[str, Any]) -> None:
    timestamp = datetime.fromtimestamp(vector["timestamp"], UTC)

    signature = sign(vector["key"], message_id=vector["message_id"], timestamp=timestamp, body=vector["body"].encode())

    assert signature == vector["signature"]


@pytest.mark.parametrize(
    "keys",
    [(SECRET,), (SIGNING_KEY,), (SECRET, SIGNING_KEY), (SIGNING_KEY, SECRET, OLD_SECRET)],
    ids=["v1", "v1a", "both", "both in a rotation"],
)
def test_each_key_gives_one_signature_in_the_order_of_the_keys(keys: tuple[str, ...]) -> None:
    assert headers(keys, message_id="msg_1", timestamp=AT, body=BODY) == {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1795348800",
        "webhook-signature": " ".join(signed(key) for key in keys),
    }


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_signing_key_is_the_32_bytes_of_the_private_half(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        signed("whsk_" + b64encode(bytes(length)).decode())


@pytest.mark.parametrize("prefix", ["", "whpk_", "whsec", "WHSEC_", "v1,"])
def test_what_is_no_key_that_signs_is_refused_and_not_repeated(prefix: str) -> None:
    with pytest.raises(ValueError, match=r"^A key that signs begins with whsec_ or whsk_\.$"):
        signed(prefix + SECRET.removeprefix("whsec_"))


@pytest.mark.parametrize("key", ["whsec_AAEC*AwQF", "whsk_AAEC*AwQF", "whsec_ AAEC", "whsec_AAE"])
def test_a_key_that_is_not_base64_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r"base64|padding"):
        signed(key)


def test_an_id_with_a_full_stop_is_refused() -> None:
    with pytest.raises(ValueError, match="full stop"):
        sign(SECRET, message_id="msg_1.1614265330", timestamp=AT, body=BODY)


def test_a_message_is_never_sent_unsigned() -> None:
    with pytest.raises(ValueError, match="without a secret"):
        headers((), message_id="msg_1", timestamp=AT, body=BODY)
