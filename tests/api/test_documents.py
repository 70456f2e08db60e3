"""Documents over HTTP: sent as forms, listed, downloaded without danger, and gone when they are deleted."""

import os
import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pikepdf import Stream
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from api.app import create_app
from api.parsing import LARGEST_UPLOAD, MULTIPART
from domain.config import Config
from domain.models.documents import Document, DocumentState
from domain.models.tokens import Scope
from domain.services import decisions
from domain.transaction import Database, transaction
from tests.conftest import Clock
from tests.house import told
from tests.papers import GOOD, jpeg, pdf
from tests.world import World

KEY = {"Idempotency-Key": "a-cv-of-ana"}


def form(name: str = "cv.pdf", content: bytes = GOOD["cv.pdf"], **fields: Any) -> dict[str, Any]:
    """The form of an upload."""
    return {"data": {"kind": "cv", "file": (BytesIO(content), name), **fields}, "content_type": MULTIPART}


def address(world: World) -> str:
    """The documents of an application that the Serbian school has sent."""
    application = world.application(world.call(), sending_organisation_id=world.organisation("school"))
    return f"/v1/applications/{application.id}/documents"


def files(config: Config) -> list[Path]:
    """What lies in the store."""
    return [path for path in (config.data_dir / "files").rglob("*") if path.is_file()]


def test_a_school_sends_a_file_and_gets_it_back(world: World, as_: Any) -> None:
    there, school = address(world), as_("school")

    sent = school.post(there, **form("Životopis.pdf"))
    got = school.get(f"{there}/{sent.json['id']}/content")

    shown = {name: sent.json[name] for name in ("kind", "question", "name", "media_type", "size", "state")}
    assert (sent.status_code, shown, got.data) == (
        201,
        {
            "kind": "cv",
            "question": None,
            "name": "Životopis.pdf",
            "media_type": "application/pdf",
            "size": len(GOOD["cv.pdf"]),
            "state": "clean",
        },
        GOOD["cv.pdf"],
    )
    assert sent.headers["Location"] == f"http://localhost{there}/{sent.json['id']}"


@pytest.mark.parametrize("name", GOOD)
def test_every_kind_of_file_is_taken(world: World, as_: Any, name: str) -> None:
    there, school = address(world), as_("school")

    sent = school.post(there, **form(name, GOOD[name]))

    assert (sent.status_code, school.get(f"{there}/{sent.json['id']}/content").status_code) == (201, 200)


def test_a_download_can_only_be_saved(world: World, as_: Any) -> None:
    there, school = address(world), as_("school")
    sent = school.post(there, **form("Životopis, Ana; a=b'.pdf"))

    headers = school.get(f"{there}/{sent.json['id']}/content").headers

    assert {name: headers[name] for name in SAFE} == SAFE


