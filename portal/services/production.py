"""`python -m portal.services run`: the production column on this machine, as `make run-production` does it.

The servers, then what an operator would type: setup_database with the administrator's address, migrate with the
owner's, and the processes with neither.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from portal import keys
from portal.services import together

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
FOR_PREPARING = ("DATABASE_ADMIN_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL")
KEYS = {"SECRET_KEY": "secret", "PORTAL_ENCRYPTION_KEY": "encryption", "PORTAL_SIGNING_KEY": "signing"}


def run(port: int, *, demo: bool) -> int:
    # From a process of their own: they are to outlive this one, and to be nobody's children.
    up = [sys.executable, "-m", "portal.services", "up"]
    if subprocess.run(up, cwd=MANAGE.parent, check=False).returncode:  # noqa: S603
        print("It cannot run without these.", file=sys.stderr)
        return 1
    for step in (["setup_database"], ["migrate", "--noinput", "--verbosity=0"]):
        if status := manage(step, prepare=True):
            return status
    if demo and (status := manage(["demo", "--once"])):
        return status
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, str(MANAGE), "up", "--port", str(port)], environment(port))  # noqa: S606


def manage(command: list[str], *, prepare: bool = False) -> int:
    asked = [sys.executable, str(MANAGE), *command]
    return subprocess.run(asked, env=environment(prepare=prepare), check=False).returncode  # noqa: S603


def environment(port: int = 8000, *, prepare: bool = False) -> dict[str, str]:
    """What is set already wins."""
    told = together.read(together.env_file())
    if not prepare:
        told = {name: value for name, value in told.items() if name not in FOR_PREPARING}
    # Beside what `make run` keeps: a company of one database must not find the files of another's.
    data = together.data_folder() / "production"
    folder = Path(os.environ.get("PORTAL_KEYS_DIR") or data / "keys")
    for name, key in KEYS.items():
        if not os.environ.get(name) and not os.environ.get(f"{name}_FILE"):
            keys.key(folder, key)
            told[f"{name}_FILE"] = str(folder / f"{key}.key")
    told |= {
        "DJANGO_SETTINGS_MODULE": "portal.settings.production",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "PORTAL_URL": f"http://localhost:{port}",
        "SECURE_COOKIES": "0",  # on this machine alone, without TLS
        "WEB_PROCESSES": "2",
    }
    ours = {name: value for name, value in os.environ.items() if prepare or name not in FOR_PREPARING}
    return told | ours | {"PORTAL_DATA_DIR": str(data)}
