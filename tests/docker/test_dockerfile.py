"""What the image is made of, and what can never get into it."""

from __future__ import annotations

import re

import pytest

from tests.docker.image import REPOSITORY, exec_form, instructions, is_sent, stages

STAGES = stages()
FINAL = STAGES["portal"]
POOLER = stages(REPOSITORY / "docker" / "pgbouncer" / "Dockerfile")


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "docker/env",
        "docker/secrets/app_password",
        "var/keys/secret.key",
        "var/portal.sqlite3",
        ".git/config",
        ".venv/bin/python",
        "tests/conftest.py",
        "portal/.env",
        "portal/keys/secret.key",
        "knowledge/leftover.sqlite3",
        "portal/__pycache__/env.cpython-311.pyc",
        "something-new/that-lies-about.txt",
        "requirements/test.txt",
    ],
)
def test_what_is_no_part_of_the_program_never_reaches_the_engine(path):
    assert not is_sent(path)


@pytest.mark.parametrize(
    "path",
    [
        "manage.py",
        "portal/asgi.py",
        "templates/base.html",
        "requirements/base.txt",
        "docker/entry",
        "docker/alive.py",
        "portal/static/portal/portal.css",
        "audit/README.md",
        "portal/help/features.md",
        "portal/help/answer.png",
        "LICENSE",
    ],
)
def test_what_the_program_needs_reaches_the_engine(path):
    assert is_sent(path)


def test_every_package_of_the_program_reaches_the_engine():
    packages = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")} - {"tests"}
    assert {name for name in packages if is_sent(f"{name}/__init__.py")} == packages


def test_packages_are_installed_with_the_words_of_the_setup_script():
    words = re.compile(r"--[a-z-]+(?: :all:)?")
    quiet = {"--quiet", "--disable-pip-version-check", "--no-cache-dir"}
    script = (REPOSITORY / "portal" / "setup.sh").read_text()
    in_script = set(words.findall(script[script.index("-m pip install") : script.index('-r "$file"')])) - quiet
    in_image = set(words.findall(STAGES["packages"].last("RUN"))) - quiet
    assert in_image == in_script == {
        "--no-deps", "--require-hashes", "--only-binary :all:", "--ignore-requires-python",
    }  # fmt: skip


def test_every_stage_of_the_portal_begins_with_the_one_base():
    assert {stage.base for stage in STAGES.values()} == {"${PYTHON_IMAGE}"}
    assert dict(instructions())["ARG"]
    first = next(arguments for word, arguments in instructions() if word == "ARG")
    assert re.fullmatch(r"PYTHON_IMAGE=python:3\.(11|12|13)-slim", first)


@pytest.mark.parametrize("stage", [FINAL, POOLER["debian:12-slim"]], ids=["portal", "pgbouncer"])
def test_it_does_not_run_as_root(stage):
    assert stage.last("USER").split(":")[0] not in {"0", "root"}


def test_the_account_has_a_fixed_number_so_that_volumes_keep_their_owner():
    assert FINAL.last("USER") == "10001:10001"
    assert "--uid 10001" in FINAL.last("RUN")
    assert "--gid 10001" in FINAL.last("RUN")
    words = [word for word, _ in FINAL.steps]
    assert "RUN" not in words[words.index("USER") :]
    assert "COPY" not in words[words.index("USER") :]


def test_the_program_belongs_to_root_and_only_data_to_the_account():
    owned = [arguments for arguments in FINAL.all("COPY") if "--chown" in arguments]
    assert [arguments.split()[-1] for arguments in owned] == ["/data", "/scratch"]


def test_nothing_is_fetched_but_packages():
    words = [word for word, _ in instructions()]
    assert "ADD" not in words
    assert not re.search(r"curl|wget|git clone|https?://", "\n".join(arguments for _, arguments in instructions()))


def test_no_secret_is_an_argument_or_a_variable():
    for stage in STAGES.values():
        for word in ("ARG", "ENV"):
            assert not re.search(r"SECRET|PASSWORD|TOKEN|_KEY|DATABASE_URL|REDIS_URL", "\n".join(stage.all(word)))


def test_keys_that_are_made_on_the_way_leave_within_their_layer():
    """collectstatic loads the settings, and those make keys in the data folder."""
    (step,) = [each for each in STAGES["made"].all("RUN") if "manage.py" in each]
    assert "PORTAL_DATA_DIR=/made " in step
    assert step.index("manage.py") < step.index("rm -rf /made")


def test_signals_reach_the_program():
    assert FINAL.last("STOPSIGNAL") == "SIGTERM"
    assert exec_form(FINAL.last("ENTRYPOINT")) == ["/app/docker/entry"]
    assert exec_form(FINAL.last("CMD")) == ["web"]
    entry = (REPOSITORY / "docker" / "entry").read_text()
    commands = re.findall(r"^\s+\S+\)\s+(.*?);;$", entry, re.M)
    assert len(commands) >= 6
    assert all(command.startswith("exec ") for command in commands)


def test_its_health_is_asked_without_a_shell():
    assert exec_form(FINAL.last("HEALTHCHECK")) == ["python", "/app/docker/alive.py", "web"]


def test_it_says_what_it_is():
    for label in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{label}=" in FINAL.last("LABEL")
