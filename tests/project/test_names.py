"""Names say what a thing is, in the words of the field: holds the list of words that names do not use."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
APPS = ("portal", "tenants", "knowledge", "answers", "audit")

# As one word of the name of a module, class, function, constant or argument, e.g. `insist` in `insist_on_room`.
BANNED_WORDS = frozenset(
    {
        *("aside", "bell", "bells", "chores", "crowd", "hear", "heard", "heart", "insist", "kept", "looked", "picked"),
        *("said", "say", "says", "seeing", "settled", "shelf", "shelves", "standing", "strangers"),
        *("tell", "telling", "tells", "told", "wall", "walled", "walls", "worded"),
    }
)
# As the whole name: it says how much or for how long, but not of what.
BANNED_CONSTANTS = frozenset(
    {
        *("AT_MOST", "AT_ONCE", "DEAD", "DEEPEST", "ENOUGH", "IDLE", "KEPT", "LATE", "LATER", "LIKE", "LONG"),
        *("MOST", "SHOWN", "SMALL", "SOME"),
    }
)
ALLOWED = {
    "wall_seconds": "wall-clock time, as against processor time",
    "ocr_wall_seconds": "wall-clock time, as against processor time",
}
# Functions that have an argument or a local variable of this name. A name that says what it holds is better; a number
# here may fall, and never rises.
LOCAL_NAMES = {"told": 3, "said": 5, "found": 130, "kept": 9, "given": 25, "wanted": 29, "known": 10, "where": 4}


class Name(NamedTuple):
    kind: str  # module, class, function, constant, argument
    name: str
    place: str


@cache
def _trees() -> dict[str, ast.Module]:
    files = (file for app in APPS for file in sorted((ROOT / app).rglob("*.py")) if "migrations" not in file.parts)
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def _names() -> Iterator[Name]:
    for path, tree in _trees().items():
        yield Name("module", Path(path).stem, path)
        for node in tree.body:
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            )
            for target in targets:
                for each in ast.walk(target):
                    if isinstance(each, ast.Name):
                        yield Name("constant", each.id, f"{path}:{node.lineno}")
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                yield Name("class", node.name, f"{path}:{node.lineno}")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield Name("function", node.name, f"{path}:{node.lineno}")
            elif isinstance(node, ast.arg):
                yield Name("argument", node.arg, f"{path}:{node.lineno}")


def _words(name: str) -> list[str]:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")


def _bound_in(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    names: set[str] = set()
    waiting: list[ast.AST] = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        waiting += ast.iter_child_nodes(node)
    return names


def test_no_name_is_a_private_metaphor():
    wrong = [n for n in _names() if not BANNED_WORDS.isdisjoint(_words(n.name)) and n.name not in ALLOWED]
    assert not wrong, "\n".join(f"{n.place} {n.kind} {n.name}" for n in wrong)


def test_a_constant_says_of_what_it_is_the_amount():
    wrong = [n for n in _names() if n.kind == "constant" and n.name.strip("_") in BANNED_CONSTANTS]
    assert not wrong, "\n".join(f"{n.place} {n.name}" for n in wrong)


def test_each_class_has_a_name_of_its_own():
    places = defaultdict(list)
    for path, tree in _trees().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name != "Command":  # Django finds commands by that name
                places[node.name].append(f"{path}:{node.lineno}")
    double = {name: lines for name, lines in places.items() if len(lines) > 1}
    assert not double, double


def test_local_names_that_say_nothing_become_fewer():
    counts = Counter(
        name
        for tree in _trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for name in _bound_in(node) & LOCAL_NAMES.keys()
    )
    more = {name: count for name, count in counts.items() if count > LOCAL_NAMES[name]}
    assert not more, f"more functions than before use these names: {more}. Name what the variable holds."
