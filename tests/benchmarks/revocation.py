"""How long after its end a credential still gets something, for each kind of credential and of response.

A real installation, uvicorn included, and readers on plain sockets: exports and originals are read by somebody who stands
still, so that their responses wait in `send`. The clock starts when the change is committed and stops when the connection is
closed; for an upload in pieces, when a piece is refused. BENCH_REVOCATIONS says how many of each kind (100).
"""

from __future__ import annotations

import json
import math
import os
import random
import select
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx

from tests.benchmarks.answering import stand_in
from tests.benchmarks.installation import Installation, percentile
from tests.servers.open_connection import GONE, OpenConnection

GOAL = 2.0  # seconds, p99
TIMES = int(os.environ.get("BENCH_REVOCATIONS", 100))
AT_ONCE = 20  # people whose responses are open together
EVENTS = 12_000  # on the trail: a few MB of export
LARGE = 24 * 1024 * 1024  # bytes of the original
HANDBOOK = """# Working from home

Office staff may work from home up to three days a week, from the first day of employment. Wednesday is the common
office day, on which nobody works from home. A manager can ask for more days a week on site for at most six weeks. Who
wants to work from home more than three days a week asks their manager and the works council.
"""
QUESTION = {"question": "How many days a week may I work from home?", "stream": True}
SPREAD = 3.0  # seconds over which the credentials of one round end
PATIENCE = 30.0  # seconds after which a response that is still open counts as that long


def measure() -> Iterator[dict]:
    with stand_in() as model:
        environment = {"OPENAI_BASE_URL": f"{model}/v1", "OPENAI_API_KEY": "bench", "ANSWER_MODEL": "echo-words-1500"}
        with Installation(**environment) as portal:
            headers = portal.company()
            portal.start()
            with portal.api(headers) as api:
                shelf = api.post("collections/", json={"name": "Handbook"}).json()["id"]
                made = api.post("documents/", files={"file": ("handbook.md", HANDBOOK)}, data={"collection": shelf})
                while api.get(f"documents/{made.json()['id']}/").json()["status"] != "ready":
                    time.sleep(0.3)
            found = portal.python("tests.benchmarks.revocation", portal.url, shelf, str(TIMES))
    for (ending, response), took in sorted((tuple(name.split(" | ")), took) for name, took in found["took"].items()):
        yield {
            "name": f"{response}: {ending}, p99", "unit": "s", "value": percentile(took, 0.99), "goal": GOAL,
            "p50": percentile(took, 0.5), "times": len(took),
        }  # fmt: skip
    name = "read from the reader's own receive buffer after the end, most"
    yield {"name": name, "unit": "KiB", "value": round(max(found["rest"]) / 1024), "goal": None}
    for name, milliseconds in found["look"].items():
        yield {"name": f"one look, {name}", "unit": "ms of processor time", "value": milliseconds, "goal": None}
    yield {
        "name": "added to a request that is sent at once",
        "unit": "µs of processor time",
        "value": found["added"],
        "goal": None,
    }


def main(url: str, shelf: str, times: int) -> dict:
    """In a process with Django set up, on the installation's database."""
    from knowledge.models import Collection
    from tenants.models import Membership, Tenant

    tenant = Tenant.objects.get(slug="bench")
    owner = Membership.objects.for_tenant(tenant).select_related("user", "tenant").get(role="owner")
    scene = _Scene(url, owner, Collection.objects.for_tenant(tenant).get(pk=shelf))
    took: dict[str, list[float]] = defaultdict(list)
    rest: list[int] = []
    for ending, (way, end, is_hit) in ENDINGS.items():
        for begin in range(0, times, AT_ONCE):
            for response, seconds in scene.round(way, end, is_hit, min(AT_ONCE, times - begin), rest):
                took[f"{ending} | {response}"].append(seconds)
        print(ending, file=sys.stderr)
    return {"took": took, "rest": rest, "look": _looks(owner), "added": _added(owner)}


