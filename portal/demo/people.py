"""The sample company's people: their passwords are made on this machine and kept in the data folder alone."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from django.conf import settings

from portal.operations.backup.manifest import write_private

PASSWORD_WORDS = 4


def sign_in_file() -> Path:
    return Path(settings.DATA_DIR) / "demo-people.json"


def fresh_password() -> str:
    """80 bits, in groups that one can type from a screen."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(PASSWORD_WORDS))


def save_sign_ins(tenant: str, people: list[dict]) -> None:
    content = json.dumps({"tenant": tenant, "people": people}, indent=2, ensure_ascii=False)
    write_private(sign_in_file(), content.encode())


def how_to_sign_in() -> list[str]:
    """What a newcomer needs to read after the start. Empty without the sample company."""
    try:
        sign_ins = json.loads(sign_in_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    width = max(len(person["email"]) for person in sign_ins["people"])
    lines = ["", f"Sign in to the sample company, {sign_ins['tenant']}, as"]
    lines += [f"  {p['key']:<11} {p['email']:<{width}}  {p['password']}" for p in sign_ins["people"]]
    return [*lines, f"(kept in {sign_in_file()})", ""]


def forget() -> None:
    """The sample company is gone, and with it who could sign in to it."""
    sign_in_file().unlink(missing_ok=True)
