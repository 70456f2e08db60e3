"""The shell of the page for people: its languages, its policy, its files."""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from string import Formatter

import pytest
from flask.testing import FlaskClient

from api.app import create_app
from api.portal import ASSETS, STRINGS
from api.words import LANGUAGE_NAMES, WEB
from domain.config import Config
from domain.languages import CATALOGUES
from domain.models.recoveries import RecoveryKind
from domain.models.webhooks import DeliveryState, EndpointState, Payload
from domain.transaction import connect
from integrations.exchange import ErrorClass

CYRILLIC = ["mk", "sr-Cyrl"]
# What stays Latin in a Cyrillic sentence: names of standards, and what is to be typed.
LATIN = re.compile(
    r"\{\w+\}|JavaScript|API|HTTP|DNS|UTC|\bms\b|2xx|ivt_|https://|webhooks:manage|webhook\.ping|call\.(published|closed)"
)
SOURCE = (WEB / "static" / "portal.js").read_text()
PAGE = (WEB / "pages" / "portal.html").read_text()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A client of an application that no test asks for data: one for all of them."""
    folder = tmp_path_factory.mktemp("portal")
    database = connect(f"sqlite:///{folder}/none.sqlite")
    config = Config(folder, "", "https://intervet.example", secret_keys=("k" * 40,))
    yield create_app(config, database=database).test_client()
    database.close()


def placeholders(sentence: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def title(page: str) -> str:
    found = re.search(r"<h1[^>]*>([^<]*)</h1>", page)
    assert found is not None
    return unescape(found[1])


def test_the_page_speaks_what_the_rest_speaks() -> None:
    assert STRINGS.keys() == CATALOGUES.keys() == LANGUAGE_NAMES.keys()


@pytest.mark.parametrize("path", sorted((WEB / "strings").glob("*.json")), ids=lambda path: path.stem)
def test_every_language_has_every_text_in_the_same_order(path: Path) -> None:
    written, english = (json.loads(file.read_text()) for file in (path, path.with_stem("en")))

    assert {page: list(texts) for page, texts in written.items()} == {
        page: list(texts) for page, texts in english.items()
    }


@pytest.mark.parametrize("lang", sorted(STRINGS))
def test_a_text_has_the_same_placeholders_in_every_language(lang: str) -> None:
    expected = {name: placeholders(text) for name, text in STRINGS["en"].items()}

    assert {name: placeholders(text) for name, text in STRINGS[lang].items()} == expected


@pytest.mark.parametrize("lang", sorted(STRINGS))
def test_no_text_is_empty(lang: str) -> None:
    assert [name for name, text in STRINGS[lang].items() if not text.strip()] == []


@pytest.mark.parametrize("lang", sorted(STRINGS.keys() - {"en"}))
def test_no_text_is_left_in_english(lang: str) -> None:
    alike = {name for name, text in STRINGS[lang].items() if text == STRINGS["en"][name]}

    assert alike - {"api", "duration", "token"} == set()


@pytest.mark.parametrize("lang", CYRILLIC)
def test_cyrillic_texts_have_no_stray_latin_letters(lang: str) -> None:
    assert [text for text in STRINGS[lang].values() if re.search("[A-Za-z]", LATIN.sub("", text))] == []


@pytest.mark.parametrize("lang", sorted(STRINGS.keys() - set(CYRILLIC)))
def test_latin_texts_have_no_stray_cyrillic_letters(lang: str) -> None:
    assert [text for text in STRINGS[lang].values() if re.search("[\u0400-\u04ff]", text)] == []


def test_each_cyrillic_language_has_letters_of_its_own() -> None:
    macedonian, serbian = "".join(STRINGS["mk"].values()), "".join(STRINGS["sr-Cyrl"].values())

    assert (set("ђћ") & set(macedonian), set("ѓќѕ") & set(serbian)) == (set(), set())


@pytest.mark.parametrize(
    "name",
    [
        *(f"error_{error}" for error in (*ErrorClass, "unprepared")),
        *(f"state_{state}" for state in EndpointState),
        *(f"kind_{kind}" for kind in RecoveryKind),
        *(f"payload_{payload}" for payload in Payload),
        *DeliveryState,
    ],
)
def test_whatever_the_api_may_say_has_words(name: str) -> None:
    assert name in STRINGS["en"]


def test_every_text_that_the_page_asks_for_is_there_and_no_other() -> None:
    named = {name for pair in re.findall(r'data-(?:text|label)="(\w+)"|words\.(\w+)', PAGE) for name in pair if name}
    named |= set(re.findall(r'word\("(\w+)"', SOURCE))
    spoken = set(re.findall(r'"(\w+)"', SOURCE)) | set(re.findall(r"^ {6}(\w+)[:,]", SOURCE, re.MULTILINE))
    families = re.compile("(error|state|kind|payload)_")

    unused = {name for name in STRINGS["en"] if not families.match(name)} - named - spoken

    assert (named - STRINGS["en"].keys(), unused) == (set(), set())


@pytest.mark.parametrize(
    ("query", "header", "lang"),
    [
        ("", None, "en"),
        ("", "sq-AL,sq;q=0.9", "sq"),
        ("", "hr", "bs"),
        ("?lang=mk", "sq", "mk"),
        ("?lang=sr-Latn", None, "sr-Latn"),
        ("?lang=cnr&utm_source=letter", None, "cnr"),
        ("?lang=*", "sq", "en"),
        ("?lang=%22%3E", "de", "en"),
    ],
)
def test_the_page_comes_in_the_readers_language(client: FlaskClient, query: str, header: str | None, lang: str) -> None:
    answer = client.get(f"/portal{query}", headers={"Accept-Language": header} if header else {})

    assert (answer.status_code, answer.headers["Content-Language"]) == (200, lang)
    assert (f'<html lang="{lang}">' in answer.text, title(answer.text)) == (True, STRINGS[lang]["title"])


@pytest.mark.parametrize("lang", sorted(STRINGS))
def test_a_language_can_be_changed_without_the_page(client: FlaskClient, lang: str) -> None:
    assert client.get(f"/portal/strings/{lang}").json == STRINGS[lang]


def test_the_page_carries_its_texts_as_data(client: FlaskClient) -> None:
    found = re.search(r'<script type="application/json" id="words">(.*?)</script>', client.get("/portal?lang=mk").text)

    assert found is not None
    assert json.loads(found[1]) == STRINGS["mk"]


def test_the_policy_lets_in_our_own_files_alone(client: FlaskClient) -> None:
    assert client.get("/portal").headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def test_nothing_is_inline_and_nothing_is_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/portal").text

    assert re.findall(r"""<script>|<style|\son\w+=|\sstyle=|(?:src|href)=["'](?![/#])""", page) == []