SAFE = {
    "Content-Type": "application/octet-stream",
    "Content-Disposition": "attachment; filename*=UTF-8''%C5%BDivotopis%2C%20Ana%3B%20a%3Db%27.pdf",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


def test_a_photograph_comes_back_without_its_place(world: World, as_: Any) -> None:
    there, school = address(world), as_("school")

    sent = school.post(there, **form("portrait.jpg", jpeg(), kind="photograph"))

    assert (b"Belgrade" in jpeg(), b"Belgrade" in school.get(f"{there}/{sent.json['id']}/content").data) == (
        True,
        False,
    )


def test_the_list_has_them_as_they_came(world: World, as_: Any, clock: Clock) -> None:
    there, school = address(world), as_("school")
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        school.post(there, **form(name))
        clock.move(seconds=1)

    listed = school.get(f"{there}?limit=2")

    assert [item["name"] for item in listed.json["items"]] == ["a.pdf", "b.pdf"]
    assert [item["name"] for item in school.get(listed.json["next"]).json["items"]] == ["c.pdf"]


def test_one_document_or_three_take_the_same_number_of_queries(world: World, as_: Any, count_queries: Any) -> None:
    there, school = address(world), as_("school")
    school.post(there, **form())
    one = count_queries(lambda: school.get(there))
    for _ in range(2):
        school.post(there, **form())

    assert count_queries(lambda: school.get(there)) == one


@pytest.mark.parametrize("name", ["albanian_partner", "host", "stranger"])
def test_to_others_there_is_nothing_there(world: World, as_: Any, config: Config, name: str) -> None:
    there, document = sent(world, as_)
    other = as_(name)
    kept = files(config)

    answers = [
        other.get(there),
        other.get(document),
        other.get(f"{document}/content"),
        other.delete(document),
        other.post(there, **form()),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert files(config) == kept


def sent(world: World, as_: Any) -> tuple[str, str]:
    """The address of an application's documents, and that of the one that it has."""
    there = address(world)
    return there, f"{there}/{as_('school').post(there, **form('Ana Petrović.pdf')).json['id']}"


def test_without_sight_of_persons_there_is_a_file_without_name_and_content(world: World, as_: Any) -> None:
    there, document = sent(world, as_)
    blind = as_("school", scopes=frozenset(Scope) - {Scope.PERSONAL_READ})

    answers = (blind.get(document), blind.get(f"{document}/content"))

    assert [answer.status_code for answer in answers] == [200, 403]
    assert (answers[0].json["name"], blind.get(there).json["items"][0]["name"]) == (None, None)
    assert as_("school").get(document).json["name"] == "Ana Petrović.pdf"


def test_the_public_is_asked_for_a_token(world: World, client: FlaskClient) -> None:
    assert client.post(address(world), **form()).status_code == 401


def test_what_is_deleted_is_gone(world: World, as_: Any) -> None:
    there, document = sent(world, as_)
    school = as_("school")

    deleted = school.delete(document)

    assert (deleted.status_code, school.get(document).status_code) == (204, 404)
    assert school.get(f"{document}/content").status_code == 404
    assert school.get(there).json["items"] == []


def test_a_document_of_another_application_is_not_found_here(world: World, as_: Any) -> None:
    there, document = sent(world, as_)
    other = world.application(world.call(), "Iva", sending_organisation_id=world.organisation("school"))

    answer = as_("school").get(document.replace(there, f"/v1/applications/{other.id}/documents"))

    assert answer.status_code == 404


@pytest.mark.parametrize("state", [DocumentState.PENDING, DocumentState.INFECTED])
def test_what_is_not_known_to_be_clean_is_not_handed_out(
    world: World, as_: Any, database: Database, state: DocumentState
) -> None:
    _, document = sent(world, as_)
    with transaction(database) as session:
        session.execute(update(Document).values({"state": state}))

    answer = as_("school").get(f"{document}/content", headers={"Accept-Language": "sq"})

    assert (answer.status_code, answer.json["code"], answer.json["state"]) == (409, "document_not_clean", state)
    assert answer.json["title"].startswith("Ky skedar nuk mund të jepet")


def test_a_file_that_is_lost_is_said_to_be(world: World, as_: Any, config: Config) -> None:
    _, document = sent(world, as_)
    for path in files(config):
        path.unlink()

    assert as_("school").get(f"{document}/content").status_code == 404


# ── what is refused ───────────────────────────────────────────────────────────────────────────────────────────────


def refused(answer: TestResponse, config: Config) -> Any:
    assert files(config) == []
    return told(answer)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"kind": "passport"}, [("/kind", "not_a_choice")]),
        ({"kind": ""}, [("/kind", "not_a_choice")]),
        ({"question": "motivation"}, [("/kind", "kind_or_question"), ("/question", "not_a_choice")]),
        ({"nope": "1"}, [("/nope", "unknown_field")]),
        ({"kind": ["cv", "cv"]}, [("/kind", "repeated")]),
        ({"file": "a text"}, [("/file", "wrong_type")]),
    ],
)
def test_every_mistake_names_its_field(
    world: World, as_: Any, config: Config, fields: dict[str, Any], found: Any
) -> None:
    assert refused(as_("school").post(address(world), **form(**fields)), config) == (422, found)


@pytest.mark.parametrize(
    ("lang", "beginning"),
    [
        ("sq", "Kjo është një fotografi HEIC"),
        ("sr-Latn", "Ovo je HEIC"),
        ("mk", "Ова е HEIC"),
        ("en", "This is a HEIC"),
    ],
)
def test_a_bad_file_is_refused_with_what_would_help(
    world: World, as_: Any, config: Config, lang: str, beginning: str
) -> None:
    answer = as_("school").post(address(world), **form("IMG_1.HEIC"), headers={"Accept-Language": lang})

    assert refused(answer, config) == (422, [("/file", "file_heic")])
    assert answer.json["errors"][0]["detail"].startswith(beginning)


