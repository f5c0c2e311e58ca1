"""What others can infer from how long a request takes: two samples of requests that must not be told apart.

A real installation over HTTP. For each pair 200 probes of each kind are sent in random order; the AUC is the share of pairs
of probes in which the first kind took longer (0.5: no difference). A finding counts only if it is significant (Mann-Whitney,
p < 0.001) and 200 fresh probes repeat it in the same direction. BENCH_PROBES says how many probes (200).
"""

from __future__ import annotations

import http.client
import json
import math
import os
import random
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

from tests.benchmarks.installation import Installation, sentence, words

PROBES = int(os.environ.get("BENCH_PROBES", "200"))
ANSWERS = os.environ.get("BENCH_INFERENCE_ANSWERS", "1") == "1"  # 0: leave out the pairs that wait for whole answers
SIGNIFICANT = 3.29  # standard deviations: p < 0.001, two-sided
PASSAGES, GRANTS = 5_000, 300
IDLE = 2.0  # seconds; the server closes a connection after 5
WARMING = 5  # pairs that are not counted
TRIES_OF_ADDRESS = 40  # of the 60 failed keys that one address may try
Act = Callable[[], None]
Pair = Callable[[], tuple[Act, Act]]  # makes fresh acts of the first and the second kind, and what must come before


def measure() -> Iterator[dict]:
    with Installation() as portal:
        for slug, passages, grants in (("bench", PASSAGES, GRANTS), ("other", 500, 0)):
            portal.company(slug)
            portal.python("tests.benchmarks.seed", "fill", slug, str(passages), str(grants))
        keys = {
            "asks": portal.key("plain@bench.example"),
            "colleague": portal.key("many@bench.example"),
            "owner": portal.key("owner@bench.example"),
            "stranger": portal.key("plain@other.example", "other"),
        }
        portal.start()
        people = {name: Client(portal, key, "other" if name == "stranger" else "bench") for name, key in keys.items()}
        repeated = 0
        for name, pair in pairs(portal, people):
            first, (again, found) = sampled(pair), (None, False)
            if abs(first[1]) > SIGNIFICANT:
                again = sampled(pair)
                found = abs(again[1]) > SIGNIFICANT and again[1] * first[1] > 0
            repeated += found
            yield {"name": name, "unit": "AUC", "value": first[0], "goal": None}
            if again is not None:
                repeats = "repeated" if found else "not repeated"
                yield {"name": f"{name}, fresh probes: {repeats}", "unit": "AUC", "value": again[0], "goal": None}
        yield {"name": "what can be told apart twice", "unit": "pairs", "value": repeated, "goal": 0}


def sampled(pair: Pair) -> tuple[float, float]:
    """AUC, and how many standard deviations it is from one half."""
    took: tuple[list[float], list[float]] = ([], [])
    while len(took[0]) < PROBES + WARMING:
        acts = list(enumerate(pair()))
        random.shuffle(acts)
        seconds = [0.0, 0.0]
        try:
            for kind, act in acts:
                began = time.perf_counter()
                act()
                seconds[kind] = time.perf_counter() - began
        except (ConnectionError, http.client.HTTPException):
            continue  # the server closes connections that were idle for some seconds
        for kind in (0, 1):
            took[kind].append(seconds[kind])
    took = took[0][WARMING:], took[1][WARMING:]
    first, second = took
    wins = sum((a > b) + (a == b) / 2 for a in first for b in second)
    pairs_of_probes = len(first) * len(second)
    deviation = math.sqrt(pairs_of_probes * (len(first) + len(second) + 1) / 12)
    return round(wins / pairs_of_probes, 3), (wins - pairs_of_probes / 2) / deviation


