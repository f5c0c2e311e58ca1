"""Hostile inputs of at most 100 kB: what each costs the web process, and what another company notices of it.

The attacker sends one request after the other over one connection; the other company's people search meanwhile.
"""

from __future__ import annotations

import http.client
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import psutil

from tests.benchmarks import searching
from tests.benchmarks.installation import Installation, percentile
from tests.security.hostile import HOSTILE, Hostile

PASSAGES = 1_000
BUDGET = 0.5  # seconds of processor time
SLOWER = 1.5
SEARCHES = int(os.environ.get("BENCH_WORST_SEARCHES", "60"))  # 0: processor time alone
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
        for number, hostile in enumerate(HOSTILE):
            send = attacker.prepared(hostile)
            cost, status = cost_of(web, send)
            yield {
                "name": f"{hostile.name} (answer {status})", "unit": "s of processor time", "value": cost, "goal": BUDGET,
            }  # fmt: skip
            if not SEARCHES:
                continue
            slower = slow_down(portal, plain, send, seed=1_000 + 10 * number)
            yield {
                "name": f"{hostile.name}: search p95 of another company",
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

    def prepared(self, hostile: Hostile) -> Callable[[], int]:
        """Uploads its document and returns what sends the request; that returns the status."""
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


def slow_down(portal: Installation, headers: dict[str, str], send: Callable[[], int], *, seed: int) -> float:
    """The p95 of searches while the request is sent again and again, by the p95 just before and just after."""
    alone = _searches(portal, headers, seed)
    with _again_and_again(send):
        meanwhile = _searches(portal, headers, seed + 1)
    alone += _searches(portal, headers, seed + 2)
    return round(percentile(meanwhile, 0.95) / percentile(alone, 0.95), 2)


def _searches(portal: Installation, headers: dict[str, str], seed: int) -> list[float]:
    ask, took = searching._asker(portal, headers), []
    for question in searching._questions(SEARCHES, seed):
        began = time.perf_counter()
        ask(question)
        took.append((time.perf_counter() - began) * 1000)
    return took


@contextmanager
def _again_and_again(send: Callable[[], int]) -> Iterator[None]:
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            send()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(120)
