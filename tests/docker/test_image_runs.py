"""The image's own commands, as the image's account, on a read-only root, one company on one machine."""

from __future__ import annotations

import os
import re
import urllib.request
from pathlib import Path

import pytest

from portal.operations.services.ports import free_port
from tests.docker.container import ACCOUNT, running, volume, wait_for

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow, pytest.mark.xdist_group("image")]
EMBEDDED = {"DJANGO_SETTINGS_MODULE": "portal.settings.embedded"}


@pytest.fixture
def port() -> int:
    return free_port()


def get(port: int, path: str) -> tuple[int, str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return answer.status, answer.read().decode()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_no_key_and_no_database_lies_in_it(image):
    named = {path.name for name in ("app", "data", "scratch") for path in files(image.folder / name)}
    assert not {name for name in named if name.endswith((".key", ".sqlite3", ".env"))}
    assert files(image.folder / "data" / "files") == files(image.folder / "scratch") == []


def test_it_carries_static_files_and_the_embedders_weights(image):
    assert len(files(image.folder / "data" / "static")) > 50
    assert sum(path.stat().st_size for path in files(image.folder / "data" / "models")) > 20_000_000


def test_nobody_but_root_may_change_the_program(image):
    for path in (image.folder / "app").rglob("*"):
        assert path.stat().st_uid == 0
        assert path.is_symlink() or not path.stat().st_mode & 0o022


def test_the_root_is_read_only_for_its_account(image):
    status, said = image.run("shell", "--no-imports", "--command", PROBE, environment=EMBEDDED | SECRETS).finish()
    assert status == 0, said
    assert said.split() == [str(ACCOUNT), "1", "/app:ro", "/data:ro", "/opt/venv:ro", "/etc:ro", "/tmp:rw"]


SECRETS = {"SECRET_KEY": "s" * 50, "PORTAL_ENCRYPTION_KEY": "e" * 43, "PORTAL_SIGNING_KEY": "k" * 43, "TMPDIR": "/tmp"}
PROBE = """
import os
print(os.getuid(), os.getpid())
for folder in ("/app", "/data", "/opt/venv", "/etc", "/tmp"):
    try:
        open(folder + "/probe", "w").close()
        print(folder + ":rw")
    except OSError:
        print(folder + ":ro")
"""


def test_the_whole_portal_runs_in_one_container(image, port, tmp_path):
    """`docker run portal up`: the embedded settings, everything on one volume."""
    volumes = {
        "/data": volume(tmp_path / "data", image.folder / "data"),
        "/scratch": volume(tmp_path / "scratch", image.folder / "scratch"),
    }
    up = image.run(
        "up",
        "--host",
        "127.0.0.1",
        output=tmp_path / "log",
        environment=EMBEDDED | {"PORT": str(port)},
        volumes=volumes,
    )
    with running(up):
        wait_for(up, lambda: get(port, "/readyz")[0] == 200)
        assert get(port, "/healthz") == (200, "ok\n")
        assert 'href="/static/' in get(port, "/sign-in/")[1]
        assert up.do("python", "/app/docker/alive.py", "web") == (0, "")
        assert up.first().uids().real == ACCOUNT
        assert up.stop() == 0
    assert {path.stat().st_uid for path in files(tmp_path / "data")} == {ACCOUNT}


def test_a_web_that_does_not_answer_is_unhealthy(image, port):
    asked = image.run("alive", "web", environment={"PORT": str(port)})
    status, said = asked.finish()
    assert status == 1
    assert "does not answer" in said


@pytest.mark.parametrize("name", ["interactive", "bulk", "maintenance", "evaluation", "beat"])
def test_a_silent_worker_is_unhealthy(image, tmp_path, name):
    scratch = volume(tmp_path / "scratch", image.folder / "scratch")
    assert image.run("alive", name, volumes={"/scratch": scratch}).finish()[0] == 1
    sign = scratch / "run" / f"{name}.beat"
    sign.parent.mkdir()
    sign.touch()
    assert image.run("alive", name, volumes={"/scratch": scratch}).finish() == (0, "")
    os.utime(sign, (sign.stat().st_atime, sign.stat().st_mtime - 61))
    status, said = image.run("alive", name, volumes={"/scratch": scratch}).finish()
    assert status == 1
    assert re.search(r"\b6[1-9] s old", said), said


def test_a_worker_without_a_queue_says_what_to_name(image):
    status, said = image.run("worker").finish()
    assert status != 0
    assert "interactive, bulk, maintenance or evaluation" in said
