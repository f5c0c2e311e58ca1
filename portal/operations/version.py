"""Which version of the portal this is, for backups and error messages."""

from __future__ import annotations

import subprocess
import tomllib
from functools import cache

from django.conf import settings


@cache
def product_version() -> str:
    """The release and the revision it was built from, such as `0.1.0+53ef82d69680`.

    The revision is PORTAL_REVISION, which an image sets when it is built, or that of the git checkout. A checkout with
    changes that are not committed ends in `-dirty`. Without either it is the release alone.
    """
    revision = settings.PORTAL_REVISION or _git_revision()
    return f"{_release()}+{revision}" if revision else _release()


def _release() -> str:
    try:
        with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
            return tomllib.load(file)["project"]["version"]
    except (OSError, KeyError, ValueError):
        return "unknown"


def _git_revision() -> str:
    if not (settings.BASE_DIR / ".git").exists():
        return ""
    command = ["git", "-C", str(settings.BASE_DIR), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
