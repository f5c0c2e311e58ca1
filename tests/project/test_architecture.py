"""The page about the architecture says what the code does: packages, order of imports, functions of the journeys."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "portal" / "help" / "architecture.md").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
    "contracts"
]
APPS = ("portal", "answers", "knowledge", "audit", "tenants")
DJANGO_FOLDERS = {"migrations", "management"}  # Django fixes what is in them
FUNCTION = re.compile(r"`([\w/]+\.py):([\w.]+)`")
IMPORT = re.compile(
    r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]*)|^[ \t]*import[ \t]+([\w.]+)", re.MULTILINE
)

Layers = tuple[tuple[str, ...], ...]


def layers_of_page() -> dict[str, Layers]:
    """Container → its layers, from the top. The container of the apps themselves is "apps"."""
    blocks = [block.splitlines() for block in re.findall(r"^```text\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)]
    return {container: tuple(tuple(line.split()) for line in lines) for container, *lines in blocks}


def layers_of_contracts() -> dict[str, Layers]:
    return {
        contract.get("containers", ["apps"])[0]: tuple(tuple(re.split(r" [:|] ", line)) for line in contract["layers"])
        for contract in CONTRACTS
        if contract["type"] == "layers"
    }


def packages() -> list[Path]:
    found = [init.parent.relative_to(REPOSITORY) for app in APPS for init in (REPOSITORY / app).rglob("__init__.py")]
    return sorted(path for path in found if not DJANGO_FOLDERS & set(path.parts))


def listed_packages() -> set[str]:
    return set(re.findall(rf"^\| `((?:{'|'.join(APPS)})/[\w/]+)` \|", PAGE, re.MULTILINE))


def imports(path: Path) -> Iterator[str]:
    """The dotted names of what a file imports from the apps, also inside functions."""
    for base, names, module in IMPORT.findall(path.read_text(encoding="utf-8")):
        if (base or module).partition(".")[0] in APPS:
            yield from [f"{base}.{name}" for name in re.findall(r"(\w+)(?: as \w+)?", names)] if base else [module]


def layer_of(name: str, container: str, layers: Layers) -> int | None:
    """The number of the layer of a dotted name; the longest name of a layer that begins it counts."""
    prefix = "" if container == "apps" else f"{container}."
    matching = [
        (len(entry), number)
        for number, line in enumerate(layers)
        for entry in line
        if f"{name}.".startswith(f"{prefix}{entry}.")
    ]
    return max(matching)[1] if matching else None


@cache
def members_of(path: str) -> frozenset[str]:
    """Functions and classes of a file, methods as `Class.method`."""
    names = set()
    for node in ast.parse((REPOSITORY / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
            names |= {f"{node.name}.{method.name}" for method in methods}
    return frozenset(names)


def test_every_function_of_the_page_exists():
    functions = FUNCTION.findall(PAGE)
    assert len(functions) > 40
    missing = {
        f"{path}:{name}"
        for path, name in functions
        if not (REPOSITORY / path).is_file() or name not in members_of(path)
    }
    assert missing == set()


def test_each_step_of_a_journey_names_a_function():
    steps = re.findall(r"^\d+\. (.*)$", PAGE, re.MULTILINE)
    assert [step for step in steps if not FUNCTION.match(step)] == []


def test_every_file_and_folder_of_the_page_exists():
    paths = set(re.findall(rf"`((?:{'|'.join(APPS)}|templates|tests)/[\w./-]+)`", PAGE))
    assert {path for path in paths if not (REPOSITORY / path).exists()} == set()


def test_the_page_shows_the_order_of_imports_that_is_enforced():
    assert layers_of_page() == layers_of_contracts()


@pytest.mark.parametrize("container", sorted(layers_of_contracts()))
def test_imports_go_in_the_direction_that_the_page_shows(container):
    layers = layers_of_page()[container]
    ignored = {entry for contract in CONTRACTS for entry in contract.get("ignore_imports", ())}
    wrong = set()
    for app in APPS if container == "apps" else [container]:
        for path in (REPOSITORY / app).rglob("*.py"):
            module = ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")
            own = layer_of(module, container, layers)
            for name in imports(path) if own is not None else ():
                other = layer_of(name, container, layers)
                is_ignored = any(
                    f"{name}.".startswith(f"{entry.split(' -> ')[1]}.")
                    for entry in ignored
                    if entry.startswith(f"{module} -> ")
                )
                if other is not None and other < own and not is_ignored:
                    wrong.add(f"{module} imports {name}")
    assert wrong == set()


def test_every_package_is_on_the_page_and_every_package_on_the_page_exists():
    expected = {path.as_posix() for path in packages() if len(path.parts) > 1}
    assert listed_packages() == expected


@pytest.mark.parametrize("package", packages(), ids=str)
def test_each_package_says_what_it_contains_what_imports_it_and_where_to_start(package):
    docstring = ast.get_docstring(ast.parse((REPOSITORY / package / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert len(docstring.splitlines()) >= 3, docstring
