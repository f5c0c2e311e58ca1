"""`make bench`: every figure next to its goal, as JSON. `python -m tests.benchmarks.bench starting searching` runs a part.

Absolute figures are this machine's and this hour's; what is compared is measured in one run, as a ratio.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time

from tests.benchmarks import answering, inference, ingesting, production, revocation, searching, starting, worst

PARTS = {
    "starting": starting.measure,
    "ingesting": ingesting.measure,
    "searching": searching.measure,
    "answering": answering.measure,
    "revocation": revocation.measure,  # for how long an ended key or session still gets something
    "worst": worst.measure,  # hostile inputs
    "inference": inference.measure,  # what others can tell from how long a request takes
    "production": production.measure,  # with real PostgreSQL, Redis and Weaviate
}


def main(chosen: list[str]) -> int:
    report = {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "load_before": os.getloadavg()[0]},
        "figures": [],
    }
    for name in chosen or PARTS:
        began = time.perf_counter()
        print(f"{name} …", file=sys.stderr, end="", flush=True)
        for figure in PARTS[name]():
            met = None if figure.get("goal") is None else _met(figure)
            report["figures"].append({"part": name, **figure, "met": met})
            print(f"\n  {figure['name']}: {figure['value']} {figure['unit']}", file=sys.stderr, end="", flush=True)
        print(f" {time.perf_counter() - began:.0f} s", file=sys.stderr)
    json.dump(report, sys.stdout, indent=1)
    print()
    return 0


def _met(figure: dict) -> bool:
    at_least = figure.pop("at_least", False)
    return figure["value"] >= figure["goal"] if at_least else figure["value"] <= figure["goal"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
