"""JSON Merge Patch."""

from copy import deepcopy
from typing import Any

import pytest

from api.patching import merge
from tests.house import House


@pytest.mark.parametrize(
    ("target", "patch", "merged"),
    [  # RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_patches_merge_as_the_standard_says(target: Any, patch: Any, merged: Any) -> None:
    before = deepcopy(target)

    assert merge(target, patch) == merged
    assert target == before


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/merge-patch+json", 200),
        ("application/json", 200),
        ("application/merge-patch+json; charset=utf-8", 200),
        ("application/json-patch+json", 415),
        ("text/plain", 415),
        ("", 415),
    ],
)
def test_a_patch_comes_as_json(house: House, content_type: str, status: int) -> None:
    answer = house.send("PATCH", house.call, by="partner", data=b"{}", content_type=content_type)

    assert answer.status_code == status


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b'"x"', b"", b"{", b'{"places": 1, "places": 2}'])
def test_a_patch_is_an_object(house: House, body: bytes) -> None:
    answer = house.send("PATCH", house.call, by="partner", data=body, content_type="application/merge-patch+json")

    assert (answer.status_code, answer.json["code"]) == (400, "bad_request")


def test_what_is_patched_to_null_is_as_if_it_had_not_been_sent(house: House) -> None:
    for field, code in (("places", "required"), ("timezone", "required"), ("closes_at", "use_extension")):
        answer = house.send("PATCH", house.call, by="partner", json={field: None})

        assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [(f"/{field}", code)]
