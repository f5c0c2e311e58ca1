"""The Dockerfile and what .dockerignore leaves of the repository, read without an engine."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DOCKERFILE = REPOSITORY / "docker" / "Dockerfile"


@dataclass(frozen=True)
class Stage:
    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, word: str) -> list[str]:
        return [arguments for step, arguments in self.steps if step == word]

    def last(self, word: str) -> str:
        return self.all(word)[-1]

    def environment(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for arguments in self.all("ENV") for pair in shlex.split(arguments))


def instructions(path: Path = DOCKERFILE) -> list[tuple[str, str]]:
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.split(None, 1)[0].upper(), line.split(None, 1)[1]) for line in joined.splitlines()]


def stages(path: Path = DOCKERFILE) -> dict[str, Stage]:
    found: dict[str, Stage] = {}
    stage = None
    for word, arguments in instructions(path):
        if word == "FROM":
            base, _, name = arguments.partition(" AS ")
            stage = found[name or base] = Stage(name or base, base)
        elif stage is not None:
            stage.steps.append((word, arguments))
    return found


def exec_form(arguments: str) -> list[str]:
    """The JSON form, which starts no shell."""
    return json.loads(arguments[arguments.index("[") :])


def ignore_rules() -> list[tuple[bool, re.Pattern]]:
    """(kept, pattern): the last one that matches a path or a folder above it decides."""
    rules = []
    for line in (REPOSITORY / ".dockerignore").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        pattern = line.strip().removeprefix("!").strip("/")
        anywhere = pattern.startswith("**/")
        body = fnmatch.translate(pattern.removeprefix("**/")).replace(".*", "[^/]*")
        rules.append((line.startswith("!"), re.compile(("(?s:.*/)?" if anywhere else "") + body)))
    return rules


def is_sent(path: str, rules=None) -> bool:
    """Does this file of the repository reach the engine?"""
    parts = path.split("/")
    above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    sent = True
    for kept, pattern in rules or ignore_rules():
        if any(pattern.fullmatch(each) for each in above):
            sent = kept
    return sent


def copy_context(into: Path) -> None:
    """As `COPY . .` does it."""
    rules = ignore_rules()
    for folder, folders, files in os.walk(REPOSITORY):
        here = Path(folder).relative_to(REPOSITORY)
        if str(here) == ".":
            folders[:] = [
                each for each in folders if each not in {".git", ".venv", "var", "tests"}
            ]  # many, and not sent
        for name in files:
            path = (here / name).as_posix()
            if is_sent(path, rules):
                target = into / path
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPOSITORY / path, target)
