"""Is the process of this container alive? `alive.py web` asks it; `alive.py interactive`, or another queue, or
`beat`, looks when that process last touched its file.

Standard library alone and no Django: this runs every few seconds in every container. It asks nobody else, because a
database that is away is no reason to end a process that waits for it.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

SILENT_FOR = 60.0  # seconds


def web() -> str:
    url = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/healthz"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        request = urllib.request.Request(url, headers={"Host": "localhost"})
        with direct.open(request, timeout=4) as answer:
            return "" if answer.status == 200 else f"{url} answered {answer.status}"
    except (urllib.error.URLError, OSError) as error:
        return f"{url} does not answer: {error}"


def beats(name: str) -> str:
    path = Path(os.environ.get("PORTAL_RUN_DIR", "/scratch/run")) / f"{name}.beat"
    try:
        age = time.time() - path.stat().st_mtime
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    return "" if age < SILENT_FOR else f"the last sign of life is {age:.0f} s old"


if __name__ == "__main__":
    asked = sys.argv[1] if len(sys.argv) > 1 else "web"
    trouble = web() if asked == "web" else beats(asked)
    if trouble:
        sys.exit(trouble)
