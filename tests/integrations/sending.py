"""Senders for tests, to which loopback is their operator's own network, and what they have to send."""

from base64 import b64encode
from ipaddress import ip_network
from typing import Any

from integrations.http import Exchange, Outcome, Sender

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
NAME = "hooks.example.org"  # resolved by the tests' own lookup, to loopback


def secret(key: bytes) -> str:
    """A shared secret in the form in which its owner sees it."""
    return "whsec_" + b64encode(key).decode()


def sender(**settings: Any) -> Sender:
    """A sender to which loopback is its operator's own network, and plain HTTP will do."""
    lookup = settings.pop("lookup", lambda _: ["127.0.0.1"])
    return Sender(**{"allow_http": True, "allowed_networks": LOOPBACK, "lookup": lookup} | settings)


def exchange(url: str, *, key: int = 0, endpoint: str = "endpoint", **details: Any) -> Exchange:
    """A small POST."""
    headers = {"webhook-id": f"msg_{key}", "content-type": "application/json"}
    return Exchange(key, endpoint, url, b'{"hello":"there"}', headers, **details)


def outcomes(sender: Sender, *exchanges: Exchange) -> list[Outcome]:
    """Make the exchanges, and wait for all of them."""
    for one in exchanges:
        sender.submit(one)
    done: list[Outcome] = []
    while sender.in_flight:
        done += sender.poll(5.0)
    return done


def outcome(url: str, *, timeout_s: float = 5.0, **settings: Any) -> Outcome:
    """What becomes of one exchange by a sender of its own."""
    with sender(**settings) as one:
        return outcomes(one, exchange(url, timeout_s=timeout_s))[0]
