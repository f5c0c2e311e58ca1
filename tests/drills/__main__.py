"""`python -m tests.drills [NAME …]`: prints a Markdown table, and with --json FILE keeps everything that was measured."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from portal.operations.services import NotStarted
from tests.drills import machine
from tests.drills.column import Column
from tests.drills.faults import DRILLS, Drill
from tests.drills.hold import Result, hold
from tests.drills.machine import NotPossible
from tests.drills.report import table

DOCUMENTS = 300


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.drills", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(each.name for each in DRILLS))
    parser.add_argument("--documents", type=int, default=int(os.environ.get("DRILL_DOCUMENTS") or DOCUMENTS))
    parser.add_argument("--json", type=Path, help="everything that was measured, into this file")
    asked = parser.parse_args()
    known = {each.name: each for each in DRILLS}
    if unknown := set(asked.names) - set(known):
        parser.error(f"There is no drill {', '.join(sorted(unknown))}.")
    if any(known[name].column.get("disk") for name in asked.names or known):
        machine.with_own_mounts(["-m", "tests.drills", *sys.argv[1:]])
    results = run([known[name] for name in asked.names] or DRILLS, asked.documents, asked.json)
    print(f"\n{table(results)}")
    return 0 if all(each.survived or each.skipped for each in results) else 1


def run(drills: list[Drill], documents: int, kept: Path | None = None) -> list[Result]:
    """One column for all, with two new companies for each; a fresh one after a drill that it did not survive."""
    results: list[Result] = []
    column: Column | None = None
    try:
        for number, drill in enumerate(drills):
            print(f"{drill.name}: {drill.fault}", flush=True)
            try:
                column = _column_for(drill, column)
            except (NotPossible, NotStarted, RuntimeError) as reason:
                skipped = isinstance(reason, NotPossible)
                told = {"skipped": str(reason)} if skipped else {"broken": [f"the column does not stand: {reason}"]}
                results.append(Result(drill.name, drill.fault, **told))
                _tell(results[-1])
                column = None
                continue
            results.append(result := hold(drill, column, number, documents))
            _tell(result)
            if kept:
                told = json.dumps([each.as_json() for each in results], indent=1)
                kept.write_text(told + "\n", encoding="utf-8")
            if result.broken:
                print("    " + "\n    ".join(column.last_words(15).splitlines()), flush=True)
                column.__exit__()
                column = None
    finally:
        if column is not None:
            column.__exit__()
    return results


def _column_for(drill: Drill, standing: Column | None) -> Column:
    if standing is not None and standing.made_with == drill.column:
        return standing
    if standing is not None:
        standing.__exit__()
    began = time.monotonic()
    column = Column(**drill.column).__enter__()
    print(f"    the column stands after {time.monotonic() - began:.0f} s", flush=True)
    return column


def _tell(result: Result) -> None:
    word = "not held" if result.skipped else "survived" if result.survived else "NOT SURVIVED"
    print(f"    {word} after {result.seconds:.0f} s {result.skipped}", flush=True)
    for each in result.slowest[:3]:
        print(f"      {each}", flush=True)
    for each in dict.fromkeys(result.broken):
        print(f"      {each}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
