"""What can be wrong with a header: it is refused where it means something, and passed over where it means nothing."""

from collections.abc import Mapping

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from tests.house import APPLICATION, House, told

JSON = "application/json"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer é",
        "Bearer ivt_org_é",
        "Bearer",
        "Bearer ",
        "",
        "é",
        "Basic é",
        "Basic !!!",
        "Basic /w==",
        "Basic aXZ0Xw==",
        "Digest username=x",
        f"Bearer {'a' * 8000}",
        "Bearer ivt_org_" + "0" * 49,
        "Bearer \ud83d",
    ],
)
@pytest.mark.parametrize("path", ["/v1/me", "/v1/calls"])
def test_what_is_no_token_is_refused(house: House, path: str, header: str) -> None:
    value = header.encode("utf-8", "replace").decode("latin-1")

    answer = house.send("GET", path, environ_overrides={"HTTP_AUTHORIZATION": value})

    assert (told(answer), answer.headers["WWW-Authenticate"]) == ((401, []), 'Bearer realm="intervet"')


@pytest.mark.parametrize(
    "tag", ["", ",", "3", '"3"', 'W/"1-aaaaaaaaaaaa"', '"é"', "*, *", '"1-', '"1000000000000000000000-a"']
)
def test_a_tag_that_does_not_match_changes_nothing(house: House, tag: str) -> None:
    header = {"HTTP_IF_MATCH": tag.encode().decode("latin-1")}

    answer = house.send("PATCH", house.call, by="partner", json={"places": 3}, environ_overrides=header)

    assert told(answer) == (412, [])


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 256, "é", "not-a-uuid", "\x7f"])
def test_a_key_that_can_not_be_used_is_refused(house: House, key: str) -> None:
    header = {"HTTP_IDEMPOTENCY_KEY": key.encode().decode("latin-1")}

    answer = house.apply(json=APPLICATION, environ_overrides=header)

    assert told(answer) == (422, [("/Idempotency-Key", "not_a_key")])


HARMLESS: list[Mapping[str, str]] = [
    {"HTTP_IF_NONE_MATCH": '"'},
    {"HTTP_IF_NONE_MATCH": "é"},
    {"HTTP_IF_MODIFIED_SINCE": "yesterday"},
    {"HTTP_IF_MODIFIED_SINCE": "Thu, 99 Foo 0000 99:99:99 GMT"},
    {"HTTP_ACCEPT_LANGUAGE": "é;q=x, *;q=-1, " + "a" * 9000},
    {"HTTP_ACCEPT_LANGUAGE": ",".join(["sr;q=0.5"] * 1000)},
    {"HTTP_ACCEPT": "text/klingon"},
    {"HTTP_ACCEPT_ENCODING": "gzip;q=x, *"},
    {"HTTP_RANGE": "bytes=0-99999999999999999999"},
    {"HTTP_COOKIE": "session=é; \x00"},
    {"HTTP_X_FORWARDED_FOR": "' OR 1=1"},
    {"HTTP_ORIGIN": "null"},
    {"CONTENT_LENGTH": "-1"},
    {"CONTENT_LENGTH": "many"},
    {"CONTENT_TYPE": "é/;;=,"},
]


@pytest.mark.parametrize("header", HARMLESS)
def test_a_header_that_means_nothing_is_passed_over(house: House, header: Mapping[str, str]) -> None:
    assert house.send("GET", "/v1/calls", environ_overrides=header).status_code == 200


@pytest.mark.parametrize("length", ["-1", "many", "5", "99999999999999999999"])
def test_a_length_that_is_not_the_bodys_is_refused(house: House, length: str) -> None:
    answer = house.apply(data=b'{"lang": "en"}', content_type=JSON, environ_overrides={"CONTENT_LENGTH": length})

    assert told(answer)[0] in (400, 413, 422)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost@evil.example", "localhost.evil.example", "", "a" * 3000, "[::"]
)
def test_a_host_that_is_not_ours_is_refused(house: House, host: str) -> None:
    answer = house.send("GET", "/v1/calls", environ_overrides={"HTTP_HOST": host})

    assert told(answer) == (400, [])


@pytest.mark.parametrize(("protocol", "status"), [("HTTP/1.1", 400), ("HTTP/1.0", 200)])
def test_only_a_client_of_old_may_leave_out_the_host(house: House, protocol: str, status: int) -> None:
    environ = EnvironBuilder("/livez").get_environ() | {"SERVER_PROTOCOL": protocol}
    del environ["HTTP_HOST"]

    assert Response.from_app(house.client.application, environ).status_code == status
