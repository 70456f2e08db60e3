"""An endpoint's own headers and credentials: which may be, and how they are kept."""

from typing import Any

import pytest

from domain.db import new_id
from domain.models.webhooks import Endpoint
from domain.services import webhook_headers, webhooks
from domain.services.webhooks import EndpointInput
from domain.vault import Unsealable
from tests.deliveries import CONFIG, VAULT, edit, endpoint, row
from tests.world import World

OURS = (
    *("webhook-id", "Webhook-Signature", "WEBHOOK-TIMESTAMP", "webhook-anything"),
    *("Host", "Content-Type", "content-length", "Content-Encoding", "User-Agent", "Transfer-Encoding"),
    *("Connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "Expect", "Date", "Accept-Encoding", "Cookie"),
    *("Proxy-Authorization", "Proxy-Connection", "Authorization", "Via", "Forwarded", "X-Forwarded-For"),
)
MALFORMED = {
    "": "a value",
    "X Tenant": "12",
    "X:Tenant": "12",
    "X-Tenänt": "12",
    "X-Tenant\n": "12",
    "X" * 101: "12",
    "X-Lines": "one\r\nX-Injected: two",
    "X-Umlaut": "schön",
    "X-Empty": "",
    "X-Space": " in front",
    "X-Null": "a\0b",
    "X-Long": "a" * 1001,
}
FINE = {"X-Tenant": "school 12", "accept": "*/*", "X-" + "y" * 98: "a" * 1000, "!#$%&'*+.^_`|~-": "~"}


@pytest.mark.parametrize("name", OURS)
def test_what_is_ours_to_say_is_reserved(name: str) -> None:
    assert codes({name: "mine"}) == [(f"/headers/{name}", "header_reserved")]


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_header_of_rfc_9110_is_malformed(name: str) -> None:
    assert codes({name: MALFORMED[name]}) == [(f"/headers/{name}", "header_malformed")]


def test_other_headers_are_fine() -> None:
    assert codes(FINE) == []


def test_names_in_a_pointer_are_escaped() -> None:
    assert codes({"a/b~c": "d"}) == [("/headers/a~1b~0c", "header_malformed")]


def test_a_name_is_the_same_in_whatever_case() -> None:
    assert codes({"X-Tenant": "12", "x-tenant": "13"}) == [("/headers/x-tenant", "repeated")]


def test_there_are_at_most_twenty() -> None:
    many = {f"X-{number}": "y" for number in range(21)}

    assert codes(many) == [("/headers", "too_many")]
    assert codes(dict(list(many.items())[:20])) == []


def codes(headers: dict[str, str]) -> list[tuple[str, str]]:
    return [(finding.pointer, finding.code) for finding in webhook_headers.findings(headers)]


def test_they_are_kept_sealed_and_shown_by_name_alone(world: World) -> None:
    made = endpoint(world, "partner", headers={"X-B": "canary", "X-A": "1"}, authorization="Bearer canary2")

    kept = row(world, made)

    assert (kept.header_names, kept.authorization_scheme) == (["X-A", "X-B"], "Bearer")
    assert b"canary" not in bytes(kept.sealed_headers or b"canary")
    assert webhook_headers.unsealed(kept, vault=VAULT) == ({"X-B": "canary", "X-A": "1"}, "Bearer canary2")


def test_without_any_nothing_is_sealed(world: World) -> None:
    kept = row(world, endpoint(world, "partner"))

    assert (kept.sealed_headers, webhook_headers.unsealed(kept, vault=VAULT)) == (None, ({}, None))


def test_what_was_sealed_for_one_endpoint_opens_at_no_other() -> None:
    sealed = webhook_headers.sealed(new_id(), {"X-A": "1"}, None, vault=VAULT)["sealed_headers"]

    with pytest.raises(Unsealable, match="another place"):
        webhook_headers.unsealed(Endpoint(id=new_id(), sealed_headers=sealed), vault=VAULT)


@pytest.mark.parametrize(
    ("changes", "names", "scheme"),
    [
        ({"description": "Ours"}, ["X-A"], "Basic"),
        ({"headers": {"X-B": "2"}}, ["X-B"], "Basic"),
        ({"headers": None}, [], "Basic"),
        ({"authorization": None}, ["X-A"], None),
        ({"headers": {}, "authorization": None}, [], None),
        ({"authorization": "Bearer other"}, ["X-A"], "Bearer"),
    ],
    ids=str,
)
def test_they_are_edited(world: World, changes: dict[str, Any], names: list[str], scheme: str | None) -> None:
    made = endpoint(world, "partner", headers={"X-A": "1"}, authorization="Basic YTpi")

    kept = edit(world, made, **changes)

    assert (kept.header_names, kept.authorization_scheme, kept.sealed_headers is None) == (
        names,
        scheme,
        not names and not scheme,
    )


def test_an_edit_that_changes_nothing_leaves_the_version(world: World) -> None:
    made = endpoint(world, "partner", headers={"X-A": "1"}, authorization="Basic YTpi")

    assert edit(world, made).version == made.version


def test_they_are_checked_when_an_endpoint_is_made_and_edited(world: World) -> None:
    headers = {"Webhook-Id": "mine", "X-A": "1\n"}
    wanted = EndpointInput(url="https://x.example.org/", event_types=["*"], headers=headers)
    by = world.principal("partner")

    found = world.refused(webhooks.create_endpoint, wanted, config=CONFIG, vault=VAULT, by=by)

    assert found == [("/headers/Webhook-Id", "header_reserved"), ("/headers/X-A", "header_malformed")]
