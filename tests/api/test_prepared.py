"""Prepared answers: the same as the application's, until they are no longer true."""

import gzip
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client

from api.app import create_app
from api.prepared import Prepared
from domain.config import Config
from domain.models.calls import Call
from domain.services.catalogue import CatalogueVersion
from domain.transaction import Database, transaction
from tests.conftest import Clock
from tests.world import World

LIST = "/v1/calls?status=open"

Count = Callable[[Callable[[], Any]], int]


def statuses(client: FlaskClient) -> list[str]:
    """What the public list shows."""
    return [item["status"] for item in client.get("/v1/calls").json["items"]]


@pytest.mark.parametrize(
    "address",
    ["/v1/calls", LIST, "/v1/calls/{slug}", "/v1/calls/{id}", "/v1/calls/{id}/form", "/v1/calls/{id}/form/ui"],
)
def test_the_second_reader_gets_the_same_answer_without_a_query(
    world: World, client: FlaskClient, count_queries: Count, address: str
) -> None:
    call = world.call()
    path = address.format(id=call.id, slug=call.slug)
    answers = [client.get(path)]

    queries = count_queries(lambda: answers.append(client.get(path)))

    first, second = (
        ({name: value for name, value in answer.headers if name != "X-Request-Id"}, answer.data) for answer in answers
    )
    assert (queries, second) == (0, first)


def test_every_answer_has_its_own_request_id(world: World, client: FlaskClient) -> None:
    ids = {client.get(LIST).headers["X-Request-Id"] for _ in range(3)}

    assert (len(ids), {len(request_id) for request_id in ids}) == (3, {16})


def test_a_change_shows_at_once(world: World, client: FlaskClient) -> None:
    call = world.call()
    client.get(f"/v1/calls/{call.id}")

    with transaction(world.database) as session:
        session.get_one(Call, call.id).places = 7

    assert client.get(f"/v1/calls/{call.id}").json["places"] == 7


def test_the_owners_new_name_shows_at_once_and_has_another_tag(world: World, client: FlaskClient) -> None:
    call = world.call()
    address = f"/v1/calls/{call.id}"
    tag = client.get(address).headers["ETag"]

    with transaction(world.database) as session:
        session.get_one(Call, call.id).owner.legal_name = "Another name"
    answer = client.get(address, headers={"If-None-Match": tag})

    assert (answer.status_code, answer.json["owner"]) == (200, "Another name")


def test_opening_and_closing_show_to_the_second(world: World, client: FlaskClient, clock: Clock) -> None:
    world.call(opens_at=clock() + timedelta(minutes=1), closes_at=clock() + timedelta(minutes=2))
    shown = [statuses(client)]
    for seconds in (59, 1, 59, 1):
        clock.move(seconds=seconds)
        shown.append(statuses(client))

    assert shown == [["scheduled"], ["scheduled"], ["open"], ["open"], ["closed"]]


def test_caches_are_told_the_time_that_is_left(world: World, client: FlaskClient, clock: Clock) -> None:
    world.call(closes_at=clock() + timedelta(seconds=90))
    told = []
    for _ in range(3):
        told.append(client.get(LIST).headers["Cache-Control"])
        clock.move(seconds=40)

    assert told == [f"public, max-age={seconds}, stale-if-error=86400" for seconds in (60, 50, 10)]


def test_each_language_has_its_own_answer(world: World, client: FlaskClient) -> None:
    world.call()
    asked = ("sr", "en", "sr", "en")

    titles = [client.get(LIST, headers={"Accept-Language": lang}).json["items"][0]["lang"] for lang in asked]

    assert titles == ["sr-Cyrl", "en", "sr-Cyrl", "en"]


@pytest.mark.parametrize("known", ["{tag}", "W/{tag}", '"1-other", {tag}', "*"])
def test_a_reader_who_has_it_already_is_told_so(
    world: World, client: FlaskClient, count_queries: Count, known: str
) -> None:
    world.call()
    tag = client.get(LIST).headers["ETag"]
    answers = []

    queries = count_queries(lambda: answers.append(client.get(LIST, headers={"If-None-Match": known.format(tag=tag)})))

    assert (queries, answers[0].status_code, answers[0].data, answers[0].headers["ETag"]) == (0, 304, b"", tag)


def test_what_is_not_modified_says_so_by_date_too(world: World, client: FlaskClient) -> None:
    address = f"/v1/calls/{world.call().id}"
    modified = client.get(address).headers["Last-Modified"]

    answer = client.get(address, headers={"If-Modified-Since": modified})

    assert (answer.status_code, answer.data) == (304, b"")


def test_a_304_keeps_what_caches_and_browsers_need(world: World, client: FlaskClient) -> None:
    world.call()
    whole = client.get(LIST)

    short = client.get(LIST, headers={"If-None-Match": whole.headers["ETag"]})

    changing = {"X-Request-Id", "Content-Type", "Content-Length"}
    assert dict(short.headers).items() - whole.headers.items() == {("X-Request-Id", short.headers["X-Request-Id"])}
    assert {name for name, _ in whole.headers} - {name for name, _ in short.headers} == changing - {"X-Request-Id"}


@pytest.mark.parametrize("first", ["head", "get"])
def test_head_says_what_get_would_without_the_body(world: World, client: FlaskClient, first: str) -> None:
    world.call()
    getattr(client, first)(LIST)

    head, get = client.head(LIST), client.get(LIST)

    assert (head.data, head.headers["ETag"], head.headers["Content-Length"]) == (
        b"",
        get.headers["ETag"],
        str(len(get.data)),
    )


