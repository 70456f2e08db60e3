"""How a rule says no to an input: all that is wrong at once, each at its place."""

import pytest

from domain.errors import Finding, InvalidInput, pointer_step, refuse, under

TAKEN, SHORT = Finding("/slug", "taken"), Finding("/title/en", "too_short", {"limit": 1})


def test_an_input_without_findings_passes() -> None:
    refuse([])


def test_all_that_was_found_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refusal:
        refuse(finding for finding in (TAKEN, SHORT))

    assert refusal.value.findings == (TAKEN, SHORT)


def test_findings_of_a_part_are_told_below_its_place() -> None:
    assert under("/calls/0", [SHORT]) == [Finding("/calls/0/title/en", "too_short", {"limit": 1})]


# RFC 6901, 5: the names of its example, and how a pointer leads to them.
@pytest.mark.parametrize(("name", "step"), [("a/b", "a~1b"), ("m~n", "m~0n"), ("c%d", "c%d"), ("~1", "~01"), ("", "")])
def test_a_name_is_one_step_of_a_pointer(name: str, step: str) -> None:
    assert pointer_step(name) == step
