"""Chromium before the portal in this process: tests of pages reach the database too. A pytest plugin.

Playwright's loop runs in the test's thread, so Django's check against queries inside a loop is switched off meanwhile.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest

from tests.servers.portal_server import serving

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


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    from playwright.sync_api import sync_playwright

    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not here, and the browser tests may not be skipped.")
        pytest.skip("Chromium is not here")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def served(transactional_db, settings) -> Iterator[str]:
    """The address of the portal with its static files, as `manage.py up` serves them."""
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

    from portal.http import upload_permission
    from portal.http.body_limit import BodyLimit
    from portal.http.request_threads import Handler

    handler = ASGIStaticFilesHandler(Handler())
    limited = BodyLimit(handler, largest=settings.UPLOAD_LIMIT, find_tenant=upload_permission.find_tenant)
    with serving(limited) as address:
        yield address


@pytest.fixture
def browse(chromium, served, sign_in) -> Iterator[Callable]:
    """`browse(alice, "documents/")`: a page of hers in her company. `browse(None, "/sign-in/")`: nobody's.

    A page may be opened in the context of another one (`beside=page`): another tab of the same browser.
    """
    contexts, wrong = [], []

    def go(member, tail: str = "", *, beside=None, width: int = 1280, height: int = 900, **options):
        if beside is None:
            context = chromium.new_context(viewport={"width": width, "height": height}, **options)
            contexts.append(context)
            if member is not None:
                cookies = sign_in(member).cookies.items()
                context.add_cookies([{"name": n, "value": m.value, "url": served} for n, m in cookies])
        else:
            context = beside.context
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(served + (tail if tail.startswith("/") else f"/t/{member.tenant.slug}/{tail}"))
        return page

    yield go
    for context in contexts:
        context.close()
    assert wrong == []
