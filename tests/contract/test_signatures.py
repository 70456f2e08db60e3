"""What we sign, verified by libraries that we did not write: ten thousand messages of all kinds, and forged ones.

`svix` hands its work to `standardwebhooks` since version 2; it is called all the same, as receivers call it.
"""

import json
import random
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
import standardwebhooks
import svix.webhooks
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from integrations.webhooks.signing import headers
from tests.contract.foreign import NODE, node_folder, program
from tests.integrations.sending import secret

MESSAGES = 10_000
LARGE = 5  # of them, with bodies of 100,000 characters
SURROGATES = range(0xD800, 0xE000)  # no characters: UTF-8 has no bytes for them
ALPHABETS = (range(0x20, 0x7F), range(0x530), range(0x10000), range(0x110000))  # ASCII, the Balkans', common, all


PLANES = ((0, 0x7F), (0x7F, 0xFFFF), (0xFFFF, 0x10FFFF))


class Message(NamedTuple):
    """What a receiver gets, and what it knows already."""

    secret: str
    public_key: str
    headers: dict[str, str]
    body: bytes


class Keys(NamedTuple):
    """An endpoint's: two secrets and the private half, of which it knows one and the public half."""

    secret: str
    signing_key: str
    public_key: str


def new_keys(dice: random.Random) -> Keys:
    """Keys of any length that the specification allows."""
    seed = dice.randbytes(32)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return Keys(
        secret(dice.randbytes(dice.randint(24, 64))),
        "whsk_" + b64encode(seed).decode(),
        "whpk_" + b64encode(public).decode(),
    )


def text(dice: random.Random, *, length: int) -> str:
    """Characters of one alphabet or another."""
    points = dice.choices(dice.choice(ALPHABETS), k=length)
    return "".join(chr(point) for point in points if point not in SURROGATES)


def message(keys: Keys, body: bytes, *, number: int = 0) -> Message:
    """A message of this moment, signed in both schemes."""
    signed = headers(
        (keys.secret, keys.signing_key), message_id=f"msg_{number}", timestamp=datetime.now(UTC), body=body
    )
    return Message(keys.secret, keys.public_key, signed, body)


@pytest.fixture(scope="module")
def messages() -> Sequence[Message]:
    """Each with keys and a body of its own; the same ones every time."""
    dice = random.Random(20261122)
    lengths = [100_000] * LARGE + dice.choices((0, 1, 2, 63, 64, 65, 500), k=MESSAGES - LARGE)
    bodies = (text(dice, length=length).encode() for length in lengths)
    return [message(new_keys(dice), body, number=number) for number, body in enumerate(bodies)]


@pytest.fixture
def one() -> Message:
    """One message."""
    return message(new_keys(random.Random(1)), '{"title":"Mobilnost učenika — Тирана 🎓"}'.encode())


def by_standardwebhooks(message: Message) -> bool:
    """As the library of the standard's authors sees it."""
    try:
        standardwebhooks.Webhook(message.secret).verify(message.body, message.headers, json_parse=False)
    except standardwebhooks.WebhookVerificationError:
        return False
    return True


def by_svix(message: Message) -> bool:
    """As Svix's library sees it."""
    try:
        svix.webhooks.Webhook(message.secret).verify(message.body, message.headers)
    except svix.webhooks.WebhookVerificationError:
        return False
    return True


def by_cryptography(message: Message) -> bool:
    """As anybody with the public key sees it, the specification in hand."""
    key = Ed25519PublicKey.from_public_bytes(b64decode(message.public_key.removeprefix("whpk_")))
    id_, timestamp = message.headers["webhook-id"], message.headers["webhook-timestamp"]
    content = f"{id_}.{timestamp}.".encode() + message.body
    signatures = [one for one in message.headers["webhook-signature"].split(" ") if one.startswith("v1a,")]
    return any(_fits(key, b64decode(one.removeprefix("v1a,")), content) for one in signatures)