class _Scene:
    def __init__(self, url: str, owner, shelf) -> None:
        from django.core.files.base import ContentFile
        from django.db import transaction

        from audit.ledger.actions import Action
        from audit.ledger.actors import Target
        from audit.ledger.record import record
        from knowledge.library import uploads

        self.url, self.owner, self.shelf, self.number = url, owner, shelf, 0
        self.large = uploads.upload(owner, shelf, ContentFile(b"x" * LARGE), filename="large.bin.txt").document
        with transaction.atomic():
            for _ in range(EVENTS):
                record(Action.DOCUMENT_OPENED, owner, Target("document", str(self.large.pk), "Large"), page=1)

    def person(self):
        """A compliance officer who may read the shelf and write to it: everything that is streamed is open to them."""
        from knowledge.permissions import grants
        from tenants.members.members import add_member

        self.number += 1
        member = add_member(self.owner.tenant, email=f"p{self.number}@bench.example", role="compliance", name="P")
        grants.give(self.shelf, "write", member, by=self.owner)
        return member

    def round(
        self, way: type, end: Callable, is_hit: Callable, people: int, rest: list[int]
    ) -> list[tuple[str, float]]:
        from django.db import connections

        ways = [way(self.person(), self.url) for _ in range(people)]
        opened: dict[int, tuple[int, str, OpenConnection]] = {}
        for number, each in enumerate(ways):
            for name, connection in each.responses(self.large).items():
                opened[connection.socket.fileno()] = (number, name, connection)
            each.begin_upload(self.shelf)
        time.sleep(1.0)
        poll = select.poll()
        for place, (_, name, _) in opened.items():
            poll.register(place, select.POLLRDHUP | (0 if name in STANDING_STILL else select.POLLIN))
        waiting = {place for place, (_, name, _) in opened.items() if is_hit(name)}
        chance, ended, gone, took = random.Random(people), {}, {}, []

        def end_all() -> None:
            """In a thread of its own: hashing a password takes longer than a look."""
            for number, each in enumerate(ways):
                time.sleep(chance.uniform(0, 2 * SPREAD / people))
                end(each, self.owner)
                ended[number] = time.monotonic()
                if is_hit(UPLOAD):
                    took.append((UPLOAD, each.until_refused() - ended[number]))
            connections.close_all()

        ending = threading.Thread(target=end_all)
        ending.start()
        until = None
        while waiting and (until is None or time.monotonic() < until):
            if until is None and not ending.is_alive():
                until = time.monotonic() + PATIENCE
            for place, event in poll.poll(5):
                _, name, connection = opened[place]
                if event & GONE or not connection.socket.recv(65536):
                    gone[place] = time.monotonic()
                    poll.unregister(place)
                    waiting.discard(place)
                    if name == ORIGINAL and is_hit(name):
                        rest.append(len(connection.rest()))
        ending.join()
        for place, (number, name, _) in opened.items():
            if is_hit(name):
                assert gone.get(place, math.inf) > ended[number] - 1, f"{name} ended before its credential"
                took.append((name, max(0.0, gone.get(place, ended[number] + PATIENCE) - ended[number])))
        for _, _, connection in opened.values():
            connection.close()
        return took


ANSWER, FOLLOWED, EXPORT = "answer stream", "followed answer", "audit export, reader stands still"
ORIGINAL, UPLOAD = "download of an original, reader stands still", "upload in pieces"
STANDING_STILL = {EXPORT, ORIGINAL}


class _Key:
    def __init__(self, member, url: str) -> None:
        from tenants.api_keys.api_keys import create_api_key

        self.member, self.url = member, f"{url}/t/bench/api/v1"
        self.key, secret = create_api_key(member, name="bench", scopes=["read", "ask", "write", "audit"])
        self.headers = {"Authorization": f"Bearer {secret}"}

    def open(self, method: str, path: str, data: dict | None = None) -> OpenConnection:
        body = json.dumps(data).encode() if data else b""
        headers = self.headers | {"Content-Type": "application/json"}
        connection = OpenConnection(f"{self.url}/{path}", method=method, headers=headers, body=body)
        assert connection.status == 200, connection.read
        return connection

    def responses(self, large) -> dict[str, OpenConnection]:
        answer = self.open("POST", "ask/", QUESTION)
        asked = json.loads(answer.until(b"event: asked\n") and _line(answer))
        return {
            ANSWER: answer,
            FOLLOWED: self.open("GET", f"answers/{asked['answer_id']}/events/"),
            EXPORT: self.open("GET", "audit/export/"),
            ORIGINAL: self.open("GET", f"documents/{large.pk}/file/"),
        }

    def begin_upload(self, shelf) -> None:
        self.client = httpx.Client(headers=self.headers, timeout=60)
        given = {"collection": str(shelf.pk), "filename": f"{self.member.pk}.txt", "size": 1_000_000}
        begun = self.client.post(f"{self.url}/uploads/", json=given).json()
        self.place = f"{self.url}/uploads/{begun['id']}/pieces"
        self.sent = 0
        assert self.piece() == 200

    def piece(self) -> int:
        reply = self.client.put(
            f"{self.place}/{self.sent}/", content=b"x" * 1000, headers={"Content-Type": "application/octet-stream"}
        )
        self.sent += 1000
        return reply.status_code

    def until_refused(self) -> float:
        while self.piece() in (200, 202):
            pass
        return time.monotonic()


