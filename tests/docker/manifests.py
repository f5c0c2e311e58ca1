"""What kustomize makes of an overlay, and short ways into it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from tests.docker import tools

FOLDER = Path(__file__).resolve().parents[2] / "docker" / "kubernetes"
OVERLAYS = ["staging", "production", "canary", "blue-green"]
QUEUES = ["interactive", "bulk", "maintenance", "evaluation"]


@dataclass(frozen=True)
class Rendered:
    all: tuple[dict, ...]

    def of(self, *kinds: str) -> list[dict]:
        return [each for each in self.all if each["kind"] in kinds]

    def one(self, kind: str, name: str) -> dict:
        (found,) = [each for each in self.of(kind) if each["metadata"]["name"] == name]
        return found

    def workloads(self) -> list[dict]:
        return self.of("Deployment", "Job", "StatefulSet", "DaemonSet", "CronJob", "Pod", "ReplicaSet")

    def serving(self) -> list[dict]:
        return self.of("Deployment")


def pod(workload: dict) -> dict:
    return workload["spec"]["template"]["spec"]


def labels(workload: dict) -> dict[str, str]:
    return workload["spec"]["template"]["metadata"]["labels"]


def containers(workload: dict) -> list[dict]:
    return [*pod(workload).get("initContainers", []), *pod(workload)["containers"]]


def component(workload: dict) -> str:
    return labels(workload)["app.kubernetes.io/component"]


def chosen(selector: dict, some: dict[str, str]) -> bool:
    """Does a label selector choose what carries these labels? As the API server decides it."""
    for key, value in selector.get("matchLabels", {}).items():
        if some.get(key) != value:
            return False
    for term in selector.get("matchExpressions", []):
        value, values = some.get(term["key"]), term.get("values", [])
        fits = {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }[term["operator"]]
        if not fits:
            return False
    return True


@lru_cache
def text(overlay: str) -> str:
    done = tools.run(tools.KUSTOMIZE, "build", f"overlays/{overlay}", folder=FOLDER)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr  # what is deprecated is said there
    return done.stdout


@lru_cache
def render(overlay: str) -> Rendered:
    return Rendered(tuple(yaml.safe_load_all(text(overlay))))