def _fits(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


VERIFIERS: dict[str, Callable[[Message], bool]] = {
    "standardwebhooks": by_standardwebhooks,
    "svix": by_svix,
    "cryptography": by_cryptography,
}
NODE_VERIFIERS = ("standardwebhooks", "v1", "v1a")


def refused_by_node(verifier: str, messages: Sequence[Message], *, folder: Path) -> list[str]:
    """The ids of those that a verifier in node refuses; all of them are looked at."""
    lines = [
        json.dumps({"id": one.headers["webhook-id"]} | one._asdict() | {"body": b64encode(one.body).decode()})
        for one in messages
    ]
    script = (NODE / "verify.cjs").read_text()
    run = [program("node"), "--eval", script, verifier]
    done = subprocess.run(
        run, cwd=folder, check=True, input="\n".join(lines), capture_output=True, text=True, timeout=60
    )
    answer = json.loads(done.stdout)
    assert answer["seen"] == len(messages)
    refused: list[str] = answer["refused"]
    return refused


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the verifier that npm has."""
    return node_folder(tmp_path_factory.mktemp("node"))


@pytest.fixture
def folder(request: pytest.FixtureRequest, verifier: str, tmp_path: Path) -> Path:
    """Where node runs: with what is from npm, if the verifier is."""
    packages: Path = request.getfixturevalue("packages") if verifier == "standardwebhooks" else tmp_path
    return packages


@pytest.mark.parametrize("verifier", VERIFIERS)
def test_ten_thousand_messages_are_accepted(messages: Sequence[Message], verifier: str) -> None:
    accepted = [VERIFIERS[verifier](message) for message in messages]

    assert accepted == [True] * MESSAGES


@pytest.mark.parametrize("verifier", NODE_VERIFIERS)
def test_ten_thousand_messages_are_accepted_by_node(messages: Sequence[Message], verifier: str, folder: Path) -> None:
    assert refused_by_node(verifier, messages, folder=folder) == []


def test_the_ten_thousand_are_of_all_kinds(messages: Sequence[Message]) -> None:
    bodies = [message.body.decode() for message in messages]
    highest = [max(map(ord, body), default=0) for body in bodies]

    assert len({message.secret for message in messages} | {message.public_key for message in messages}) == 2 * MESSAGES
    assert (min(map(len, bodies)), max(map(len, bodies)) > 90_000) == (0, True)
    assert [sum(low < one <= high for one in highest) > 1000 for low, high in PLANES] == [True, True, True]


STRANGER = message(new_keys(random.Random(2)), b"{}")
FORGERIES: dict[str, Callable[[Message], Message]] = {
    "another body": lambda one: one._replace(body=one.body.replace(b"Mobilnost", b"mobilnost")),
    "a longer body": lambda one: one._replace(body=one.body + b" "),
    "no body": lambda one: one._replace(body=b""),
    "another id": lambda one: _with(one, "webhook-id", "msg_1"),
    "a second later": lambda one: _with(one, "webhook-timestamp", str(int(one.headers["webhook-timestamp"]) + 1)),
    "another's signature": lambda one: _with(one, "webhook-signature", STRANGER.headers["webhook-signature"]),
    "a bit of each signature": lambda one: _with(
        one, "webhook-signature", " ".join(map(_flipped, one.headers["webhook-signature"].split(" ")))
    ),
    "another scheme's name": lambda one: _with(
        one, "webhook-signature", one.headers["webhook-signature"].replace("v1,", "v2,").replace("v1a,", "v2a,")
    ),
    "another's key": lambda one: one._replace(secret=STRANGER.secret, public_key=STRANGER.public_key),
}


def _with(message: Message, name: str, value: str) -> Message:
    return message._replace(headers=message.headers | {name: value})


def _flipped(signature: str) -> str:
    version, _, encoded = signature.partition(",")
    first, *rest = b64decode(encoded)
    return f"{version},{b64encode(bytes([first ^ 1, *rest])).decode()}"


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("verifier", VERIFIERS)
def test_a_forged_message_is_refused(one: Message, verifier: str, forgery: str) -> None:
    verify = VERIFIERS[verifier]

    assert (verify(one), verify(FORGERIES[forgery](one))) == (True, False)


@pytest.mark.parametrize("verifier", NODE_VERIFIERS)
def test_forged_messages_are_refused_by_node(one: Message, verifier: str, folder: Path) -> None:
    forged = [forge(one) for forge in FORGERIES.values()]

    refused = refused_by_node(verifier, [one, *forged], folder=folder)

    assert refused == [message.headers["webhook-id"] for message in forged]


def test_an_old_message_is_refused_by_those_who_look_at_their_clock() -> None:
    keys = new_keys(random.Random(3))
    signed = headers((keys.secret,), message_id="msg_1", timestamp=datetime(2026, 1, 1, tzinfo=UTC), body=b"{}")
    old = Message(keys.secret, keys.public_key, signed, b"{}")

    assert [by_standardwebhooks(old), by_svix(old)] == [False, False]


@pytest.mark.parametrize("known", [0, 1], ids=["new", "old"])
@pytest.mark.parametrize("verifier", VERIFIERS)
def test_during_a_rotation_either_key_verifies(verifier: str, known: int) -> None:
    both = [new_keys(random.Random(seed)) for seed in (4, 5)]
    signing = [key for keys in both for key in (keys.secret, keys.signing_key)]
    signed = headers(signing, message_id="msg_1", timestamp=datetime.now(UTC), body=b"{}")

    message = Message(both[known].secret, both[known].public_key, signed, b"{}")

    assert VERIFIERS[verifier](message) is True
