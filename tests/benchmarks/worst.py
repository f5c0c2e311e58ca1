"""Hostile inputs of at most 100 kB: what each costs the web process, and what another company notices of it.

The attacker sends one request after the other over each of CONNECTIONS connections; somebody of the other company searches
RATE times a second, whether or not the answer before is there. A figure is the median of PAIRS ratios, each of the p95 of a
round of searches with the attack by that of the round without it just before. `BENCH_WORST_ONLY` is a regular expression that chooses inputs by name.
"""

from __future__ import annotations

import http.client
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

import httpx
import psutil

from tests.benchmarks import searching
from tests.benchmarks.installation import Installation, percentile
from tests.security.hostile import HOSTILE, Hostile

PASSAGES = 1_000
BUDGET = 0.5  # seconds of processor time
SLOWER = 1.5
SEARCHES = int(os.environ.get("BENCH_WORST_SEARCHES", "20"))  # of one round; 0: processor time alone
PAIRS = int(os.environ.get("BENCH_WORST_PAIRS", "5"))
CONNECTIONS = int(os.environ.get("BENCH_WORST_CONNECTIONS", "4"))
ONLY = os.environ.get("BENCH_WORST_ONLY", "")
RATE = 5.0  # searches a second
PASSWORD = "a-long-enough-password"
OWNER = "owner@attacker.example"


def measure() -> Iterator[dict]:
    with Installation(TRASH_GRACE_DAYS="30") as portal:
        key = portal.company("attacker")
        portal.company("bench")
        portal.python("tests.benchmarks.seed", "fill", "bench", str(PASSAGES), "100")
        plain = portal.key("plain@bench.example")
        set_password(portal)
        portal.start()
        web = web_process(portal)
        attacker = Attacker(portal, key)
        _searches(portal, plain, seed=7)
        warm = http.client.HTTPConnection("127.0.0.1", portal.port)
        for path in ("/sign-in/", "/api/schema/"):
            warm.request("GET", path)
            warm.getresponse().read()
        began = sum(web.cpu_times()[:2])
        attacker.search()
        cold = round(sum(web.cpu_times()[:2]) - began, 2)
        yield {"name": "the first search of a company", "unit": "s of processor time", "value": cold, "goal": None}
        for number, hostile in enumerate(each for each in HOSTILE if re.search(ONLY, each.name)):
            send = attacker.prepared(hostile)
            cost, status = cost_of(web, send())
            yield {
                "name": f"{hostile.name} (answer {status})", "unit": "s of processor time", "value": cost, "goal": BUDGET,
            }  # fmt: skip
            if not SEARCHES:
                continue
            slower, alone, meanwhile = slow_down(portal, plain, send, seed=1_000 + 100 * number)
            yield {
                "name": f"{hostile.name}: search p95 of another company, {alone:g} ms alone and {meanwhile:g} ms meanwhile",
                "unit": "ratio",
                "value": slower,
                "goal": SLOWER,
            }


def set_password(portal: Installation) -> None:
    code = f"from tenants.models import User; user = User.objects.get(email={OWNER!r}); user.set_password({PASSWORD!r})"
    portal.manage("shell", "-c", f"{code}; user.save()")


def web_process(portal: Installation) -> psutil.Process:
    """The one that has the other end of a connection."""
    connection = http.client.HTTPConnection("127.0.0.1", portal.port)
    connection.request("GET", "/healthz")
    connection.getresponse().read()
    ours = connection.sock.getsockname()
    for child in psutil.Process(portal.process.pid).children(recursive=True):
        if any(each.raddr and tuple(each.raddr) == ours for each in child.net_connections("tcp4")):
            connection.close()
            return child
    raise RuntimeError("No process of the installation serves its port.")


