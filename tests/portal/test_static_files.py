"""A page of a new version never runs with a script of the old one."""

from __future__ import annotations

import asyncio
import os
import time

import httpx
import pytest
from django.http import Http404
from django.templatetags.static import static

from portal.http import static_files

SCRIPT = "portal/js/menus.js"


@pytest.fixture
def start(settings, tmp_path):
    """`start("script")` is a start of a version with that script; it gives the address that its pages name."""
    source = tmp_path / "source"
    (source / SCRIPT).parent.mkdir(parents=True)
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }

    def collect(script: str) -> str:
        (source / SCRIPT).write_text(script)
        static_files.collect()
        return static(SCRIPT)

    return collect


async def fetch(address: str) -> httpx.Response:
    async def nothing_else(scope, receive, send):
        raise Http404

    transport = httpx.ASGITransport(app=static_files.serve(nothing_else))
    async with httpx.AsyncClient(transport=transport, base_url="http://portal.example") as client:
        return await client.get(address)


def test_each_version_names_its_own_script_and_both_are_served(start):
    former, new = start("old()"), start("new()")
    assert former != new
    answers = [asyncio.run(fetch(address)) for address in (former, new)]
    assert [answer.text for answer in answers] == ["old()", "new()"]
    assert all("immutable" in answer.headers["Cache-Control"] for answer in answers)


def test_a_name_without_a_digest_is_kept_for_a_minute(start):
    start("plain()")
    answer = asyncio.run(fetch(f"/static/{SCRIPT}"))
    assert answer.text == "plain()"
    assert answer.headers["Cache-Control"] == "max-age=60, public"


def test_scripts_of_former_versions_are_removed_after_a_week_and_current_files_stay(start, settings):
    former, new = start("old()"), start("new()")
    week_ago = time.time() - static_files.OLD_VERSION_SECONDS - 60
    for path in settings.STATIC_ROOT.rglob("*"):
        os.utime(path, (week_ago, week_ago))
    newest = start("newest()")
    names = {path.name for path in settings.STATIC_ROOT.rglob("*.js")}
    assert names == {"menus.js", newest.rpartition("/")[2]}
    assert former.rpartition("/")[2] not in names
    assert new.rpartition("/")[2] not in names
