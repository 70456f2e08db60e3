"""docs/bulk.md, executed from its first command to its last, with the template filled in where it says so."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.api.test_call_decisions import filled_in
from tests.e2e.running import ROOT, TOKEN, Running, installation, wait_until
from tests.e2e.test_officer import CALL, PROJECT, _run

PUPIL = {"Family name": "Bianchi", "Birth date": "8.3.2005.", "Country": "Italy", "First choice": "Lyon (FR)"}


def script(base_url: str) -> tuple[str, str]:
    """Its commands before the template is filled in, and after."""
    text = (ROOT / "docs" / "bulk.md").read_text().replace("http://127.0.0.1:8000", base_url)
    before, after = (
        "\n".join(re.findall(r"^```sh\n(.*?)^```", part, re.DOTALL | re.MULTILINE)) for part in text.split("## 2.")
    )
    return before, before.partition("ask -o")[0] + after


def open_call(running: Running) -> dict[str, Any]:
    """A call that takes applications now."""
    me = running.get("/v1/me", TOKEN).json()["organisation_id"]
    chamber = {"legal_name": "A Chamber", "country": "IT", "type": "chamber"}
    running.patch(f"/v1/organisations/{me}", TOKEN, json=chamber)
    now = datetime.now(UTC)
    running.post("/v1/projects", TOKEN, json=PROJECT)
    running.post("/v1/projects/MINE/start", TOKEN)
    stays = {"project": "MINE", "key": "stays", "code": "short_term_learner", "title": {"en": "Stays"}}
    activity = running.post("/v1/activities", TOKEN, json=stays).json()["id"]
    opening = {"opens_at": (now - timedelta(days=1)).isoformat(), "closes_at": (now + timedelta(days=1)).isoformat()}
    call: dict[str, Any] = running.post("/v1/calls", TOKEN, json={**CALL, **opening, "activity_id": activity}).json()
    running.post(f"/v1/calls/{call['id']}/publication", TOKEN)
    return call


def test_a_template_is_fetched_filled_in_tried_sent_and_mended(tmp_path: Path) -> None:
    with installation("sqlite", tmp_path) as running:
        call, sheet = open_call(running), tmp_path / "pupils.xlsx"
        before, after = script(running.base_url)
        environment = {"PATH": "/usr/bin:/bin", "TOKEN": TOKEN, "CALL": call["id"]}
        _run(before, tmp_path, environment)
        mails = {"Ana": "ana@example.org", "Iva": "nobody"}
        pupils = [PUPIL | {"Given names": name, "E-mail": mail} for name, mail in mails.items()]
        sheet.write_bytes(filled_in(sheet.read_bytes(), *pupils))

        told = _run(after, tmp_path, environment)
        done = wait_until(lambda: _all_done(running))

        assert [(one["dry_run"], one["added"], one["unchanged"], one["rejected"]) for one in done] == [
            (False, 1, 0, 0),
            (False, 0, 1, 1),
            (False, 1, 0, 1),
            (True, 1, 0, 1),
        ]
        assert told.count('"cell":"C3","code":"not_an_email"') == 1


def _all_done(running: Running) -> Any:
    found = running.get("/v1/imports", TOKEN).json()["items"]
    return found if {one["state"] for one in found} == {"done"} else None