class Attacker:
    """A member of another company with an API key and a session."""

    def __init__(self, portal: Installation, key: dict[str, str]) -> None:
        self._portal, self._key = portal, key
        self._browser = httpx.Client(base_url=portal.url, timeout=120, follow_redirects=True)
        page = self._browser.get("/sign-in/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        form = {"csrfmiddlewaretoken": token, "email": OWNER, "password": PASSWORD}
        self._browser.post("/sign-in/", data=form)
        assert "portal_session" in self._browser.cookies
        with portal.api(key, "attacker") as api:
            self._shelf = api.post("collections/", json={"name": "Hostile"}).json()["id"]

    def search(self) -> None:
        with self._portal.api(self._key, "attacker") as api:
            api.post("search/", json={"query": "Who?"}).raise_for_status()

    def prepared(self, hostile: Hostile) -> Callable[[], Callable[[], int]]:
        """Uploads its document and returns what opens a connection and returns what sends the request over it; that
        returns the status."""
        document = self._uploaded(hostile) if hostile.versions else ""
        path = hostile.path.replace("{document}", document)
        path = path if path.startswith("/") else f"/t/attacker/{path}"
        headers = {"Content-Type": hostile.type} if hostile.type else {}
        if hostile.sender == "key":
            headers |= self._key
        elif hostile.sender == "wrong key":
            headers["Authorization"] = "Bearer kp_wrong"
        elif hostile.sender == "session":
            cookies = {name: self._browser.cookies[name] for name in ("portal_session", "portal_csrf")}
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
            headers["X-CSRFToken"] = cookies["portal_csrf"]
        elif hostile.method == "POST":  # a stranger's form
            stranger = httpx.Client(base_url=self._portal.url)
            stranger.get(hostile.path)
            token = stranger.cookies["portal_csrf"]
            headers |= {"Cookie": f"portal_csrf={token}", "X-CSRFToken": token}
        return lambda: self._sender(hostile, path, headers)

    def _sender(self, hostile: Hostile, path: str, headers: dict[str, str]) -> Callable[[], int]:
        connection = http.client.HTTPConnection("127.0.0.1", self._portal.port, timeout=120)

        def send() -> int:
            try:
                connection.request(hostile.method, path, hostile.body or None, headers)
                answer = connection.getresponse()
                answer.read()
                return answer.status
            except (http.client.HTTPException, OSError):
                connection.close()
                return 0

        return send

    def _uploaded(self, hostile: Hostile) -> str:
        with self._portal.api(self._key, "attacker") as api:
            for version in hostile.versions:
                files = {"file": (hostile.filename, version)}
                made = api.post("documents/", data={"collection": self._shelf}, files=files).json()
                until = time.monotonic() + 120
                while time.monotonic() < until:
                    status = api.get(f"documents/{made['id']}/").json()["status"]
                    if status not in ("queued", "parsing", "embedding", "indexing"):
                        break
                    time.sleep(0.2)
        return made["id"]


def cost_of(web: psutil.Process, send: Callable[[], int]) -> tuple[float, int]:
    """Of the first request, when nothing of it is stored yet."""
    before = sum(web.cpu_times()[:2])
    status = send()
    return round(sum(web.cpu_times()[:2]) - before, 2), status


def slow_down(
    portal: Installation, headers: dict[str, str], opened: Callable[[], Callable[[], int]], *, seed: int
) -> tuple[float, float, float]:
    """The ratio, and the medians of the p95 in milliseconds without the attack and with it."""
    alone, meanwhile = [], []
    for pair in range(PAIRS):
        alone.append(percentile(_searches(portal, headers, seed + 2 * pair), 0.95))
        with _again_and_again(opened):
            meanwhile.append(percentile(_searches(portal, headers, seed + 2 * pair + 1), 0.95))
    ratios = [slow / quick for slow, quick in zip(meanwhile, alone, strict=True)]
    return round(median(ratios), 2), round(median(alone), 1), round(median(meanwhile), 1)


def _searches(portal: Installation, headers: dict[str, str], seed: int) -> list[float]:
    """Milliseconds from when each should have been sent. One that is late makes the next ones late, which counts."""
    ask, took = searching.asker(portal, headers), []
    due = time.perf_counter()
    for question in searching.questions(SEARCHES or 5, seed):
        due += 1 / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        late = time.perf_counter() - due
        began = due if late > 0.005 else time.perf_counter()  # less is the clock's own
        ask(question)
        took.append((time.perf_counter() - began) * 1000)
    return took


@contextmanager
def _again_and_again(opened: Callable[[], Callable[[], int]]) -> Iterator[None]:
    over = threading.Event()

    def work() -> None:
        send = opened()
        while not over.is_set():
            send()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(0.3)  # until all of them are under way
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(120)
