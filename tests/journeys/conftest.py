"""A portal as people run it, with a browser in front: `manage.py up` in a folder of its own, and Chromium.

What a journey needs beforehand is made through the command line and the REST API, never through the ORM: Playwright's
loop lives in the test's thread.
"""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers.commands import Commands, commands

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PASSWORD = "a-long-enough-password"
START_WITHIN, STOP_WITHIN = 90, 20  # seconds
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(items):
    """One portal and one browser for all journeys, so one test process runs them."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("journeys"))


@dataclass
class Portal:
    address: str
    folder: Path
    commands: Commands = field(repr=False)

    def manage(self, *words: str, given: str = "") -> str:
        return self.commands(*words, given=given)

    def url(self, tail: str = "") -> str:
        return f"{self.address}/t/acme/{tail}"

    def person(self, name: str, role: str) -> str:
        """An address that can sign in with PASSWORD."""
        email = f"{name.lower()}@acme.example"
        options = ("--tenant", "acme", "--email", email, "--role", role, "--name", f"{name} Acme", "--password-stdin")
        self.manage("add_member", *options, given=PASSWORD)
        return email

    def call(self, key: str, method: str, tail: str, body: dict | None = None) -> dict:
        request = urllib.request.Request(
            f"{self.address}/t/acme/api/v1/{tail}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return json.loads(text) if text else {}

    def key(self, email: str) -> str:
        said = self.manage("create_api_key", "--tenant", "acme", "--user", email)
        return max(re.findall(r"\S{24,}", said), key=len)

    def ingest(self, collection: str, *paths: Path, by: str) -> None:
        files = [str(path) for path in paths]
        self.manage("ingest", *files, "--tenant", "acme", "--collection", collection, "--user", by, "--wait")


@pytest.fixture(scope="session")
def portal(tmp_path_factory) -> Portal:
    _insist_on_chromium()
    folder = tmp_path_factory.mktemp("portal")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name != "DJANGO_SETTINGS_MODULE" and not name.startswith(("OPENAI_", "PORTAL_", "ANSWER_", "COVERAGE"))
    } | {"PORTAL_DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--port", "0"],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said: queue.Queue[str] = queue.Queue()
    threading.Thread(target=lambda: [said.put(line) for line in process.stdout], daemon=True).start()
    try:
        address = _address(process, said)
        with commands([sys.executable, "manage.py"], environment) as ready:
            portal = Portal(address, folder, ready)
            portal.manage("create_tenant", "acme", "--name", "Acme Ltd")
            yield portal
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="session")
def people(portal) -> dict[str, str]:
    return three_people(portal)


def three_people(portal: Portal) -> dict[str, str]:
    """Adam administers and edits, Alice and Bob are employees."""
    return {
        "adam": portal.person("Adam", "admin"),
        "alice": portal.person("Alice", "member"),
        "bob": portal.person("Bob", "member"),
    }


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_insist_on_chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def sessions() -> dict[str, dict]:
    """Cookies of those who signed in already: signing in is one journey, not all of them."""
    return {}


@pytest.fixture(scope="module")
def shared_contexts() -> dict[tuple, BrowserContext]:
    """Of tests that only look at pages: static files come from the browser's cache."""
    return {}


@pytest.fixture
def sign_in(chromium, portal, people, sessions, shared_contexts):
    """`sign_in("alice", width=390)` gives a page of hers. What a page logs as an error fails the test at its end. With
    `shared=True` other tests of the module that ask for the same use the same browser context."""
    to_close, wrong = [], []

    def go(name: str, *, width: int = 1440, height: int = 900, scripts: bool = True, shared: bool = False, **options):
        key = (name, width, height, scripts, *sorted(options.items()))
        context = shared_contexts.get(key) if shared else None
        if context is None:
            context = chromium.new_context(
                viewport={"width": width, "height": height},
                java_script_enabled=scripts,
                storage_state=sessions.get(name),
                **options,
            )
        if shared:
            shared_contexts[key] = context
        page = context.new_page()
        to_close.append(page if shared else context)
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console", lambda said: wrong.append(said.text) if said.type == "error" and "404" not in said.text else None
        )
        page.on("response", lambda answer: wrong.append(answer.url) if answer.status >= 500 else None)
        if name not in sessions:
            page.goto(f"{portal.address}/sign-in/")
            page.get_by_label("E-mail").or_(page.locator("input[type=email]")).first.fill(people[name])
            page.locator("input[type=password]").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/t/acme/**")
            sessions[name] = context.storage_state()
        return page

    yield go
    for each in to_close:
        each.close()
    assert wrong == []


def _insist_on_chromium() -> str:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not here, and the browser tests may not be skipped. Install the package chromium.")
        pytest.skip("Chromium is not here. Install the package chromium to run the journeys.")
    return found


def _address(process: subprocess.Popen, said: queue.Queue[str]) -> str:
    lines, until = [], time.monotonic() + START_WITHIN
    while time.monotonic() < until:
        try:
            line = said.get(timeout=0.5)
        except queue.Empty:
            if process.poll() is not None:
                break
            continue
        lines.append(line)
        if found := re.search(r"Ready after .*?(http://\S+)", line):
            return found.group(1)
    raise AssertionError(f"The portal did not start: {''.join(lines)}")
