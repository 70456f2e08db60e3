"""Messages verified by both schemes, against the published vectors and what our own server signs."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrations.webhooks import signing
from intervet_client import BadSignature
from intervet_client.webhooks import verify
from tests.client.school import School
from tests.e2e.running import Running

VECTORS = json.loads((Path(__file__).parents[1] / "contract" / "vectors" / "standard-webhooks.json").read_text())
SEED = bytes(range(32))
SECRET = "whsec_" + b64encode(SEED).decode()
PRIVATE = "whsk_" + b64encode(SEED).decode()
PUBLIC = "whpk_" + b64encode(Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()).decode()
OTHER = "whsec_" + b64encode(bytes(32)).decode()
BODY = '{"type":"call.published","data":{"title":"Тирана"}}'.encode()
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def headers(*keys: str) -> dict[str, str]:
    """Those of the message, as the server sends them."""
    return signing.headers(keys, message_id="msg_1", timestamp=NOW, body=BODY)


@pytest.mark.parametrize("secret", [SECRET, PUBLIC], ids=["v1", "v1a"])
def test_the_message_of_a_server_in_the_midst_of_a_rotation_is_verified(secret: str) -> None:
    given = {name.title(): value for name, value in headers(OTHER, PRIVATE, SECRET).items()}

    assert verify(BODY, given, secret, now=NOW.timestamp())["type"] == "call.published"


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["scheme"])
def test_the_published_vectors_are_verified(vector: dict[str, Any]) -> None:
    given = {
        "webhook-id": vector["message_id"],
        "webhook-timestamp": str(vector["timestamp"]),
        "webhook-signature": vector["signature"],
    }
    key = vector["key"]
    if vector["scheme"] == "v1a":
        seed = signing.b64decode(key.removeprefix("whsk_"))
        key = "whpk_" + b64encode(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()).decode()

    assert verify(vector["body"].encode(), given, key, tolerance=None) == json.loads(vector["body"])


@pytest.mark.parametrize(
    ("body", "changes", "secret", "later", "said"),
    [
        (BODY + b" ", {}, SECRET, 0, "not by this secret"),
        (BODY, {"webhook-id": "msg_2"}, SECRET, 0, "not by this secret"),
        (BODY, {}, OTHER, 0, "not by this secret"),
        (BODY, {}, SECRET, 301, "301 seconds old"),
        (BODY, {}, SECRET, -301, "-301 seconds old"),
        (BODY, {"webhook-timestamp": "now"}, SECRET, 0, "no number of seconds"),
        (BODY, {"webhook-signature": ""}, SECRET, 0, "no header webhook-signature"),
        (BODY, {"webhook-signature": "v1,!!!"}, SECRET, 0, "not by this secret"),
        (BODY, {}, PUBLIC, 0, "no v1a signature"),
        (BODY, {}, PRIVATE, 0, "This is no secret"),
        (BODY, {}, "whsec_***", 0, "This is no secret"),
    ],
)  # fmt: skip
def test_what_is_not_the_servers_is_refused(
    body: bytes, changes: dict[str, str], secret: str, later: int, said: str
) -> None:
    with pytest.raises(BadSignature, match=said):
        verify(body, headers(SECRET) | changes, secret, now=NOW.timestamp() + later)


def test_the_command_takes_the_body_from_standard_input_and_the_secret_from_a_file(tmp_path: Path) -> None:
    school = School(Running("http://127.0.0.1:1", {}), tmp_path)
    (tmp_path / "headers").write_text("".join(f"{name}: {value}\n" for name, value in headers(SECRET).items()))
    (tmp_path / "secret").write_text(SECRET + "\n")
    words = ("webhooks", "verify", "-", "headers", "--secret-file", "secret")

    verified = school.run(*words, "--any-age", input=BODY.decode())
    refused = school.run(*words, "--any-age", input=BODY.decode() + " ")

    assert (verified.returncode, json.loads(verified.stdout)["type"]) == (0, "call.published")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert SECRET not in refused.stderr
