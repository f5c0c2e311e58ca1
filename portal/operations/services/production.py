"""`python -m portal.operations.services run`: the production column on this machine, as `make run-production` does it.

The servers, then what an operator would type: setup_database with the administrator's address, migrate with the
owner's, and the processes with neither.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

from portal.operations.services import stack
from portal.security import keys

MANAGE = Path(__file__).resolve().parents[3] / "manage.py"
FOR_PREPARING = ("DATABASE_ADMIN_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL")
# Commands that need an address that the processes which serve must not have.
ADDRESSES_OF = {
    "setup_database": FOR_PREPARING,
    "migrate": ("DATABASE_OWNER_URL",),
    "backup": ("DATABASE_BACKUP_URL",),
}
KEYS = {"SECRET_KEY": "secret", "PORTAL_ENCRYPTION_KEY": "encryption", "PORTAL_SIGNING_KEY": "signing"}


def run(port: int, *, demo: bool) -> int:
    # From a process of their own: they are to outlive this one, and to be nobody's children.
    up = [sys.executable, "-m", "portal.operations.services", "up"]
    if subprocess.run(up, cwd=MANAGE.parent, check=False).returncode:  # noqa: S603
        print("It cannot run without these.", file=sys.stderr)
        return 1
    for step in (["setup_database"], ["migrate", "--noinput", "--verbosity=0"]):
        if status := manage(step):
            return status
    if demo and (status := manage(["demo", "--once"])):
        return status
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, str(MANAGE), "up", "--port", str(port)], environment(port))  # noqa: S606


def manage(command: list[str]) -> int:
    """Runs a command of manage.py and returns its exit status. It gets those special addresses that it needs."""
    asked = [sys.executable, str(MANAGE), *command]
    addresses = ADDRESSES_OF.get(command[0], ()) if command else ()
    return subprocess.run(asked, env=environment(addresses=addresses), check=False).returncode  # noqa: S603


def environment(port: int = 8000, *, addresses: Collection[str] = ()) -> dict[str, str]:
    """What is set already wins. Of the addresses in FOR_PREPARING it holds those named in `addresses` alone."""
    withheld = set(FOR_PREPARING) - set(addresses)
    variables = {name: value for name, value in stack.read(stack.env_file()).items() if name not in withheld}
    # Beside what `make run` keeps: a company of one database must not find the files of another's.
    data = stack.data_folder() / "production"
    folder = Path(os.environ.get("PORTAL_KEYS_DIR") or data / "keys")
    for name, key in KEYS.items():
        if not os.environ.get(name) and not os.environ.get(f"{name}_FILE"):
            keys.key(folder, key)
            variables[f"{name}_FILE"] = str(folder / f"{key}.key")
    variables |= {
        "DJANGO_SETTINGS_MODULE": "portal.settings.production",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "PORTAL_URL": f"http://localhost:{port}",
        "SECURE_COOKIES": "0",  # on this machine alone, without TLS
        "WEB_PROCESSES": "2",
    }
    ours = {name: value for name, value in os.environ.items() if name not in withheld}
    return variables | ours | {"PORTAL_DATA_DIR": str(data)}
