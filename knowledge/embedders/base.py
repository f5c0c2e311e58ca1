"""What an embedder promises: texts in, unit vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np


class Embedder(Protocol):
    """Row i of the result is the L2-normalised float32 vector of text i, whatever order the work was done in.

    `embed([])` is an empty (0, dimensions) array. Implementations can be called from several threads at once
    and load nothing heavy before the first call (or `warm_up`).
    """

    name: str
    dimensions: int
    languages: frozenset[str] | None
    """ISO 639-1 codes it was trained on; None when it takes any language. Ranking leans on words for the others."""

    def warm_up(self) -> None: ...
    def embed(self, texts: Sequence[str]) -> np.ndarray: ...


class EmbedderError(Exception):
    def __init__(self, message: str, *, hint: str = "", permanent: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.permanent = permanent


class EmbedderUnavailable(EmbedderError):
    """It could not be reached or loaded. `permanent` says that waiting will not mend it."""
