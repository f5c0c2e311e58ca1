"""Static files: collected at start under names that carry a digest of their content, and served without Django.

A page names the files of its own version, so it never runs with scripts of another one, and browsers may keep a file
for ever.
"""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from servestatic import ServeStaticASGI

PLAIN_NAME_MAX_AGE = 60  # seconds that a browser keeps a file whose name carries no digest
DIGEST_IN_NAME = r"\.[0-9a-f]{12}\.[a-z0-9.]+$"  # as ManifestStaticFilesStorage writes it
OLD_VERSION_SECONDS = 7 * 24 * 3600


def serve(application) -> ServeStaticASGI:
    """An ASGI application that answers requests for static files and passes all others on."""
    return ServeStaticASGI(
        application,
        root=str(settings.STATIC_ROOT),
        prefix=settings.STATIC_URL,
        max_age=PLAIN_NAME_MAX_AGE,
        immutable_file_test=DIGEST_IN_NAME,
    )


def collect() -> None:
    """Copies the static files to STATIC_ROOT if one of them changed.

    Comparing names, sizes and times takes a few milliseconds; collecting 0.2 s of CPU time.
    """
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path}:{stat.st_size}:{stat.st_mtime_ns}\n".encode())
    root = Path(settings.STATIC_ROOT)
    stamp = root / ".stamp"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    _remove_old(root)
    stamp.write_text(digest.hexdigest())


def _remove_old(root: Path) -> None:
    """Files of former versions, after a week: until then pages opened before the update may ask for them."""
    hashed = staticfiles_storage.hashed_files
    current = {staticfiles_storage.manifest_name, *hashed, *hashed.values()}
    for path in root.rglob("*"):
        old = path.is_file() and time.time() - path.stat().st_mtime > OLD_VERSION_SECONDS
        if old and path.relative_to(root).as_posix() not in current:
            path.unlink()