class _Session(_Key):
    def __init__(self, member, url: str) -> None:
        from django.test import Client

        browser = Client()
        browser.force_login(member.user, backend="tenants.signin.backend.EmailBackend")
        self.member, self.url, self.browser = member, f"{url}/t/bench", browser
        cookies = {name: morsel.value for name, morsel in browser.cookies.items()} | {"portal_csrf": "t" * 32}
        spelled = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self.headers = {"Cookie": spelled, "X-CSRFToken": "t" * 32}

    def responses(self, large) -> dict[str, OpenConnection]:
        # By the session too: REST takes it with its CSRF token, as the pages' scripts send it.
        self.url, pages = f"{self.url}/api/v1", self.url
        opened = super().responses(large)
        self.url = pages
        return opened

    def begin_upload(self, shelf) -> None:
        self.url, pages = f"{self.url}/api/v1", self.url
        super().begin_upload(shelf)
        self.url = pages


def _line(connection: OpenConnection) -> str:
    connection.until(b"data: ")
    connection.read = b""
    return connection.until(b"\n").decode()


def _revoke(way: _Key, owner) -> None:
    from tenants.api_keys.api_keys import revoke_api_key

    revoke_api_key(way.key, by=way.member)


def _expire(way: _Key, owner) -> None:
    from django.utils import timezone

    from tenants.models import ApiKey

    just_now = timezone.now() - timedelta(milliseconds=1)
    ApiKey.objects.for_tenant(owner.tenant).filter(pk=way.key.pk).update(expires_at=just_now)


def _sign_out(way: _Session, owner) -> None:
    way.browser.session.flush()


def _change_password(way: _Session, owner) -> None:
    from tenants.signin.passwords import set_password

    way.member.user.refresh_from_db()
    set_password(way.member.user, "another-long-password", how="person")


def _deactivate(way: _Key, owner) -> None:
    from tenants.members.members import end_membership

    end_membership(way.member, by=owner)


def _lower_role(way: _Key, owner) -> None:
    from tenants.members.members import change_role

    change_role(way.member, "member", by=owner)


def _every(response: str) -> bool:
    return True


def _export(response: str) -> bool:
    return response == EXPORT


# What ends, how, and which responses depend on it: every role may ask, read and upload where a grant says so.
ENDINGS: dict[str, tuple[type, Callable, Callable]] = {
    "API key revoked": (_Key, _revoke, _every),
    "API key expired": (_Key, _expire, _every),
    "signed out": (_Session, _sign_out, _every),
    "password changed": (_Session, _change_password, _every),
    "member removed, by key": (_Key, _deactivate, _every),
    "member removed, by session": (_Session, _deactivate, _every),
    "role lowered, by key": (_Key, _lower_role, _export),
    "role lowered, by session": (_Session, _lower_role, _export),
}


def _looks(owner) -> dict[str, float]:
    """Milliseconds of processor time of one look at 100 open responses, of one company and of 20."""
    from tenants.models import Membership, Tenant
    from tenants.requests.credentials import Credential, ended_among

    members = list(Membership.objects.for_tenant(owner.tenant).select_related("user", "tenant")[:100])
    held = [Credential(each, session_key="x" * 32, session_hash="x") for each in members]
    many = []
    for number in range(20):
        tenant = Tenant.objects.create(slug=f"look-{number}", name="Look")
        many += [Credential(Membership(tenant=tenant, user=owner.user)) for _ in range(5)]
    found = {}
    for name, credentials in {"100 responses of one company": held, "100 responses of 20 companies": many}.items():
        took = []
        for _ in range(50):
            began = time.thread_time()
            ended_among(credentials)
            took.append((time.thread_time() - began) * 1000)
        found[name] = percentile(took, 0.5)
    return found


def _added(owner) -> float:
    """Microseconds of processor time for making a credential and holding a response to it."""
    import asyncio

    from tenants.requests import open_responses
    from tenants.requests.credentials import Credential

    async def hold() -> float:
        began = time.thread_time()
        for _ in range(10_000):
            with open_responses.holding(Credential(owner), print):
                pass
        return (time.thread_time() - began) / 10_000 * 1e6

    return round(asyncio.run(hold()), 1)


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
