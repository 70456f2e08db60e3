"""Figures for Prometheus: read by its own parser, guarded, and labelled by nothing that anybody wrote."""

import io
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from api.app import create_app
from domain import logs
from domain.config import Config
from domain.models.recoveries import RecoveryKind
from domain.models.webhooks import Endpoint
from domain.services import recoveries, webhooks
from domain.services.recoveries import RecoveryInput
from domain.transaction import Database, transaction
from tests.conftest import Clock
from tests.deliveries import arrived, claim, disable, endpoint, failed, fan_out, owe, settle
from tests.world import World

TOKEN = "a-token-for-metrics-of-tests-0123456789"
Samples = dict[tuple[str, frozenset[str]], float]


@pytest.fixture
def client(config: Config, database: Database, clock: Clock) -> FlaskClient:
    """A client of an application whose operator wants metrics."""
    return create_app(replace(config, metrics_token=TOKEN), clock=clock, database=database).test_client()


@pytest.fixture
def scrape(client: FlaskClient) -> Callable[[], Samples]:
    """Every sample that Prometheus reads, by its name and the values of its labels."""

    def read() -> Samples:
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200, answer.text
        families = text_string_to_metric_families(answer.text)
        samples = [sample for family in families for sample in family.samples]
        return {(sample.name, frozenset(sample.labels.values())): sample.value for sample in samples}

    return read


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the process logs."""
    stream, kept, level = io.StringIO(), logging.getLogger().handlers[:], logging.getLogger().level
    logs.to_stream(stream)
    yield stream
    logging.basicConfig(level=level, handlers=kept, force=True)


def of(samples: Samples, name: str) -> dict[str, float]:
    """The samples of one metric by their label."""
    return {next(iter(labels)): value for (found, labels), value in samples.items() if found == name}


def change(database: Database, table: Any, **values: Any) -> None:
    """Set columns of all rows of a table, past the services."""
    with transaction(database) as session:
        session.execute(update(table).values(**values))


def test_nothing_yet_is_zero_everywhere(scrape: Callable[[], Samples]) -> None:
    assert scrape() == {
        ("intervet_deliveries_queued", frozenset({"pending"})): 0,
        ("intervet_deliveries_queued", frozenset({"leased"})): 0,
        ("intervet_deliveries_queued", frozenset({"held"})): 0,
        ("intervet_oldest_due_delivery_age_seconds", frozenset()): 0,
        ("intervet_endpoints", frozenset({"unverified"})): 0,
        ("intervet_endpoints", frozenset({"active"})): 0,
        ("intervet_endpoints", frozenset({"paused"})): 0,
        ("intervet_endpoints", frozenset({"disabled"})): 0,
        ("intervet_events_unsequenced", frozenset()): 0,
        ("intervet_recoveries_unfinished", frozenset()): 0,
        ("intervet_messages", frozenset({"waiting"})): 0,
        ("intervet_messages", frozenset({"sending"})): 0,
    }


def test_the_answer_is_in_the_format_that_prometheus_asks_for(client: FlaskClient) -> None:
    answer = client.get("/metrics", headers={"Authorization": f"bearer {TOKEN}"})

    assert (answer.content_type, answer.headers["Cache-Control"]) == (
        "text/plain; version=0.0.4; charset=utf-8",
        "private, no-store",
    )


def test_the_queue_is_counted_by_state(world: World, scrape: Callable[[], Samples]) -> None:
    one = endpoint(world, "partner")
    owe(world, one, 3)
    settle(world, [arrived(claim(world, limit=1)[0], world.clock())])
    claim(world, limit=1)

    assert of(scrape(), "intervet_deliveries_queued") == {"pending": 1, "leased": 1, "held": 0}


def test_what_an_endpoint_that_was_disabled_is_owed_is_held(world: World, scrape: Callable[[], Samples]) -> None:
    one = endpoint(world, "partner")
    owe(world, one, 2)
    disable(world, one)  # by an answer to a third

    samples = scrape()

    assert of(samples, "intervet_deliveries_queued")["held"] == 3
    assert of(samples, "intervet_endpoints") == {"unverified": 0, "active": 0, "paused": 0, "disabled": 1}


def test_the_oldest_due_delivery_has_its_age(world: World, clock: Clock, scrape: Callable[[], Samples]) -> None:
    owe(world, endpoint(world, "partner"))
    clock.move(seconds=90)
    owe(world, endpoint(world, "school"))

    assert scrape()["intervet_oldest_due_delivery_age_seconds", frozenset()] == 90


def test_a_lease_that_lapsed_is_due_since_then(world: World, clock: Clock, scrape: Callable[[], Samples]) -> None:
    owe(world, endpoint(world, "partner"))
    claim(world, lease=timedelta(seconds=60))
    clock.move(seconds=59)
    before = scrape()["intervet_oldest_due_delivery_age_seconds", frozenset()]
    clock.move(seconds=31)

    assert (before, scrape()["intervet_oldest_due_delivery_age_seconds", frozenset()]) == (0, 30)


@pytest.mark.parametrize(
    ("wish", "value", "age"),
    [
        ("slowed", True, 0),
        ("ordered", True, 0),
        ("state", "paused", 0),
        ("next_free_at", timedelta(seconds=60), 30),
        ("next_free_at", timedelta(seconds=120), 0),
        ("rate_per_minute", 1, 90),
    ],
)
def test_a_queue_that_waits_as_its_endpoint_wishes_is_not_late(
    world: World, scrape: Callable[[], Samples], wish: str, value: Any, age: float
) -> None:
    owe(world, endpoint(world, "partner"))
    value = world.clock() + value if isinstance(value, timedelta) else value
    change(world.database, Endpoint, **{wish: value})
    world.clock.move(seconds=90)  # type: ignore[attr-defined]

    assert scrape()["intervet_oldest_due_delivery_age_seconds", frozenset()] == age


def test_attempts_are_counted_by_endpoint_and_outcome(
    world: World, clock: Clock, scrape: Callable[[], Samples]
) -> None:
    one, other = endpoint(world, "partner"), endpoint(world, "school")
    owe(world, one, 3)
    owe(world, other)
    first, second, third, of_other = sorted(claim(world), key=lambda due: due.endpoint_id != one.id)
    at = clock()
    settle(world, [arrived(first, at), failed(second, at), failed(third, at, status=None, error="timeout")])
    settle(world, [arrived(of_other, at)])

    counted = {labels: n for (name, labels), n in scrape().items() if name == "intervet_delivery_attempts_total"}

    assert counted == {
        frozenset({str(one.id), "delivered"}): 1,
        frozenset({str(one.id), "500"}): 1,
        frozenset({str(one.id), "timeout"}): 1,
        frozenset({str(other.id), "delivered"}): 1,
    }


def test_durations_are_a_histogram_by_endpoint(world: World, clock: Clock, scrape: Callable[[], Samples]) -> None:
    one = endpoint(world, "partner")
    owe(world, one, 3)
    took = zip(claim(world), (40, 300, 15_001), strict=True)
    settle(world, [failed(due, clock())._replace(duration_ms=ms) for due, ms in took])

    samples, name = scrape(), "intervet_delivery_attempt_duration_seconds"

    bounds = ("0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "15.0", "30.0", "60.0", "+Inf")
    counted = [samples[f"{name}_bucket", frozenset({str(one.id), bound})] for bound in bounds]
    assert counted == [1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3]
    assert samples[f"{name}_count", frozenset({str(one.id)})] == 3
    assert samples[f"{name}_sum", frozenset({str(one.id)})] == pytest.approx(15.341)


def test_events_without_a_place_and_recoveries_under_way_are_counted(
    world: World, clock: Clock, scrape: Callable[[], Samples]
) -> None:
    one = endpoint(world, "coordinator")
    world.call()
    recorded = len(world.recorded())
    wanted = RecoveryInput(RecoveryKind.FAILED, since=clock() - timedelta(days=1))
    world.do(recoveries.create_recovery, one.id, wanted, by=world.principal("coordinator"))

    samples = scrape()

    assert samples["intervet_events_unsequenced", frozenset()] == recorded > 0
    assert samples["intervet_recoveries_unfinished", frozenset()] == 1


def test_an_endpoint_that_was_deleted_counts_no_more(world: World, scrape: Callable[[], Samples]) -> None:
    world.organisation("partner")
    before = scrape()
    one = endpoint(world, "partner")
    owe(world, one, 2)
    settle(world, [failed(claim(world, limit=1)[0], world.clock())])
    world.do(webhooks.delete_endpoint, one.id, by=world.principal("partner"))

    assert scrape() == before


def test_no_label_tells_a_url_or_a_name(world: World, client: FlaskClient) -> None:
    one = endpoint(world, "partner", description="canary")
    owe(world, one)
    settle(world, [arrived(due, world.clock()) for due in claim(world)])

    text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text

    assert str(one.id) in text
    assert [word for word in ("example.org", "https", "partner", "canary") if word in text] == []


def test_it_takes_as_many_statements_for_three_endpoints_as_for_one(
    world: World, scrape: Callable[[], Samples], count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    def took() -> int:
        settle(world, [failed(due, world.clock()) for due in claim(world)])
        return count_queries(scrape)

    owe(world, endpoint(world, "partner"))
    for_one = took()
    for name in ("school", "coordinator"):
        owe(world, endpoint(world, name), 3)

    assert took() == for_one


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer é",
    ],
)
def test_without_the_token_it_answers_401_and_says_how_to_ask(client: FlaskClient, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode().decode("latin-1")}

    answer = client.get("/metrics", headers=headers)

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="intervet"')


def test_a_partners_token_does_not_open_it(client: FlaskClient, world: World) -> None:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {world.token('coordinator')}"})

    assert answer.status_code == 401


def test_its_token_opens_nothing_else(client: FlaskClient) -> None:
    assert client.get("/v1/me", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 401


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_without_a_token_set_there_is_no_such_address(
    config: Config, database: Database, clock: Clock, method: str
) -> None:
    client = create_app(config, clock=clock, database=database).test_client()
    headers = {"Authorization": "Bearer "}

    here, nowhere = (client.open(path, method=method, headers=headers) for path in ("/metrics", "/nowhere"))

    assert (here.status_code, here.json["code"]) == (nowhere.status_code, nowhere.json["code"]) == (404, "not_found")
    assert sorted(name for name, _ in here.headers) == sorted(name for name, _ in nowhere.headers)


def test_its_token_is_in_no_log(client: FlaskClient, logged: io.StringIO) -> None:
    for token in (TOKEN, TOKEN + "x"):
        client.get("/metrics", headers={"Authorization": f"Bearer {token}"}, buffered=True)
        client.get(f"/metrics?token={token}", headers={"Authorization": f"Bearer {TOKEN}"}, buffered=True)

    lines = logged.getvalue()
    assert (lines.count('"/metrics"'), TOKEN in lines) == (4, False)


def test_nothing_is_left_in_the_process(scrape: Callable[[], Samples], world: World) -> None:
    owe(world, endpoint(world, "partner"))

    scrape()
    scrape()

    assert [family.name for family in REGISTRY.collect() if family.name.startswith("intervet")] == []


def test_messages_that_wait_are_counted(world: World, scrape: Callable[[], Samples]) -> None:
    world.application(world.call())
    fan_out(world)

    assert scrape()["intervet_messages", frozenset({"waiting"})] == 1
