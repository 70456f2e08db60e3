"""What is read out of a reply's head."""

import pytest

from integrations.exchange import EXPLANATIONS, ErrorClass, Outcome, check_headers, final_status

OK = b"HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"


def outcome(head: bytes) -> Outcome:
    """An outcome with this head."""
    return Outcome(0, "https://hooks.example.org/", 200, None, 1, head)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (OK, 200),
        (b"HTTP/1.0 503 Busy\n\n", 503),
        (HINTS + OK, 200),
        (HINTS, None),
        (HINTS + b"HTTP/1.1 200 OK\r\nX-A: 1\r\n", None),
        (OK + b"X-Trailer: 1\r\n\r\n", 200),
        (b"HTTP/1.1 200 OK\r\n", None),
        (b"220 mail.example.org\r\n\r\n", None),
        (b"", None),
    ],
)
def test_a_status_is_that_of_a_whole_final_head(head: bytes, status: int | None) -> None:
    assert final_status(head) == status


@pytest.mark.parametrize(
    ("head", "headers"),
    [
        (OK, {"x-a": "1"}),
        (HINTS + OK + b"X-Trailer: 1\r\n\r\n", {"x-a": "1"}),
        (b"HTTP/1.1 200 OK\r\nRETRY-AFTER:  5 \r\nX: a\r\nx: b\r\nnonsense\r\n\r\n", {"retry-after": "5", "x": "a, b"}),
        (b"HTTP/1.1 200 OK\r\nX: \xe9\r\n\r\n", {"x": "é"}),
        (b"", {}),
    ],
)
def test_headers_are_read_by_lower_case_name(head: bytes, headers: dict[str, str]) -> None:
    assert outcome(head).headers == headers


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\x00b", "naïve", "a\x7fb", "a\tb"])
def test_a_header_that_is_not_one_line_of_visible_ascii_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="can't be sent"):
        check_headers({"x-note": value})


def test_a_headers_name_is_looked_at_as_well() -> None:
    with pytest.raises(ValueError, match="can't be sent"):
        check_headers({"x-note: a\r\nx-other": "b"})


def test_every_error_class_is_explained() -> None:
    assert set(EXPLANATIONS) == set(ErrorClass)
