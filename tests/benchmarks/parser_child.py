"""What it costs to start the confined process that reads documents: with and without its measures, warm, and for another
tenant's file. Milliseconds, as JSON: `python -m tests.benchmarks.parser_child [ROUNDS]`.

With and without take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

from knowledge.parsers.base import ParseLimits
from knowledge.parsers.client import Child, ParserChild

UNCONFINED = """
import sys
from knowledge.parsers import child, confinement
confinement.apply = lambda **_: {}
sys.exit(child.main(sys.argv[1:]))
"""


class Unconfined(Child):
    PROGRAM = ("-c", UNCONFINED)


def main(rounds: int = 20) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.md"
        path.write_text("# Travel\n\nEconomy is the standard for all air travel.\n")
        times: dict[str, list[float]] = {"confined": [], "unconfined": []}
        processor: dict[str, list[float]] = {"confined": [], "unconfined": []}
        for _ in range(rounds):
            for name, kind in (("confined", Child), ("unconfined", Unconfined)):
                wall, cpu = first_reply(kind, path)
                times[name].append(wall)
                processor[name].append(cpu)
        warm, changed = tenants(path, rounds)
    found = {f"first reply, {name}": statistics.median(values) for name, values in times.items()}
    found |= {f"processor time of a child, {name}": statistics.median(values) for name, values in processor.items()}
    found["confinement adds, processor time"] = (
        found["processor time of a child, confined"] - found["processor time of a child, unconfined"]
    )
    found |= {"a file, same tenant": warm, "a file, another tenant": changed}
    return {name: round(value, 1) for name, value in found.items()}


def first_reply(kind: type[Child], path: Path) -> tuple[float, float]:
    before, began = spent(), time.perf_counter()
    child = kind(ParseLimits(niceness=0))
    with path.open("rb") as file:
        reply = child.ask({"do": "parse", "filename": path.name}, seconds=60, file=file.fileno())
    wall = 1000 * (time.perf_counter() - began)
    child.close()
    if "document" not in reply:
        raise SystemExit(f"The file was not read: {reply}")
    return wall, 1000 * (spent() - before)


def tenants(path: Path, rounds: int) -> tuple[float, float]:
    same, another = [], []
    with ParserChild(ParseLimits(niceness=0)) as parser:
        parser.parse(path, path.name, tenant=0)
        for number in range(rounds):
            for tenant, times in ((number + 1, another), (number + 1, same)):
                began = time.perf_counter()
                parser.parse(path, path.name, tenant=tenant)
                times.append(1000 * (time.perf_counter() - began))
    return statistics.median(same), statistics.median(another)


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    json.dump(main(*map(int, sys.argv[1:2])), sys.stdout, indent=2)
    sys.stdout.write("\n")
