"""The portal's own icons: drawn on a 20 grid with a 1.5 stroke, no fill, in the colour of the text around them.

The drawings stand in icons.svg, one <symbol> each; a dot is a shape of class "solid".
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

SYMBOL = re.compile(r'<symbol id="([\w-]+)"[^>]*>(.*?)</symbol>', re.DOTALL)

# What a page means -> the drawing that says it.
ALIASES = {
    "close-small": "close",
    "conflict": "scales",
    "document": "file",
    "expired": "calendar",
    "failed": "alert",
    "go": "chevron-right",
    "keys": "key",
    "knowledge": "book",
    "library": "book",
    "offline-source": "plug-off",
    "operations": "gauge",
    "partial": "half",
    "passed": "check",
    "quality": "chart",
    "quarantined": "blocked",
    "queued": "clock",
    "ready": "check",
    "ready_with_warnings": "warning",
    "remove": "trash",
    "review": "inbox",
    "sheet": "table",
    "stalled": "pause",
    "team": "people",
    "users": "people",
}


@cache
def drawings() -> dict[str, str]:
    return dict(SYMBOL.findall((Path(__file__).parent / "icons.svg").read_text(encoding="utf-8")))


def drawing(name: str) -> str:
    """The inside of the icon's svg; an unknown name is a mistake of the page, so it raises."""
    return drawings()[ALIASES.get(name, name)]
