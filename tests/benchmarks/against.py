"""This code against another state of it: `python -m tests.benchmarks.against ../before`, a checkout with its own `.venv`.

Both run at the same time with the same documents, and are asked by turns: a pair is one round of each, whose medians give a
ratio. Printed is the median of the ratios (above 1: this code is slower) with the smallest and the largest. A limit
counts as missed where the whole range lies beyond it. BENCH_PAIRS says how many pairs (9).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from tests.benchmarks.answering import QUESTIONS, first_token, stand_in
from tests.benchmarks.installation import REPOSITORY, Installation
from tests.benchmarks.searching import asker, questions

PAIRS = int(os.environ.get("BENCH_PAIRS", 9))
PASSAGES = 10_000
SEARCHES = 60  # of a round
ANSWERS = 12
Round = Callable[[int], float]  # number of the pair → milliseconds


def main(before: str) -> int:
    with contextlib.ExitStack() as stack:
        model = stack.enter_context(stand_in())
        both = [stack.enter_context(_prepared(path, model)) for path in (Path(before).resolve(), REPOSITORY)]
        for name, measure in (
            ("search by REST", _search),
            ("first token of an answer", _answer),
            ("library page", _page("documents/", "employee")),
            ("page of the trail", _page("audit/", "compliance")),
        ):
            rounds = [measure(portal) for portal in both]
            for each in rounds:
                each(0)  # what is loaded at the first request
            print(json.dumps({"name": name, **_ratios(*rounds)}), flush=True)
    return 0


def _ratios(before: Round, now: Round) -> dict:
    found, times = [], ([], [])
    for pair in range(1, PAIRS + 1):
        order = ((0, before), (1, now)) if pair % 2 else ((1, now), (0, before))
        for which, measure in order:
            times[which].append(measure(pair))
        found.append(times[1][-1] / times[0][-1])
    return {
        "ratio": round(statistics.median(found), 3), "smallest": round(min(found), 3), "largest": round(max(found), 3),
        "before_ms": round(statistics.median(times[0]), 2), "now_ms": round(statistics.median(times[1]), 2), "pairs": PAIRS,
    }  # fmt: skip


@contextlib.contextmanager
def _prepared(checkout: Path, model: str) -> Iterator[Installation]:
    environment = {"OPENAI_BASE_URL": f"{model}/v1", "OPENAI_API_KEY": "bench", "ANSWER_MODEL": "echo"}
    with Installation(checkout, **environment) as portal:
        portal.manage("demo")
        portal.company()
        portal.python("tests.benchmarks.seed", "fill", "bench", str(PASSAGES), "100")
        portal.start()
        portal.keys = {
            "bench": portal.key("plain@bench.example"),
            "ravelsholme": portal.key("nora.whitlam@ravelsholme.example", "ravelsholme"),
        }
        with portal.api(portal.keys["ravelsholme"], "ravelsholme") as api:
            while len(api.get("documents/", params={"status": "ready", "limit": 200}).json()["results"]) < 20:
                time.sleep(0.5)
        yield portal


def _search(portal: Installation) -> Round:
    ask = asker(portal, portal.keys["bench"])

    def measure(pair: int) -> float:
        return _median(ask, questions(SEARCHES, seed=pair))

    return measure


def _answer(portal: Installation) -> Round:
    url = f"{portal.url}/t/ravelsholme/api/v1/ask/"

    async def ask(pair: int) -> float:
        async with httpx.AsyncClient(timeout=60) as client:
            numbers = range(pair * ANSWERS, (pair + 1) * ANSWERS)
            headers = portal.keys["ravelsholme"]
            return statistics.median([await first_token(client, url, headers, asked_once(n)) for n in numbers])

    return lambda pair: asyncio.run(ask(pair))


def asked_once(number: int) -> str:
    """A question that nobody asked before, so that no answer is remembered."""
    return f"{QUESTIONS[number % len(QUESTIONS)][:-1]}, please, for request {number}?"


def _page(path: str, person: str) -> Callable[[Installation], Round]:
    """Of the sample company, for one of its people."""

    def prepare(portal: Installation) -> Round:
        client = httpx.Client(base_url=portal.url, follow_redirects=True, timeout=60)
        people = json.loads((Path(portal.folder.name) / "demo-people.json").read_text())["people"]
        _sign_in(client, next(each for each in people if each["key"] == person))

        def once(_: str) -> None:
            client.get(f"/t/ravelsholme/{path}").raise_for_status()

        return lambda pair: _median(once, [""] * 20)

    return prepare


def _sign_in(client: httpx.Client, person: dict) -> None:
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/sign-in/").text)[1]
    form = {"email": person["email"], "password": person["password"], "csrfmiddlewaretoken": token}
    client.post("/sign-in/", data=form).raise_for_status()


def _median(do: Callable[[str], object], inputs: list[str]) -> float:
    took = []
    for each in inputs:
        began = time.perf_counter()
        do(each)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
