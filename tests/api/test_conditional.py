"""Conditional requests: what changed since, how long an answer may be kept, and whose change is stale."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from api import conditional
from domain.models.calls import Call
from domain.models.organisations import Organisation
from tests.conftest import NOW, Clock
from tests.world import World

SECOND = timedelta(seconds=1)


# ── tags ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ('"7-abc"', True),
        ('W/"7-abc"', True),
        ('"6-abc", "7-abc"', True),
        ("*", True),
        ('"7-abd"', False),
        ('"7-abc', False),
        ("7-abc", False),
        ("", False),
    ],
)
def test_a_reader_names_the_bytes_that_it_has(header: str, known: Any) -> None:
    assert conditional.names(header, '"7-abc"') == known


def test_whoever_has_the_bytes_gets_none(world: World, client: FlaskClient) -> None:
    address = f"/v1/calls/{world.call().id}"
    first = client.get(address)

    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})

    kept = ("ETag", "Cache-Control", "Last-Modified", "Vary", "Content-Language")
    assert (again.status_code, again.data, "Content-Type" in again.headers) == (304, b"", False)
    assert [again.headers.get(name) for name in kept] == [first.headers.get(name) for name in kept]


def test_a_list_and_a_form_have_tags_as_well(world: World, client: FlaskClient) -> None:
    call = world.call()

    for address in ("/v1/calls", f"/v1/calls/{call.id}/form"):
        tag = {"If-None-Match": client.get(address).headers["ETag"]}
        assert client.get(address, headers=tag).status_code == 304


def test_what_changes_the_bytes_changes_the_tag(world: World, client: FlaskClient, as_: Any, clock: Clock) -> None:
    call = world.call(opens_at=clock() + SECOND)
    address = f"/v1/calls/{call.id}"
    tags = [client.get(address).headers["ETag"], as_("partner").get(address).headers["ETag"]]
    tags.append(client.get(address, headers={"Accept-Language": "sr"}).headers["ETag"])
    clock.now += SECOND
    tags.append(client.get(address).headers["ETag"])
    clock.now = call.closes_at
    tags.append(client.get(address).headers["ETag"])
    rename(world, call.owner_id)
    tags.append(client.get(address).headers["ETag"])
    rename(world, call.destinations[0].host_id)
    tags.append(as_("partner").get(address).headers["ETag"])

    assert len(set(tags)) == 7


def rename(world: World, organisation_id: Any) -> None:
    world.clock.move(seconds=1)
    changes = {"legal_name": "Another name", "updated_at": world.clock()}
    world.do(
        lambda session, by, at: [
            setattr(session.get_one(Organisation, organisation_id), name, value) for name, value in changes.items()
        ]
    )


# ── dates ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def modified(client: FlaskClient, call: Call) -> str:
    return client.get(f"/v1/calls/{call.id}").headers["Last-Modified"]


def test_a_call_was_last_modified_when_it_last_showed_something_else(
    world: World, client: FlaskClient, clock: Clock
) -> None:
    call = world.call(opens_at=clock() + timedelta(hours=1))
    dates = [modified(client, call)]
    for moment in (call.opens_at, call.closes_at):
        clock.now = moment + timedelta(minutes=5)
        dates.append(modified(client, call))
    rename(world, call.owner_id)
    dates.append(modified(client, call))

    assert dates == [
        "Sun, 22 Nov 2026 09:00:00 GMT",
        "Sun, 22 Nov 2026 10:00:00 GMT",
        "Mon, 21 Dec 2026 09:00:00 GMT",
        "Mon, 21 Dec 2026 09:05:01 GMT",
    ]


def test_whoever_has_it_since_gets_nothing_until_the_deadline_passes(
    world: World, client: FlaskClient, clock: Clock
) -> None:
    call = world.call()
    since = {"If-Modified-Since": modified(client, call)}
    statuses = []
    for moment in (call.closes_at - SECOND, call.closes_at):
        clock.now = moment
        statuses.append(client.get(f"/v1/calls/{call.id}", headers=since).status_code)

    assert statuses == [304, 200]


# ── how long ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("left", "seconds"),
    [(None, 60), (timedelta(hours=1), 60), (timedelta(seconds=59.9), 59), (timedelta(seconds=0.4), 0)],
)
def test_an_answer_is_kept_for_a_minute_and_never_beyond_the_next_change(left: timedelta | None, seconds: int) -> None:
    assert conditional.cache_control(NOW, left and NOW + left) == f"public, max-age={seconds}, stale-if-error=86400"


def test_caches_let_go_before_a_call_opens_and_closes(world: World, client: FlaskClient, clock: Clock) -> None:
    call = world.call(opens_at=clock() + timedelta(hours=1))
    ages = []
    for edge in (call.opens_at, call.closes_at):
        for before in (61, 60, 30, 1, 0):
            clock.now = edge - before * SECOND
            answers = [client.get(path).headers["Cache-Control"] for path in (f"/v1/calls/{call.id}", "/v1/calls")]
            ages.append({answer.split(", ")[1] for answer in answers})

    assert ages == [{f"max-age={age}"} for age in (60, 60, 30, 1, 60)] * 2


def test_what_was_read_with_a_token_is_kept_by_nobody(world: World, as_: Any) -> None:
    partner, call = as_("partner"), world.call()

    kept = {partner.get(path).headers["Cache-Control"] for path in ("/v1/calls", f"/v1/calls/{call.id}", "/v1/me")}

    assert kept == {"private, no-store"}


def test_public_answers_vary_by_language_and_by_token(world: World, client: FlaskClient) -> None:
    call = world.call()

    for address in ("/v1/calls", f"/v1/calls/{call.id}"):
        names = {name.strip() for name in client.get(address).headers["Vary"].split(",")}
        assert {"Accept-Language", "Authorization"} <= names


# ── whose change is stale ─────────────────────────────────────────────────────────────────────────────────────────

IF_MATCH = {
    '"{version}-whatever"': 200,
    "*": 200,
    '"99-x", "{version}-y"': 200,
    'W/"{version}-whatever"': 412,
    '"99-x"': 412,
    '"{version}"': 412,
    "{version}": 412,
}


def test_a_change_is_made_to_the_version_that_its_maker_has_read(world: World, as_: Any) -> None:
    call, partner = world.call(), as_("partner")
    found = {}
    for places, header in enumerate(IF_MATCH, start=3):
        version = partner.get(f"/v1/calls/{call.id}").json["version"]
        headers = {"If-Match": header.format(version=version)}
        found[header] = partner.patch(f"/v1/calls/{call.id}", json={"places": places}, headers=headers).status_code

    assert found == IF_MATCH
