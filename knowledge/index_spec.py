"""What an index is made with. Pure, and read by the settings: no models, no settings."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from django.utils.text import slugify

ANALYSIS = "words1"  # the word analysis: raise it when terms of the same text change
LONGEST_NAME = 60
_NAME = re.compile(r"(?P<embedder>[a-z0-9]+)(?:-(?P<model>.+))?-(?P<analysis>words\d+)-(?P<words>\d+)-(?P<overlap>\d+)")


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """Embedding model, length and overlap of passages in words, word analysis. Texts and questions go the same way.

    `model` and `base_url` are an OpenAI-compatible endpoint's; its key stays in the settings.
    """

    embedder: str = "minilm"
    model: str = ""
    base_url: str = ""
    words: int = 180
    overlap: int = 40
    analysis: str = ANALYSIS

    @property
    def name(self) -> str:
        """The same for the same index, wherever its endpoint lives."""
        how = f"-{self.analysis}-{self.words}-{self.overlap}"
        model = f"-{slugify(self.model) or 'model'}" if self.model else ""
        room = LONGEST_NAME - len(self.embedder) - len(how)
        if len(model) > room:
            digest = hashlib.sha256(self.model.encode()).hexdigest()[:8]
            model = f"{model[: room - 9]}-{digest}"
        return f"{self.embedder}{model}{how}"

    @property
    def texts(self) -> tuple[str, str]:
        """What decides the vector of a text: two indexes with the same may share it."""
        return self.embedder, self.model

    @classmethod
    def of_name(cls, name: str) -> IndexSpec:
        """As far as a name tells: not the address, and the model as it is written in the name."""
        match = _NAME.fullmatch(name)
        if match is None:
            return cls()
        return cls(
            match["embedder"], match["model"] or "", "", int(match["words"]), int(match["overlap"]), match["analysis"]
        )
