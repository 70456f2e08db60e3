"""`intervet events`: each event once, in order, whoever stops the program and however."""

import json
import signal
import subprocess
from pathlib import Path

from tests.client.school import CALL, INTERVET, School, pupils
from tests.e2e.running import wait_until


def events(school: School, *words: str) -> list[str]:
    """The types of the events that are printed."""
    done = school.run("events", *words)
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["type"] for line in done.stdout.splitlines()]


def test_events_are_printed_once_over_restarts(school: School) -> None:
    wait_until(lambda: not events(school, "--position", "first"))
    school.run("apply", school.file(pupils(2, "Догађај")), "--call", CALL)

    told: list[str] = []
    wait_until(lambda: told.extend(events(school, "--position", "first")) or len(told) >= 2)

    assert told == ["application.submitted"] * 2
    assert events(school, "--position", "first") == []


def test_events_are_followed_until_it_is_told_to_stop(school: School) -> None:
    words = ("events", "--follow", "--every", "1", "--types", "application.withdrawn")
    running = school.start(*words)
    file = school.file(pupils(1, "Праћење"))
    school.run("apply", file, "--call", CALL)
    withdrawn = school.outcomes(file)[0].application_id
    school.running.post(f"/v1/applications/{withdrawn}/withdrawal", school.token, json={})
    position = school.folder / "intervet-events.position"

    def position_is_there() -> bool:
        last = [event["id"] for event in school.client.events(types="application.withdrawn")][-1:]
        return bool(last) and position.exists() and json.loads(position.read_text())["after"] >= last[0]

    wait_until(position_is_there)
    running.send_signal(signal.SIGINT)

    assert running.wait(timeout=20) == 130


def test_a_position_belongs_to_one_choice_of_events(school: School) -> None:
    events(school, "--types", "call.*")

    done = school.run("events", "--types", "application.*")

    assert done.returncode == 3
    assert "a file for each" in done.stderr


def test_a_position_that_is_out_of_sight_says_how_to_begin_again(school: School) -> None:
    kept = {"server": school.running.base_url, "after": "01938f6e-5c00-7000-8000-000000000001"}
    (school.folder / "intervet-events.position").write_text(json.dumps(kept))

    done = school.run("events")

    assert done.returncode == 3
    assert "Next: delete the file to begin again" in done.stderr


def printed(file: Path) -> list[str]:
    """The ids of the events in a file of lines."""
    return [json.loads(line)["id"] for line in file.read_text().splitlines()]


def test_killed_on_its_way_it_leaves_no_event_out_and_repeats_one_at_most(school: School) -> None:
    school.run("apply", school.file(pupils(30, "Убијен")), "--call", CALL)
    wait_until(lambda: len(list(school.client.events(types="application.submitted"))) >= 30)
    file = school.folder / "events"
    with file.open("a") as output:
        words = [INTERVET, "events", "--types", "application.submitted"]
        running = subprocess.Popen(words, env=school.environment, cwd=school.folder, stdout=output)
        wait_until(lambda: file.read_bytes().count(b"\n") >= 5 or running.poll() is not None)
        running.kill()
        running.wait()

        subprocess.run(words, env=school.environment, cwd=school.folder, stdout=output, check=True)

    expected = [event["id"] for event in school.client.events(types="application.submitted")]
    assert list(dict.fromkeys(printed(file))) == expected
    assert len(printed(file)) <= len(expected) + 1
