"""The results, as files for programs and as a page for people."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import Figure

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parent / "RESULTS.md"
ENGINE_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

HEAD = """# How fast it is

Written by `make bench`; do not edit. Each ratio is what we do by what the floor does in the same round on the same
machine: the median of interleaved rounds, in brackets the lowest and the highest. The ratio says something, the figures
beside it little: they are those of one machine in one hour, on which server, database and load shared all cores.
"""


def line(figure: Figure) -> str:
    """A figure in one line."""
    words = f"{figure.engine:10} {figure.name:38} {figure.ratio:6.2f} {_wanted(figure):22}"
    return f"{words} {figure.ours:10,.1f} against {figure.floors:10,.1f} {figure.unit}"


def keep(name: str, figures: Sequence[Figure], *, machine: Mapping[str, str]) -> None:
    """Keep the results of one benchmark."""
    kept = {
        "benchmark": name,
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": dict(machine),
        "figures": [figure.as_json() for figure in figures],
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")


def write() -> None:
    """Write the page from all the results that are kept."""
    kept = [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))]
    PAGE.write_text("\n".join([HEAD, *(part for one in kept for part in _section(one)), *_machines(kept)]))


def _section(kept: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {kept['benchmark'].capitalize()}\n"
    yield "| what | engine | against | ratio | wanted | ours | floor | CPU for one |"
    yield "|---|---|---|---|---|---|---|---|"
    for figure in kept["figures"]:
        made = Figure(**figure)
        lowest, highest = min(made.ratios), max(made.ratios)
        yield (
            f"| {made.name} | {ENGINE_NAMES[made.engine]} | {made.floor} | **{made.ratio:.2f}** "
            f"({lowest:.2f} to {highest:.2f}) | {_wanted(made)} | {_number(made.ours)} {made.unit} | "
            f"{_number(made.floors)} | {_computed(made)} |"
        )
    yield ""


def _machines(kept: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """On what the benchmarks ran: once for all that ran on the same."""
    ran: dict[str, list[str]] = {}
    for one in kept:
        ran.setdefault(json.dumps([one["measured_on"], one["machine"]]), []).append(one["benchmark"])
    for described, names in ran.items():
        day, machine = json.loads(described)
        yield f"## The machine of {', '.join(names)}, {day}\n"
        yield "| | |\n|---|---|"
        yield from (f"| {name} | {value} |" for name, value in machine.items())
        yield ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _wanted(figure: Figure) -> str:
    sign = "≤" if figure.at_most else "≥"
    wanted = [f"aim {figure.aim:g}"] if figure.aim is not None else []
    wanted += [f"gate {figure.gate:g}"] if figure.gate is not None else []
    return f"{sign} {', '.join(wanted)}" if wanted else "—"


def _computed(figure: Figure) -> str:
    if "cpu ms" not in figure.extra:
        return "—"
    return f"{figure.extra['cpu ms']:.2f} ms against {figure.extra['cpu ms of the floor']:.2f}"