def pairs(portal: Installation, people: dict[str, Client]) -> Iterator[tuple[str, Pair]]:
    chance, vocabulary = random.Random(17), words()
    asks, colleague, owner, stranger = (people[name] for name in ("asks", "colleague", "owner", "stranger"))

    def question() -> str:
        return f"how is the {sentence(chance, vocabulary, 9)}?"

    def asked_before(who: Client, path: str, field: str) -> Pair:
        def pair() -> tuple[Act, Act]:
            known, fresh = question(), question()
            asks.open()
            asks.post(path, {field: known})
            who.open()
            return lambda: who.post(path, {field: known}), lambda: who.post(path, {field: fresh})

        return pair

    def looked_up(path: str, ids: list[UUID]) -> Pair:
        def get(key: UUID) -> Act:
            return lambda: colleague.get(path.format(key), 404)

        def pair() -> tuple[Act, Act]:
            colleague.open()
            return get(chance.choice(ids)), get(uuid4())

        return pair

    yield "question cache: another company asked it", asked_before(stranger, "search/", "query")
    yield "question cache: a colleague asked it", asked_before(colleague, "search/", "query")
    if ANSWERS:
        yield "answer cache: another company asked it", asked_before(stranger, "ask/", "question")
        yield "answer cache: a colleague asked it", asked_before(colleague, "ask/", "question")
    owner.open()
    shelves = [UUID(owner.post("collections/", {"name": f"Hidden {n}"}, 201)["id"]) for n in range(20)]
    yield "collection: hidden against missing", looked_up("collections/{}/", shelves)
    yield "document: hidden against missing", looked_up("documents/{}/", hidden_documents(portal))
    yield "API key: existing company against missing", Strangers(portal).pair


def hidden_documents(portal: Installation) -> list[UUID]:
    """Those that nobody was given one by one; read from the database file, since nobody who probes may list them."""
    with sqlite3.connect(f"file:{portal.folder.name}/portal.sqlite3?mode=ro", uri=True) as database:
        rows = database.execute(
            "SELECT id FROM knowledge_document WHERE id NOT IN (SELECT content_object_id FROM knowledge_documentusergrant)"
        ).fetchall()
    return [UUID(key) for (key,) in rows]


class Client:
    """One person's program, on one connection."""

    def __init__(self, portal: Installation, headers: dict[str, str], slug: str, address: str = "127.0.0.1") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", portal.port, source_address=(address, 0))
        self._headers = headers | {"Content-Type": "application/json"}
        self._base = f"/t/{slug}/api/v1/"
        self._used = -IDLE

    def open(self) -> None:
        """A connection that was not idle, so that no probe waits for one."""
        if time.monotonic() - self._used > IDLE:
            self._connection.close()
            self._sent("GET", "/healthz", None, 200)

    def post(self, path: str, body: dict, status: int = 200) -> dict:
        return json.loads(self._sent("POST", f"{self._base}{path}", json.dumps(body), status))

    def get(self, path: str, status: int = 200) -> None:
        self._sent("GET", f"{self._base}{path}", None, status)

    def try_key(self, slug: str) -> None:
        self._headers["Authorization"] = f"Bearer kp_{secrets.token_urlsafe(32)}"
        self._sent("GET", f"/t/{slug}/api/v1/documents/", None, 401)

    def _sent(self, method: str, path: str, body: str | None, status: int) -> bytes:
        try:
            self._connection.request(method, path, body, self._headers)
            answer = self._connection.getresponse()
            said = answer.read()
            self._used = time.monotonic()
        except (ConnectionError, http.client.HTTPException):
            self._connection.close()  # the next request opens it again
            raise
        if answer.status != status:
            raise RuntimeError(f"{method} {path}: {answer.status} {said[:300]!r}")
        return said


class Strangers:
    """Failed keys are limited by address: every so often the probes come from another one of the loopback network."""

    def __init__(self, portal: Installation) -> None:
        self._portal = portal
        self._tries, self._address = 0, 1
        self._client = Client(portal, {}, "")

    def pair(self) -> tuple[Act, Act]:
        self._tries += 2
        if self._tries > TRIES_OF_ADDRESS:
            self._tries, self._address = 2, self._address + 1
            self._client = Client(self._portal, {}, "", f"127.0.0.{self._address}")
        self._client.open()
        return lambda: self._client.try_key("bench"), lambda: self._client.try_key("bencx")
