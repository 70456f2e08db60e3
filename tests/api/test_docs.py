"""The contract as it is served, and the pages that explain it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from flask import render_template
from flask.testing import FlaskClient

from api.app import create_app
from api.docs import ASSETS
from api.openapi import document
from cli.openapi import contract as generated
from domain.config import Config
from domain.languages import CATALOGUES
from domain.transaction import connect
from schemas.problems import PROBLEMS

ANYWHERE_ELSE = re.compile(r"""(?:src|href)=["'](?!/)""")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A client of an application that no test asks for data: one for all of them, since the contract takes a second."""
    folder = tmp_path_factory.mktemp("docs")
    database = connect(f"sqlite:///{folder}/none.sqlite")
    config = Config(folder, "", "https://intervet.example", secret_keys=("k" * 40,))
    yield create_app(config, database=database).test_client()
    database.close()


def test_the_contract_is_served_as_json_with_the_servers_own_address(client: FlaskClient) -> None:
    answer = client.get("/openapi.json")

    assert answer.content_type == "application/json"
    assert answer.json == document(client.application) | {
        "servers": [{"url": "https://intervet.example", "description": "This server."}]
    }


def test_the_contract_is_served_as_yaml(client: FlaskClient) -> None:
    answer = client.get("/openapi.yaml")

    served, committed = (yaml.load(text, Loader=yaml.CSafeLoader) for text in (answer.text, generated()))
    assert (answer.content_type, served["paths"]) == ("application/yaml", committed["paths"])


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.yaml"])
def test_the_contract_may_be_kept_and_is_not_sent_twice(client: FlaskClient, path: str) -> None:
    first = client.get(path)

    second = client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert (first.headers["Cache-Control"], second.status_code, second.data) == ("public, max-age=3600", 304, b"")


@pytest.mark.parametrize("path", ["/docs", "/docs/problems"])
def test_a_page_loads_nothing_from_anywhere_else_and_runs_nothing_inline(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    loaded = re.findall(r'(?:src|href)="(/docs/assets/[^"]+)"', answer.text)

    assert ANYWHERE_ELSE.findall(answer.text) + re.findall(r"<script>|<style|\son\w+=|style=", answer.text) == []
    assert [client.get(one, buffered=True).status_code for one in loaded] == [200] * len(loaded)
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ASSETS)
def test_what_the_pages_load_is_in_the_house(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/docs/assets/{name}", buffered=True)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=3600")


@pytest.mark.parametrize("name", ["swagger-ui.js", "..%2Fapi.js", "%2e%2e/%2e%2e/pyproject.toml", "index.css"])
def test_nothing_else_is_to_be_had(client: FlaskClient, name: str) -> None:
    assert client.get(f"/docs/assets/{name}").status_code == 404


def test_the_page_asks_no_validator_on_the_internet() -> None:
    assert "validatorUrl: null" in Path(ASSETS["api.js"]).read_text()


@pytest.mark.parametrize("code", [*PROBLEMS, *CATALOGUES["en"]])
def test_every_code_has_a_place_on_the_page_of_problems(client: FlaskClient, code: str) -> None:
    assert client.get("/docs/problems").text.count(f'id="{code}"') == 1


@pytest.mark.parametrize("path", ["/", "/docs/"])
def test_who_knows_no_address_is_led_to_the_documentation(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/docs")


def test_the_icon_is_where_browsers_ask_for_it(client: FlaskClient) -> None:
    answer = client.get("/favicon.ico", buffered=True)

    assert (answer.status_code, answer.mimetype) == (200, "image/png")


@pytest.mark.parametrize("path", ["/docs", "/docs/problems"])
def test_every_page_has_the_icon(client: FlaskClient, path: str) -> None:
    assert client.get(path).text.count('<link rel="icon" href="/docs/assets/favicon-32x32.png">') == 1


def test_the_page_of_problems_has_one_order_of_headings_and_no_bare_backticks(client: FlaskClient) -> None:
    page = client.get("/docs/problems").text

    assert list(dict.fromkeys(re.findall(r"<(h[1-6])", page))) == ["h1", "h2"]
    assert "`" not in page
    assert "<p>Send <code>Authorization: Bearer ivt_…</code>. If the token has ended, ask" in page


def test_what_stands_in_code_is_still_escaped(client: FlaskClient) -> None:
    with client.application.app_context():
        page = render_template("problems.html", problems={}, findings={"one": "Not `<b>`, nor <i>."})

    assert "Not <code>&lt;b&gt;</code>, nor &lt;i&gt;." in page


def test_the_contract_leads_to_the_page_of_problems(client: FlaskClient) -> None:
    assert "](/docs/problems)" in client.get("/openapi.json").json["info"]["description"]


def test_the_type_of_a_problem_leads_to_its_place(client: FlaskClient) -> None:
    problem = client.get("/v1/me").json

    page, _, place = problem["type"].removeprefix("https://intervet.example").partition("#")

    assert f'id="{place}"' in client.get(page).text
