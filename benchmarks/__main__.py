"""Run the benchmarks: `python -m benchmarks [--quick] [names]`. Exit code 1 when a gate isn't kept.

A full run of everything writes benchmarks/results/ and RESULTS.md anew; a quick one only prints.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping

from benchmarks import applications, calls, deliveries, latency, machine, mobilities, report
from benchmarks.measure import FULL, QUICK, Effort, Figure
from tests import postgres

BENCHMARKS: Mapping[str, Callable[[Effort], Iterator[Figure]]] = {
    "calls": calls.run,
    "applications": applications.run,
    "deliveries": deliveries.run,
    "latency": latency.run,
    "mobilities": mobilities.run,
}
# A server that forgets nothing; the tests' own has settings with which a crash costs it everything.
DURABLE = ("-c", "jit=off", "-c", "max_wal_size=4GB")


def main() -> int:
    """Measure what is named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of {', '.join(BENCHMARKS)}; all unless told")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds; nothing is written")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # with every server put away, as on Ctrl-C
    if postgres.VARIABLE not in os.environ:
        os.environ[postgres.VARIABLE] = postgres.start_server(DURABLE).url
    kept = [_measured(name, QUICK if asked.quick else FULL) for name in asked.names or BENCHMARKS]
    if not asked.quick:
        described = machine.description()
        for name, figures in kept:
            report.keep(name, figures, machine=described)
        report.write()
    missed = [figure for _, figures in kept for figure in figures if not figure.passes]
    for figure in missed:
        print(f"gate missed: {report.line(figure)}")
    return 1 if missed else 0


def _measured(name: str, effort: Effort) -> tuple[str, list[Figure]]:
    began, figures = time.monotonic(), []
    for figure in BENCHMARKS[name](effort):
        print(report.line(figure), flush=True)
        figures.append(figure)
    print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    return name, figures


if __name__ == "__main__":
    raise SystemExit(main())
