"""The cache in a folder, for one machine: diskcache, for which a value that a power cut left empty is no value."""

from __future__ import annotations

import pickle
from typing import Any

from diskcache import DjangoCache

DAMAGED = (EOFError, pickle.UnpicklingError, UnicodeDecodeError)  # large values are files of their own


class DiskCache(DjangoCache):
    def get(self, key: str, default: Any = None, version: int | None = None, **options: Any) -> Any:
        try:
            return super().get(key, default, version, **options)
        except DAMAGED:
            self.delete(key, version)
            return default
