"""docs/officer.md, executed from its first command to its last, with the sheet filled in where it says so."""

import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.api.test_call_decisions import filled_in
from tests.e2e.running import ROOT, TOKEN, Running, installation, wait_until

NAMES = ("Ana", "Iva", "Mia")


def script(base_url: str) -> tuple[str, str]:
    """Its commands before the sheet is filled in, and after."""
    text = (ROOT / "docs" / "officer.md").read_text().replace("http://127.0.0.1:8000", base_url)
    before, after = (
        "\n".join(re.findall(r"^```sh\n(.*?)^```", part, re.DOTALL | re.MULTILINE)) for part in text.split("## 2.")
    )
    functions = before.partition("ask -o")[0]
    return before, functions + after


def in_selection(running: Running) -> dict[str, Any]:
    """A call with eligible applications, whose selection has begun."""

    def post(path: str, **body: Any) -> Any:
        answer = running.post(f"/v1/{path}", TOKEN, json=body)
        assert answer.ok, answer.text
        return answer.json()

    me = running.get("/v1/me", TOKEN).json()["organisation_id"]
    running.patch(
        f"/v1/organisations/{me}", TOKEN, json={"legal_name": "A Chamber", "country": "IT", "type": "chamber"}
    )
    post("projects", **PROJECT)
    post("projects/MINE/start")
    activity = post("activities", project="MINE", key="stays", code="short_term_learner", title={"en": "Stays"})["id"]
    now = datetime.now(UTC)
    opening = {"opens_at": (now - timedelta(days=1)).isoformat(), "closes_at": (now + timedelta(seconds=4)).isoformat()}
    call: dict[str, Any] = post("calls", activity_id=activity, **CALL, **opening)
    post(f"calls/{call['id']}/publication")
    for name in NAMES:
        person = {**PERSON, "given_names": name, "email": f"{name}@example.org"}
        one = post(f"calls/{call['id']}/applications", person=person, answers={})["id"]
        post(f"applications/{one}/eligibility", outcome="eligible")
    wait_until(lambda: running.post(f"/v1/calls/{call['id']}/selection", TOKEN).ok)
    return call


PROJECT = {
    "code": "MINE", "title": {"en": "Mine"}, "action_type": "KA121-VET", "rule_set": "KA1-VET-2021",
    "starts_on": "2026-01-01", "ends_on": "2099-12-31", "languages": ["en"],
}  # fmt: skip
CALL = {
    "project": "MINE", "title": {"en": "Lyon"}, "summary": {"en": "For cooks."}, "description": {"en": "Learn."},
    "eligible_countries": ["IT"], "places": 1, "timezone": "Europe/Rome",
    "destinations": [{"country": "FR", "city": "Lyon", "places": 1}],
}  # fmt: skip
PERSON = {"family_name": "Bianchi", "birth_date": "2005-03-08", "country": "IT"}


def test_a_sheet_is_fetched_filled_in_tried_and_confirmed(tmp_path: Path) -> None:
    with installation("sqlite", tmp_path) as running:
        call, sheet = in_selection(running), tmp_path / "sheet.xlsx"
        before, after = script(running.base_url)
        environment = {"PATH": "/usr/bin:/bin", "TOKEN": TOKEN, "CALL": call["id"]}
        _run(before, tmp_path, environment)
        rows = ({"Decision": "selected", "Destination": "Lyon (FR)"}, {"Decision": "reserve", "Rank": 1})
        sheet.write_bytes(filled_in(sheet.read_bytes(), *rows))

        told = _run(after, tmp_path, environment)

        states = running.get("/v1/applications?sort=submitted_at", TOKEN).json()["items"]
        assert [one["state"] for one in states] == ["selected", "reserve", "rejected"]
        assert told.count('"dry_run":true') == 1
        assert states[0]["confirm_by"] == "2099-01-25T16:00:00Z"


def _run(commands: str, folder: Path, environment: dict[str, str]) -> str:
    words = ["sh", "-e", "-c", commands]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr
    return done.stdout
