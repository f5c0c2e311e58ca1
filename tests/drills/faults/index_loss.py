"""The index loses passages, in each way in which that happens, while documents come in and people ask.

Until it is whole again nobody may be told that their documents do not say it.
"""

from __future__ import annotations

import shutil
import threading
import time

import httpx

from portal.operations.services import Weaviate
from tests.drills import store
from tests.drills.scene import Scene

AWAY = 60.0  # seconds
WHOLE_WITHIN = 150.0  # seconds
MISSING_SHARE = 0.01  # of a company's passages: what the portal must notice
REFUSAL = "not_found"
YESTERDAY = 20.0  # seconds of work between the copy that is put back and the loss


def wiped_after_an_outage(scene: Scene) -> None:
    """Away for a minute, back, and then wiped while uploads come in: the request for a comparison that the outage made
    is answered or still held by then."""
    weaviate = scene.column.weaviate
    weaviate.kill()
    scene.note("Weaviate killed")
    time.sleep(AWAY)
    scene.column.revive(weaviate)
    scene.note("Weaviate started again")
    time.sleep(3)
    weaviate.kill()
    shutil.rmtree(weaviate.folder / "data")
    scene.column.revive(weaviate)
    _until_whole(scene, "wiped, started empty")


def half_wiped(scene: Scene) -> None:
    """Of one company first, then of every company that there is."""
    one = scene.companies[0].id
    _remove_half(scene, [one])
    _until_whole(scene, "half of one company's passages removed")
    _remove_half(scene, _with_passages(scene))
    _until_whole(scene, "half of every company's passages removed")


def restored_from_yesterday(scene: Scene) -> None:
    """What came in since the copy is missing, and of nothing else."""
    weaviate = scene.column.weaviate
    copy = weaviate.folder / "yesterday"
    weaviate.stop()
    shutil.copytree(weaviate.folder / "data", copy)
    scene.column.revive(weaviate)
    scene.note("its data copied")
    before = scene.ready()
    scene.until(lambda: scene.ready() > before + 3, 60, "documents since the copy", every=0.2)
    time.sleep(YESTERDAY)
    weaviate.kill()
    shutil.rmtree(weaviate.folder / "data")
    copy.rename(weaviate.folder / "data")
    scene.column.revive(weaviate)
    _until_whole(scene, "the copy put back")


class _Refusals:
    """Of questions that began and ended while their company's index was known to lack passages."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._short: dict[str, list[tuple[float, float]]] = {}  # company -> from when to when
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Refusals:
        self._watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watching.join()

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            for company in self._scene.companies:
                began = time.monotonic()
                if _missing_share(self._scene, company.id) > MISSING_SHARE:
                    self._short.setdefault(company.slug, []).append((began, time.monotonic()))

    def told(self) -> list[str]:
        refused = [met for met in self._scene.crowd.met if met.said == REFUSAL]
        return [
            f"{met.what} of {met.company} was refused {met.at - self._scene.began:.0f} s on, while passages were missing"
            for met in refused
            if _inside(met.at, met.ended, self._short.get(met.company, []))
        ]


def _inside(began: float, ended: float, looks: list[tuple[float, float]]) -> bool:
    """Passages were missing at a look before it and at one after it."""
    return any(look_ended <= began for _, look_ended in looks) and any(ended <= looked for looked, _ in looks)


def _until_whole(scene: Scene, what: str) -> None:
    began = time.monotonic()
    scene.note(f"Weaviate: {what}")
    with _Refusals(scene) as refusals:
        scene.until(lambda: _is_whole(scene), WHOLE_WITHIN, "the rebuilding of the index", every=1)
    scene.note(f"the index was whole again after {time.monotonic() - began:.0f} s")
    if told := refusals.told():
        raise AssertionError(f"{len(told)} untrue refusals: {told[0]}")


def _is_whole(scene: Scene) -> bool:
    return all(_missing_share(scene, company) == 0 for company in _with_passages(scene))


def _missing_share(scene: Scene, company: str) -> float:
    rows = {pk for (pk,) in scene.column.sql("SELECT id::text FROM knowledge_passage WHERE tenant_id = %s", company)}
    if not rows:
        return 0.0
    try:
        return len(rows - set(store.passages(scene.column.weaviate, company))) / len(rows)
    except httpx.HTTPError:  # it is starting
        return 1.0


def _with_passages(scene: Scene) -> list[str]:
    """Those of earlier drills too."""
    return [pk for (pk,) in scene.column.sql("SELECT DISTINCT tenant_id::text FROM knowledge_passage")]


def _remove_half(scene: Scene, companies: list[str]) -> None:
    for company in companies:
        held = sorted(store.passages(scene.column.weaviate, company))
        _remove(scene.column.weaviate, company, held[::2])


def _remove(weaviate: Weaviate, company: str, passages: list[str]) -> None:
    tenant = company.replace("-", "")
    with httpx.Client(
        base_url=f"{weaviate.url}/v1", headers={"Authorization": f"Bearer {weaviate.key}"}, timeout=20
    ) as api:
        kinds = [each["class"] for each in api.get("/schema").raise_for_status().json()["classes"]]
        for passage in passages:
            for kind in kinds:
                api.delete(f"/objects/{kind}/{passage}", params={"tenant": tenant})
