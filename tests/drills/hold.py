"""One drill from beginning to end."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from itertools import pairwise

from tests.drills import verdict
from tests.drills.column import Column
from tests.drills.crowd import Company, Crowd
from tests.drills.documents import sources
from tests.drills.faults import Drill
from tests.drills.machine import NotPossible
from tests.drills.scene import Scene

MARKS = ("ostarevik", "welmorant")
AFTERWARDS = 3.0  # seconds that people go on working after everything is settled


@dataclass
class Result:
    name: str
    fault: str
    survived: bool = False
    skipped: str = ""
    documents: int = 0
    failed: int = 0
    requests: int = 0
    refusals: dict[str, int] = field(default_factory=dict)  # "search 503 unavailable" -> how often
    answers: dict[str, int] = field(default_factory=dict)  # state -> how many
    longest: float = 0.0  # seconds that somebody waited for one answer
    slowest: list[str] = field(default_factory=list)  # what those who waited longest were doing
    away: float = 0.0  # longest time in which nobody was answered what they asked
    settled_after: float = 0.0  # seconds from the end of the fault until nothing was on its way
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)  # promises
    notes: list[str] = field(default_factory=list)
    errors_logged: int = 0

    def as_json(self) -> dict:
        return asdict(self)


def hold(drill: Drill, column: Column, number: int, documents: int) -> Result:
    result, began = Result(drill.name, drill.fault), time.monotonic()
    logged = len(column.errors_logged())
    companies = _companies(column, number)
    crowd = Crowd(column.url, companies, sources(documents))
    scene = Scene(column, crowd)
    crowd.begin()
    try:
        scene.under_way()
        drill.inflict(scene)
        result.settled_after = scene.settle()
        time.sleep(AFTERWARDS)
        crowd.end()
        scene.until(lambda: not verdict.running_answers(column, companies), 90, "the end of all answers", every=0.5)
        result.broken = verdict.faults(
            column, crowd, connections_may_break=drill.connections_may_break, may_fail=drill.may_fail
        )
    except NotPossible as reason:
        result.skipped = str(reason)
    except Exception as error:
        result.broken.append(f"{type(error).__name__}: {error}")
    finally:
        crowd.end()
    _sum_up(result, scene)
    result.errors_logged = len(column.errors_logged()) - logged
    result.survived = not result.broken and not result.skipped
    result.seconds = round(time.monotonic() - began, 1)
    return result


def _companies(column: Column, number: int) -> list[Company]:
    made = json.loads(column.python("tests.drills.people", *(f"{mark}{number}" for mark in MARKS)).splitlines()[-1])
    # A word of its own for each company of each drill, or a leak from an earlier one would look like one's own.
    return [Company(**each, mark=f"{each['slug']}q") for each in made]


def _sum_up(result: Result, scene: Scene) -> None:
    crowd = scene.crowd
    result.notes = scene.notes
    result.documents = sum(map(len, crowd.uploaded.values()))
    result.requests = len(crowd.met)
    result.longest = round(max((met.took for met in crowd.met), default=0.0), 1)
    slowest = sorted(crowd.met, key=lambda met: -met.took)[:5]
    result.slowest = [
        f"{m.what} {m.took:.1f} s from {m.at - scene.began:.0f} s on: {m.status} {m.said}" for m in slowest
    ]
    for met in crowd.met:
        if not met.good:
            key = f"{met.what} {met.status or 'cut off'} {met.said}".strip()
            result.refusals[key] = result.refusals.get(key, 0) + 1
    result.away = round(_longest_without_success(crowd), 1)
    result.settled_after = round(result.settled_after, 1)
    for state in (state for told in crowd.answered.values() for state in told.values()):
        result.answers[state] = result.answers.get(state, 0) + 1
    ids = [company.id for company in scene.companies]
    result.failed = scene.column.sql(
        "SELECT count(*) FROM knowledge_version WHERE status = 'failed' AND tenant_id = ANY(%s::uuid[])", ids
    )[0][0]


def _longest_without_success(crowd: Crowd) -> float:
    """Between two good answers to anybody. In a calm hour it is about the time that one search takes."""
    good = sorted(met.at + met.took for met in crowd.met if met.useful and met.what != "upload")
    return max((later - earlier for earlier, later in pairwise(good)), default=0.0)