@pytest.mark.parametrize("word", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "cookie"])
def test_the_program_does_without(word: str) -> None:
    assert word not in SOURCE.partition('"use strict"')[2]


@pytest.mark.parametrize("storage", ["localStorage", "sessionStorage", "indexedDB", "caches", "pushState"])
def test_the_program_keeps_nothing(storage: str) -> None:
    assert storage not in SOURCE


@pytest.mark.parametrize("name", ASSETS)
def test_its_files_are_asked_for_anew_and_not_sent_twice(client: FlaskClient, name: str) -> None:
    first = client.get(f"/portal/assets/{name}", buffered=True)

    second = client.get(f"/portal/assets/{name}", headers={"If-None-Match": first.headers["ETag"]}, buffered=True)

    assert (first.headers["Cache-Control"], second.status_code, second.data) == ("no-cache", 304, b"")


@pytest.mark.parametrize(
    "path", ["assets/portal.html", "assets/..%2Fpages%2Fportal.html", "strings/de", "strings/en.json"]
)
def test_nothing_else_is_to_be_had(client: FlaskClient, path: str) -> None:
    assert client.get(f"/portal/{path}").status_code == 404


def test_without_scripts_the_page_says_what_else_works(client: FlaskClient) -> None:
    found = re.search(r"<noscript>(.*?)</noscript>", client.get("/portal").text, re.DOTALL)

    assert found is not None
    assert (STRINGS["en"]["noscript"] in unescape(found[1]), 'href="/openapi.yaml"' in found[1]) == (True, True)
