"""What a removal set out to do, kept in the data folder until its certificate is written: an interruption forgets nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings

from portal.security.keys import private_folder


def unfinished() -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(_folder().glob("*.json"))]


def unfinished_of(tenant_id: str) -> dict[str, Any] | None:
    return next((plan for plan in unfinished() if plan["tenant"]["id"] == str(tenant_id)), None)


def save_plan(plan: dict[str, Any]) -> None:
    from portal.operations.backup.manifest import write_private

    write_private(_path(plan), json.dumps(plan, ensure_ascii=False, indent=1).encode())


def done(plan: dict[str, Any]) -> None:
    _path(plan).unlink(missing_ok=True)


def _path(plan: dict[str, Any]) -> Path:
    return _folder() / f"{plan['tenant']['id']}.json"


def _folder() -> Path:
    return private_folder(Path(settings.DATA_DIR) / "removals")
