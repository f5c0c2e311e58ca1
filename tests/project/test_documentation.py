"""The documents name files, commands and settings that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.conftest import REPOSITORY

HELP = REPOSITORY / "portal" / "help"
DOCUMENTS = [
    *REPOSITORY.glob("*.md"), *HELP.glob("*.md"), *(REPOSITORY / "docker").glob("*.md"),
    REPOSITORY / "audit" / "README.md", REPOSITORY / "templates" / "README.md", REPOSITORY / "portal" / "demo" / "README.md",
]  # fmt: skip
MAX_README_LINES = 70
MAX_IMAGE_BYTES = 150_000
HOOK = REPOSITORY / ".githooks" / "commit-msg"


def named(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def anchors(document: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_to_a_file_and_a_heading(document):
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("http"):
            continue
        path, _, heading = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        if heading:
            assert heading in anchors(target), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_command_exists(document):
    text = document.read_text(encoding="utf-8")
    known = {"help", *get_commands()}
    assert set(re.findall(r"manage(?:\.py)? ([a-z]\w+)", text)) - known == set()
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`|\b[A-Z_]+=\S+ )make ([a-z][a-z-]*)", text, re.MULTILINE)) - targets == set()
    modules = {name.replace(".", "/") for name in re.findall(r"python -m ((?:tests|portal)[\w.]+)", text)}
    assert {
        name for name in modules if not ((REPOSITORY / f"{name}.py").is_file() or (REPOSITORY / name).is_dir())
    } == set()


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "SECURITY.md", "docker/OPERATING.md", "docker/README.md"])
def test_every_file_of_ours_that_is_named_exists(document):
    text = (REPOSITORY / document).read_text(encoding="utf-8")
    files = set(re.findall(r"`((?:portal|answers|knowledge|audit|tenants(?!/ID)|templates|tests)/[\w./-]+)`", text))
    assert {name for name in files if not (REPOSITORY / name).exists()} == set()


def test_the_readme_fits_on_one_screen_and_shows_a_picture_that_loads_quickly():
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_README_LINES
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert (REPOSITORY / picture).stat().st_size < MAX_IMAGE_BYTES


def test_the_help_lists_each_of_its_pages():
    text = (HELP / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in HELP.glob("*.md")} - {"README.md"}
    assert {page for page in pages if f"({page})" not in text} == set()


@pytest.mark.parametrize(
    ("message", "is_accepted"),
    [
        ("Limit a search to 100 collections\n\nA longer list made the plan slow.\n", True),
        ("ß" * 72, True),
        ("a" * 73, False),
        ("Limit a search to 100 collections.", False),
        ("Limit a search\nto 100 collections", False),
        ("# only a comment of git\n", True),
        ('Revert "' + "a" * 70 + '"', True),
    ],
)
def test_the_hook_checks_the_subject_of_a_commit(tmp_path, message, is_accepted):
    file = tmp_path / "COMMIT_EDITMSG"
    file.write_text(message, encoding="utf-8")
    done = subprocess.run([sys.executable, HOOK, file], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == is_accepted, done.stderr
    assert bool(done.stderr) != is_accepted
