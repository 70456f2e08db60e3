"""README's quickstart, by the client: open calls in one's language, who one is, the application that curl sends."""

import json
import re

from tests.client.school import School
from tests.e2e.running import ROOT, TOKEN

LINES = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("curl")]
APPLY = next(line for line in LINES if "/applications" in line)
CALL = re.search(r"/v1/calls/([^/]+)/applications", APPLY)[1]  # type: ignore[index]
APPLICATION = json.loads(re.search(r"-d '(.*?)'", APPLY)[1])  # type: ignore[index]


def test_the_call_is_among_the_open_ones_in_cyrillic(school: School) -> None:
    done = school.run("calls", "--country", "RS", "--lang", "sr-Cyrl", "--json")

    (call,) = [call for call in map(json.loads, done.stdout.splitlines()) if call["slug"] == CALL]
    assert (call["lang"], call["status"]) == ("sr-Cyrl", "open")


def test_login_says_who_one_is(school: School) -> None:
    me = school.running.get("/v1/me", TOKEN).json()

    done = school.run("login", input=f"{school.running.base_url}\n{TOKEN}\n")

    assert f"You are {me['holder']} of {me['organisation']}." in done.stdout


def test_the_application_is_sent_once_and_told_as_an_event(school: School) -> None:
    file = school.folder / "readme.ndjson"
    file.write_text(json.dumps(APPLICATION))

    codes = [school.run("apply", file, "--call", CALL).returncode for _ in range(2)]

    (outcome,) = school.outcomes(file)
    assert (codes, outcome.outcome, outcome.state) == ([0, 0], "added", "submitted")
    assert school.client.application(outcome.application_id)["person"] is not None
    shown = school.run("status", file, "--json").stdout
    assert json.loads(shown)["reference"] == outcome.reference
