"""`.env.example` and the code name the same settings."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from tests.conftest import REPOSITORY

READERS = {"text", "flag", "number", "words", "folder", "database", "pooled"}
ROOMS = ("portal", "knowledge", "answers", "tenants", "audit")
NAME = re.compile(r"[A-Z][A-Z0-9_]{2,}")


def sources() -> list[Path]:
    return [path for room in ROOMS for path in (REPOSITORY / room).rglob("*.py")]


@cache
def read_by_code() -> dict[str, Path]:
    found = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
                continue
            by = node.func
            reader = by.attr if isinstance(by, ast.Attribute) else by.id if isinstance(by, ast.Name) else ""
            of_env = isinstance(by, ast.Attribute) and isinstance(by.value, ast.Name) and by.value.id == "env"
            if reader in READERS and (of_env or path.name == "env.py") and NAME.fullmatch(str(node.args[0].value)):
                found[node.args[0].value] = path.relative_to(REPOSITORY)
    return found


def explained() -> set[str]:
    text = (REPOSITORY / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^#([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))


def test_every_setting_that_is_read_is_explained():
    missing = {name: str(path) for name, path in read_by_code().items() if name not in explained()}
    assert missing == {}


def test_every_setting_that_is_explained_is_read():
    assert explained() - set(read_by_code()) == set()


def test_this_sees_the_settings():
    """Guards the two above against a reader that finds nothing."""
    assert {"PORTAL_DATA_DIR", "REDIS_URL", "DATABASE_POOL_SIZE", "DATABASE_ADMIN_URL"} <= set(read_by_code())
    assert len(explained()) > 40