def test_a_file_without_its_form_is_refused(world: World, as_: Any, config: Config) -> None:
    there, school = address(world), as_("school")

    answers = [
        school.post(there, data=pdf(), content_type="application/pdf"),
        school.post(there, json={"kind": "cv"}),
        school.post(there),
        school.post(there, data={"kind": "cv"}, content_type=MULTIPART),
        school.post(there, data=b"--x\r\nnothing", content_type=MULTIPART),
    ]

    assert [answer.status_code for answer in answers] == [415, 415, 415, 422, 422]
    assert told(answers[3])[1] == [("/file", "required")]
    assert files(config) == []


def test_a_file_that_is_too_large_is_refused_and_json_stays_small(world: World, as_: Any, config: Config) -> None:
    there, school = address(world), as_("school")

    large = school.post(there, data=body("x", bytes(LARGEST_UPLOAD)), content_type=f"{MULTIPART}; boundary=x")
    many = school.post(there, **form(**{f"field{number}": "x" for number in range(30)}))
    long = school.post(there, **form(question="x" * 140_000))
    other = school.post("/v1/webhooks", data=b'{"a":"' + b"a" * 300_000 + b'"}', content_type="application/json")

    assert [one.status_code for one in (large, many, long, other)] == [413, 413, 413, 413]
    assert str(LARGEST_UPLOAD) in large.json["detail"]
    assert files(config) == []


def test_almost_twelve_megabytes_are_taken(world: World, as_: Any) -> None:
    content = pdf(lambda made: setattr(made.Root, "Scan", Stream(made, os.urandom(LARGEST_UPLOAD - 10_000))))

    answer = as_("school").post(address(world), data=body("line", content), content_type=f"{MULTIPART}; boundary=line")

    assert (answer.status_code, answer.json["size"]) == (201, len(content))


def test_what_the_service_refuses_leaves_no_file(world: World, as_: Any, config: Config) -> None:
    application = world.application(world.call(), sending_organisation_id=world.organisation("school"))
    world.do(decisions.decide_eligibility, application.id, eligible=True, reason=None)

    answer = as_("school").post(f"/v1/applications/{application.id}/documents", **form())

    assert (answer.status_code, answer.json["code"], files(config)) == (409, "conflict", [])


# ── sent again ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_form_under_the_same_key_is_one_document(world: World, as_: Any, config: Config) -> None:
    there, school = address(world), as_("school")

    first, second = (school.post(there, **form(), headers=KEY) for _ in range(2))

    assert (second.status_code, second.data) == (201, first.data)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert (len(world.read(select(Document))), len(files(config))) == (1, 1)


def test_it_is_the_same_form_whatever_stands_between_its_parts(world: World, as_: Any) -> None:
    there, school = address(world), as_("school")

    answers = [school.post(there, data=body(line), content_type=f"{MULTIPART}; boundary={line}", headers=KEY)
               for line in ("one", "two")]  # fmt: skip

    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true"]


def body(line: str, content: bytes = GOOD["cv.pdf"]) -> bytes:
    """The form as it goes over the wire."""
    kind = f'--{line}\r\nContent-Disposition: form-data; name="kind"\r\n\r\ncv\r\n'
    file = f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="cv.pdf"\r\n\r\n'
    return kind.encode() + file.encode() + content + f"\r\n--{line}--\r\n".encode()


@pytest.mark.parametrize("other", [{"name": "other.pdf"}, {"content": pdf() + b"\n"}, {"kind": "other"}])
def test_another_form_under_the_same_key_is_refused(world: World, as_: Any, other: dict[str, Any]) -> None:
    there, school = address(world), as_("school")
    school.post(there, **form(), headers=KEY)

    answer = school.post(there, **form(**other), headers=KEY)

    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_mismatch")


def test_what_was_taken_in_time_is_said_again_after_the_deadline(world: World, as_: Any, clock: Clock) -> None:
    there, school = address(world), as_("school")
    first = school.post(there, **form(), headers=KEY)
    world.do(decisions.decide_eligibility, world.read(select(Document.application_id))[0], eligible=True, reason=None)

    assert school.post(there, **form(), headers=KEY).data == first.data


def test_two_at_once_are_counted_one_after_the_other(
    world: World, config: Config, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.services.documents.MOST", 1)
    there, token = address(world), world.token("school")
    app, answers = create_app(config, clock=clock, database=database), []

    def send() -> None:
        headers = {"Authorization": f"Bearer {token}"}
        answers.append(app.test_client().post(there, **form(), headers=headers).status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [201, 422, 422, 422]
