"""Forms and answers made by dice, judged by us, by `jsonschema` and by npm's `ajv`: do all say the same?

`.venv/bin/python -m tests.contract.form_verdicts` judges 2,000; another number can follow, and a seed.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator

from domain.services.form_schemas import Fields, json_schema
from domain.services.forms import check_answers
from tests import generated_forms
from tests.contract.foreign import NODE, node_folder, program

PAIRS = 2000
SEED = 20261128
WITHIN_S = 300  # seconds for ajv, which needs a few milliseconds for each of 2,000 schemas


class Pair(NamedTuple):
    """A form, and answers to it."""

    fields: Fields
    answers: Any


class Verdicts(NamedTuple):
    """Who takes the answers for good ones."""

    ours: bool
    jsonschema: bool
    ajv: bool
    ajv_with_formats: bool


def pairs(count: int, *, seed: int = SEED) -> list[Pair]:
    """Pairs, the same ones for the same seed."""
    dice = Random(seed)
    forms = [generated_forms.form(dice) for _ in range(count)]
    return [Pair(fields, generated_forms.answers(dice, fields)) for fields in forms]


def served(fields: Fields, *, lang: str = "en") -> dict[str, Any]:
    """The form as its readers get it."""
    return json_schema(fields, lang=lang, version=1, id="https://example.org/v1/calls/1/form")


def verdicts(judged: Sequence[Pair], *, folder: Path) -> list[Verdicts]:
    """What each says about each pair; `folder` has what npm brought."""
    ours = [not check_answers(*one) for one in judged]
    theirs = [Draft202012Validator(served(one.fields)).is_valid(one.answers) for one in judged]
    return [Verdicts(*one) for one in zip(ours, theirs, *_by_ajv(judged, folder), strict=True)]


def _by_ajv(judged: Sequence[Pair], folder: Path) -> tuple[list[bool], list[bool]]:
    # Infinity is what JSON's 1e400 becomes in either language; only Python writes it as a word.
    lines = [json.dumps([served(one.fields), one.answers]).replace("Infinity", "1e400") for one in judged]
    run = [program("node"), "--eval", (NODE / "validate.cjs").read_text()]
    done = subprocess.run(
        run, cwd=folder, check=True, input="\n".join(lines), capture_output=True, text=True, timeout=WITHIN_S
    )
    plain, with_formats = json.loads(done.stdout)
    return plain, with_formats


def main(count: int, seed: int) -> int:
    """Judge, and say how many were good, and which ones are told differently."""
    judged = pairs(count, seed=seed)
    with TemporaryDirectory() as folder:
        said = verdicts(judged, folder=node_folder(Path(folder)))
    disagreed = [(pair, one) for pair, one in zip(judged, said, strict=True) if len(set(one)) > 1]
    good = sum(one.ours for one in said)
    told = [f"{count} pairs, {good} of them good by us, {len(disagreed)} judged differently"]
    told += [f"{one}\n  {json.dumps(pair.fields)}\n  {json.dumps(pair.answers)}" for pair, one in disagreed[:10]]
    sys.stdout.write("\n".join([*told, ""]))
    return 1 if disagreed else 0


if __name__ == "__main__":
    count, seed, *_ = [*map(int, sys.argv[1:]), *(PAIRS, SEED)[len(sys.argv) - 1 :]]
    sys.exit(main(count, seed))
