"""The catalogue of event types over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker

from api.app import create_app
from domain.config import Config
from domain.models.events import EventType
from domain.transaction import connect
from schemas.events import MEANING
from tests.house import told

LIST, ONE = "/v1/event-types", "/v1/event-types/call.closing_soon"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A client of an application without a database: the catalogue stands in none."""
    folder = tmp_path_factory.mktemp("catalogue")
    database = connect(f"sqlite:///{folder}/none.sqlite")
    config = Config(folder, "", "https://intervet.example", secret_keys=("k" * 40,))
    yield create_app(config, database=database).test_client()
    database.close()


def test_everyone_reads_every_type_on_one_page(client: FlaskClient) -> None:
    answer = client.get(LIST)

    assert (answer.status_code, answer.json["next"]) == (200, None)
    assert [item["type"] for item in answer.json["items"]] == [kind.value for kind in EventType]


@pytest.mark.parametrize("kind", list(EventType))
def test_a_type_is_read_alone_as_in_the_list(client: FlaskClient, kind: EventType) -> None:
    one = client.get(f"{LIST}/{kind}").json

    assert one == next(item for item in client.get(LIST).json["items"] if item["type"] == kind)
    assert (one["version"], one["description"]) == (1, MEANING[kind])


@pytest.mark.parametrize("kind", list(EventType))
def test_its_schema_is_json_schema_and_its_example_is_valid(client: FlaskClient, kind: EventType) -> None:
    one = client.get(f"{LIST}/{kind}").json

    Draft202012Validator.check_schema(one["schema"])
    Draft202012Validator(one["schema"], format_checker=FormatChecker()).validate(one["example"])

    assert one["schema"]["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_a_schema_is_of_the_whole_body(client: FlaskClient) -> None:
    schema = client.get(ONE).json["schema"]
    data = schema["properties"].pop("data")

    assert (schema["properties"]["type"]["const"], schema["properties"]["timestamp"]["format"]) == (
        "call.closing_soon",
        "date-time",
    )
    assert (schema["required"], schema["additionalProperties"]) == (["type", "timestamp", "data"], False)
    assert (data["additionalProperties"], sorted(data["properties"].keys() - data["required"])) == (
        False,
        ["object", "sample"],
    )


def test_the_example_of_a_type_is_its_own(client: FlaskClient) -> None:
    one = client.get(ONE).json

    assert one["example"] == {
        "type": "call.closing_soon",
        "timestamp": "2026-11-22T09:00:00Z",
        "data": {
            "id": "01938f6e-5c00-7000-8000-000000000003",
            "resource": "call",
            "state": "published",
            "version": 2,
            "url": "https://intervet.example/v1/calls/01938f6e-5c00-7000-8000-000000000003",
            "project_id": "01938f6e-5c00-7000-8000-000000000002",
            "call_id": "01938f6e-5c00-7000-8000-000000000003",
            "closes_at": "2026-11-29T09:00:00Z",
            "days": 7,
        },
    }
    assert one["schema"]["properties"]["data"]["properties"]["resource"]["examples"] == ["call"]


@pytest.mark.parametrize(
    "name",
    [
        "call.exploded",
        "call.*",
        "CALL.CLOSED",
        "call",
        "call_closed",
        "%00",
        "%ff",
        "..%2fcalls",
        "a" * 5000,
        "call.closed ",
    ],
)
def test_what_is_no_type_is_not_found(client: FlaskClient, name: str) -> None:
    assert told(client.get(f"{LIST}/{name}")) == (404, [])


@pytest.mark.parametrize("path", [LIST, ONE])
@pytest.mark.parametrize("parameter", ["limit", "cursor", "lang", "type"])
def test_a_parameter_is_refused(client: FlaskClient, path: str, parameter: str) -> None:
    assert told(client.get(f"{path}?{parameter}=1")) == (422, [(f"/{parameter}", "unknown_field")])


@pytest.mark.parametrize("path", [LIST, ONE])
def test_it_may_be_kept_and_is_not_sent_twice(client: FlaskClient, path: str) -> None:
    first = client.get(path)

    second = client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "public, max-age=60, stale-if-error=86400"
    assert (second.status_code, second.data) == (304, b"")


def test_browsers_may_read_it_from_anywhere(client: FlaskClient) -> None:
    assert client.get(LIST).headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_changes_it(client: FlaskClient, method: str) -> None:
    answer: Any = getattr(client, method)(LIST, json={})

    assert told(answer) == (405, [])
