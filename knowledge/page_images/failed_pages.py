"""Pages that could not be drawn, remembered for an hour, so that nobody waits for the same page again and again.

Another version of the renderer begins with a clean sheet. "Try again" forgets a page, at most once a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.core.cache import cache

from knowledge.models import Version
from knowledge.page_images import pdf_pages
from knowledge.parsers.base import ParseFailed

REMEMBERED = 3600  # seconds
TOO_SLOW_REMEMBERED = 60  # seconds: the machine may have been busy
AGAIN_AFTER = 60  # seconds

DRAWING, MARKING, SCANNING = "draw", "mark", "scan"


@contextmanager
def remembered(version: Version, page: int, doing: str) -> Iterator[None]:
    """Around one try. Raises the `ParseFailed` of the last one at once while it is remembered. A page that only waited
    too long for its turn is not."""
    key = _key(version, page, doing)
    if known := cache.get(key):
        raise ParseFailed(*known)
    try:
        yield
    except ParseFailed as failure:
        if failure.code != "busy":
            seconds = REMEMBERED if failure.permanent else TOO_SLOW_REMEMBERED
            cache.set(key, [failure.code, failure.message, failure.hint], seconds)
        raise


def among(version: Version, pages: Iterable[int]) -> set[int]:
    """Those of the pages whose drawing failed."""
    keys = {_key(version, page, DRAWING): page for page in pages}
    return {keys[key] for key in cache.get_many(keys)}


def forget(version: Version, page: int) -> bool:
    """For "Try again". False: it was tried again a moment ago."""
    if not cache.add(f"{_key(version, page, DRAWING)}:again", 1, AGAIN_AFTER):
        return False
    cache.delete_many([_key(version, page, doing) for doing in (DRAWING, MARKING, SCANNING)])
    return True


def _key(version: Version, page: int, doing: str) -> str:
    return f"knowledge:page-failed:{pdf_pages.renderer()}:{version.tenant_id}:{version.pk}:{page}:{doing}"
