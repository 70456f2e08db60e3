"""The contract: valid, current, and complete."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from api.app import create_app
from api.errors import CODE_OF_STATUS, STATUS
from api.openapi_sorts import SORTS, choices
from cli.openapi import PLACE
from cli.openapi import contract as generated
from domain.config import Config
from domain.errors import DomainError
from domain.models.events import EventType
from domain.transaction import connect
from schemas.events import MEANING
from schemas.problems import PROBLEMS
from tests.contract.contract import Contract
from tests.world import World

ROOT = Path(__file__).parents[2]
NOT_FOR_PROGRAMS = (
    "/",
    "/favicon.ico",
    "/docs/",
    "/docs",
    "/docs/problems",
    "/docs/assets/{name}",
    "/portal",
    "/portal/strings/{lang}",
    "/portal/assets/{name}",
    "/my/{secret}",
    "/my/{secret}/edit",
    "/my/{secret}/erasure",
    "/my/{secret}/{action}",
    "/my/{secret}/consent-withdrawals/{purpose}",
    "/my/{secret}/consents/{purpose}/{answer}",
    "/my/assets/{name}",
)

# Lists below a thing that has to be made first.
DEEPER = {
    "listApplicationDocuments",
    "listApplicationMessages",
    "listDeliveryAttempts",
    "listImportRows",
    "listOrganisationMessages",
    "listParticipantMatches",
    "listWebhookDeliveries",
    "listWebhookRecoveries",
}


@pytest.fixture(scope="module")
def contract() -> Contract:
    """The contract of the code as it stands."""
    return Contract.of_the_code()


def lacking(contract: Contract, key: str) -> list[tuple[str, str]]:
    """The operations that say nothing under `key`."""
    return [place for place, operation in contract.operations.items() if not operation.get(key)]


def test_it_is_openapi(contract: Contract) -> None:
    validate(contract.document)


def test_the_committed_one_is_current() -> None:
    assert PLACE.read_text() == generated()


def test_it_says_who_may_use_it_and_how(contract: Contract) -> None:
    info = contract.document["info"]

    assert (contract.document["openapi"], info["title"], info["license"]["identifier"]) == (
        "3.1.0",
        "InterVET",
        "EUPL-1.2",
    )
    assert {scheme["scheme"] for scheme in contract.document["components"]["securitySchemes"].values()} == {
        "bearer",
        "basic",
    }


def test_every_address_of_the_application_is_in_it(contract: Contract, tmp_path: Path) -> None:
    config = Config(tmp_path, f"sqlite:///{tmp_path}/none.sqlite", "http://localhost", secret_keys=("k" * 40,))
    with closing(connect(config.database_url)) as database:
        rules = create_app(config, database=database).url_map.iter_rules()

    addresses = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in rules}

    assert addresses - contract.document["paths"].keys() == set(NOT_FOR_PROGRAMS)


@pytest.mark.parametrize("key", ["operationId", "summary", "description", "security", "tags", "responses"])
def test_every_operation_has_it(contract: Contract, key: str) -> None:
    assert lacking(contract, key) == []


def test_no_two_operations_have_the_same_name(contract: Contract) -> None:
    names = [operation["operationId"] for operation in contract.operations.values()]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    ("path", "method", "name"),
    [
        ("/v1/calls", "get", "listCalls"),
        ("/v1/calls", "post", "createCall"),
        ("/v1/calls/{id_or_slug}", "get", "readCall"),
        ("/v1/calls/{id_or_slug}", "patch", "editCall"),
        ("/v1/calls/{id_or_slug}/publication", "post", "publishCall"),
        ("/v1/calls/{id_or_slug}/selection", "post", "beginCallSelection"),
        ("/v1/calls/{id_or_slug}/applications", "post", "submitApplication"),
        ("/v1/activities", "post", "createActivity"),
        ("/v1/webhooks/{endpoint_id}", "delete", "deleteWebhook"),
        ("/v1/mobilities.csv", "get", "exportMobilitiesCsv"),
    ],
)
def test_an_operation_is_named_after_what_it_does(contract: Contract, path: str, method: str, name: str) -> None:
    assert contract.operations[path, method]["operationId"] == name


def test_what_needs_a_scope_names_it(contract: Contract) -> None:
    publish = contract.operations["/v1/calls/{id_or_slug}/publication", "post"]

    assert (publish["x-scope"], publish["security"]) == ("calls:write", [{"bearer": []}, {"basic": []}])
    assert "`calls:write`" in publish["description"]


def test_what_is_open_to_all_takes_no_token_or_one(contract: Contract) -> None:
    assert contract.operations["/v1/calls", "get"]["security"] == [{}, {"bearer": []}, {"basic": []}]


def test_a_write_names_every_way_in_which_it_can_be_refused(contract: Contract) -> None:
    responses = contract.operations["/v1/calls/{id_or_slug}", "patch"]["responses"]

    refusals = [status for status in responses if status >= "4"]

    assert refusals == ["400", "401", "403", "404", "409", "412", "413", "415", "422", "500", "503"]


def test_every_refusal_is_a_problem_document(contract: Contract) -> None:
    others = [
        (place, status)
        for place, operation in contract.operations.items()
        for status, answer in operation["responses"].items()
        if status >= "4" and "application/problem+json" not in contract.resolved(answer)["content"]
    ]

    assert others == []


@pytest.mark.parametrize(
    ("method", "header"), [("post", "Idempotency-Key"), ("patch", "If-Match"), ("get", "Accept-Language")]
)
def test_every_operation_of_a_method_takes_its_header(contract: Contract, method: str, header: str) -> None:
    without = [
        place
        for place, operation in contract.operations.items()
        if place[1] == method and header not in {contract.resolved(one)["name"] for one in operation["parameters"]}
    ]

    assert without == []


def test_every_parameter_says_what_it_is(contract: Contract) -> None:
    parameters = [one for operation in contract.operations.values() for one in operation["parameters"]]
    parameters += [one for item in contract.document["paths"].values() for one in item.get("parameters", ())]

    assert [one for one in parameters if not contract.resolved(one).get("description")] == []


def test_every_body_has_an_example_that_is_what_its_schema_says(contract: Contract) -> None:
    wrong = [
        f"{place}: {found}"
        for place, media in contract.bodies()
        for example in contract.examples(media)
        for found in contract.wrong(media["schema"], example)
    ]

    assert wrong == []
    assert [place for place, media in contract.bodies() if not contract.examples(media)] == []


def test_texts_come_in_one_language_or_in_all_of_them(contract: Contract) -> None:
    answer = contract.operations["/v1/calls/{id_or_slug}", "get"]["responses"]["200"]

    assert answer["content"]["application/json"]["schema"] == {
        "anyOf": [{"$ref": "#/components/schemas/CallInLanguage"}, {"$ref": "#/components/schemas/Call"}]
    }


def test_what_is_sent_and_comes_back_is_described_twice(contract: Contract) -> None:
    schemas = contract.document["components"]["schemas"]

    assert "places_left" in schemas["Destination"]["properties"]
    assert "places_left" not in schemas["DestinationWrite"]["properties"]


def test_every_array_says_what_it_holds(contract: Contract) -> None:
    silent = [node for node in nodes(contract.document) if "array" in (node.get("type") or ()) and "items" not in node]

    assert silent == []


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document, but for examples, which may hold anything."""
    if isinstance(node, dict):
        yield node
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, inner in inside:
        if name not in ("example", "examples"):
            yield from nodes(inner)


