"""docs/walkthrough.md, executed from its first command to its last.

On the embedded engine, which its reader has; tests/e2e/test_main_job.py walks the same job on both.
"""

import re
import subprocess
from pathlib import Path

from tests.e2e.running import ROOT, TOKEN, Running, installation, wait_until

TOLD = [
    "project.started",
    "call.published",
    "application.submitted",
    "application.eligible",
    "call.selection_started",
    "application.selected",
    "application.confirmed",
    "mobility.nominated",
    "call.decided",
    "mobility.confirmed",
    "mobility.started",
    "mobility.completed",
    "mobility.recognised",
]

CLOCKS = {"call.opened", "call.closing_soon", "call.closed"}  # told when the worker looks at the clock


def script(base_url: str) -> str:
    """All its commands, for the server of the test."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / "walkthrough.md").read_text(), re.DOTALL | re.MULTILINE)
    lines = "\n".join(blocks).replace("http://127.0.0.1:8000", base_url)
    return lines.replace("$(cat var/bootstrap_token)", TOKEN)


def told(running: Running) -> list[str]:
    """The events so far, but for those of the clock."""
    kinds = [event["type"] for event in running.get("/v1/events", TOKEN).json()["items"]]
    return [kind for kind in kinds if kind not in CLOCKS]


def test_it_leads_from_nothing_to_a_recognised_mobility(tmp_path: Path) -> None:
    with installation("sqlite", tmp_path) as running:
        words = ["sh", "-e", "-c", script(running.base_url)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout[-1000:] + done.stderr

        # Events are told when the worker has given them their place, a moment after they happened.
        assert wait_until(lambda: len(told(running)) >= len(TOLD) and told(running)) == TOLD
        totals = running.get("/v1/projects/MY-PROJECT/statistics", TOKEN).json()["totals"]
        assert totals["all_with_target"] == {"planned": 12, "participations": 1, "percent": 8.33}