def test_who_takes_gzip_gets_the_same_in_gzip_with_a_tag_of_its_own(world: World, client: FlaskClient) -> None:
    world.call()
    plain = client.get(LIST)

    zipped = client.get(LIST, headers={"Accept-Encoding": "gzip, br"})

    assert (zipped.headers["Content-Encoding"], gzip.decompress(zipped.data)) == ("gzip", plain.data)
    assert zipped.headers["ETag"] != plain.headers["ETag"]


def test_a_token_reads_past_it(world: World, client: FlaskClient, as_: Callable[..., Any]) -> None:
    world.draft()
    client.get("/v1/calls")

    mine = as_("partner").get("/v1/calls")

    assert ([item["status"] for item in mine.json["items"]], mine.headers["Cache-Control"]) == (
        ["draft"],
        "private, no-store",
    )


def test_what_a_token_read_is_not_handed_to_the_public(
    world: World, client: FlaskClient, as_: Callable[..., Any]
) -> None:
    world.draft()
    as_("partner").get("/v1/calls")

    assert statuses(client) == []


@pytest.mark.parametrize("address", ["/v1/calls?nope=1", "/v1/calls?limit=0", "/v1/calls/no-such-call"])
def test_an_error_is_made_each_time(client: FlaskClient, app: Flask, address: str) -> None:
    first, second = client.get(address), client.get(address)

    assert first.status_code == second.status_code != 200
    assert kept(app) == 0


def test_a_call_that_was_missed_is_found_once_it_is_there(world: World, client: FlaskClient) -> None:
    assert client.get("/v1/calls/three-weeks-in-lyon").status_code == 404

    world.call()

    assert client.get("/v1/calls/three-weeks-in-lyon").status_code == 200


def test_a_host_that_is_not_ours_is_refused_though_the_answer_is_there(world: World, client: FlaskClient) -> None:
    client.get(LIST)

    assert client.get(LIST, headers={"Host": "evil.example"}).status_code == 400


def test_a_query_in_another_order_is_the_same_query(world: World, client: FlaskClient, count_queries: Count) -> None:
    world.call()
    client.get("/v1/calls?status=open&limit=20")

    assert count_queries(lambda: client.get("/v1/calls?limit=20&status=open")) == 0


def test_browsers_may_read_a_prepared_answer_from_any_origin(world: World, client: FlaskClient) -> None:
    client.get(LIST)

    assert client.get(LIST).headers["Access-Control-Allow-Origin"] == "*"


def test_it_keeps_no_more_answers_than_told(prepared: Any) -> None:
    small = prepared(most_answers=3)

    for limit in range(1, 9):
        Client(small).get(f"/v1/calls?limit={limit}")

    assert len(small._shelf._answers) == 3


def test_it_keeps_no_more_bytes_than_told(prepared: Any, client: FlaskClient) -> None:
    size = len(client.get("/v1/calls").data)
    small = prepared(most_bytes=2 * size)

    for limit in range(1, 9):
        Client(small).get(f"/v1/calls?limit={limit}")

    assert (len(small._shelf._answers), small._shelf._bytes) == (2, 2 * size)


def test_what_changes_while_an_answer_is_made_is_in_the_next_one(
    world: World, prepared: Any, database: Database
) -> None:
    call = world.call()
    changing = prepared()
    changing._app = Changing(changing._app, lambda: _rename(database, call))
    before = Client(changing).get(f"/v1/calls/{call.id}").json["title"]

    after = Client(changing).get(f"/v1/calls/{call.id}").json["title"]

    assert (before, after) == ("Three weeks in Lyon", "Renamed meanwhile")


def test_it_notes_the_answers_that_the_application_had_no_part_in(prepared: Any) -> None:
    noted: list[tuple[int, str]] = []
    client = Client(prepared(note=lambda _environ, status, request_id, _seconds: noted.append((status, request_id))))

    answers = [client.get("/v1/calls") for _ in range(2)]

    assert noted == [(200, answers[1].headers["X-Request-Id"])]


class Changing:
    """An application after whose answers something happens, before they arrive."""

    def __init__(self, app: Any, change: Callable[[], None]) -> None:
        self.app, self.change = app, change

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Answer, and let it happen once."""
        body = list(self.app(environ, start_response))
        change, self.change = self.change, lambda: None
        change()
        return body


def _rename(database: Database, call: Call) -> None:
    with transaction(database) as session:
        session.get_one(Call, call.id).title = {"en": "Renamed meanwhile"}


@pytest.fixture
def app(config: Config, database: Database, clock: Clock) -> Flask:
    """The whole application, on the test's database."""
    return create_app(config, clock=clock, database=database)


@pytest.fixture
def prepared(app: Flask, database: Database, clock: Clock) -> Callable[..., Prepared]:
    """A layer of one's own before the same application: `prepared(most_answers=3)`."""
    return partial(Prepared, app.wsgi_app._app, version=CatalogueVersion(database), clock=clock)  # type: ignore[attr-defined]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of it."""
    return app.test_client()


def kept(app: Flask) -> int:
    """How many answers the application keeps."""
    return len(app.wsgi_app._shelf._answers)  # type: ignore[attr-defined]