def test_patterns_are_ones_that_browsers_read(contract: Contract) -> None:
    assert re.findall(r"pattern: .*(?:\\A|\\Z|\(\?P)", generated()) == []


def test_every_event_has_a_webhook(contract: Contract) -> None:
    assert list(contract.document["webhooks"]) == [str(kind) for kind in EventType]


@pytest.mark.parametrize("kind", list(EventType))
def test_a_webhook_says_what_is_sent_and_how_it_is_signed(contract: Contract, kind: EventType) -> None:
    told = contract.document["webhooks"][kind]["post"]
    schema = told["requestBody"]["content"]["application/json"]["schema"]

    assert [contract.resolved(one)["name"] for one in told["parameters"]] == [
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ]
    assert (schema["required"], schema["properties"]["type"]["const"]) == (["type", "timestamp", "data"], kind)
    assert told["description"].startswith(MEANING[kind])


def test_events_mean_the_same_in_the_docs() -> None:
    written = re.findall(r"^## (\S+)\n(.+)$", (ROOT / "docs" / "events.md").read_text(), re.MULTILINE)

    assert dict(written) == MEANING


def test_every_code_of_a_problem_is_explained_with_its_status() -> None:
    given = {code: status for status, code in CODE_OF_STATUS.items()}
    given |= {kind.code: _status(kind) for kind in _kinds(DomainError)}

    assert {code: meaning.status for code, meaning in PROBLEMS.items()} == given


def _kinds(kind: type[DomainError]) -> list[Any]:
    return [found for one in kind.__subclasses__() for found in (one, *_kinds(one))]


def _status(kind: type[DomainError]) -> int:
    return next(STATUS[one] for one in kind.__mro__ if one in STATUS)


def test_every_list_says_by_what_it_can_be_sorted(contract: Contract) -> None:
    sorts = {
        operation["operationId"]: parameter["schema"].get("enum")
        for operation in contract.operations.values()
        for parameter in map(contract.resolved, operation["parameters"])
        if parameter["name"] == "sort"
    }

    assert [name for name, orders in sorts.items() if not orders] == []
    assert sorts["listCalls"][:2] == ["opens_at", "-opens_at"]


@pytest.mark.parametrize("name", [name for name in SORTS if name not in DEEPER])
def test_a_list_is_sorted_by_what_it_says_and_by_nothing_else(
    contract: Contract, world: World, as_: Any, name: str
) -> None:
    (path,) = [path for (path, _), one in contract.operations.items() if one["operationId"] == name]
    address, caller = path.format(code=world.project_code()), as_("coordinator")

    answers = [caller.get(f"{address}?sort={order}").status_code for order in choices(name)]

    refused = caller.get(f"{address}?sort=colour")
    assert (set(answers), refused.status_code) == ({200}, 422)
    assert [(one["pointer"], one["code"], one["in"]) for one in refused.json["errors"]] == [
        ("/sort", "not_a_choice", "query")
    ]
