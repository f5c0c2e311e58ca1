"""Any endpoint that speaks OpenAI's embeddings protocol."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from knowledge.embedders.base import EmbedderUnavailable

if TYPE_CHECKING:
    import numpy as np
    import openai

BATCH_TEXTS = 64
LONGEST_TEXT = 24_000  # characters: about the 8,000 tokens that these models take
MAX_RETRIES = 3


class OpenAIEmbedder:
    """`dimensions` asks the model for shorter vectors; without it the model's own length is found out when needed."""

    languages: frozenset[str] | None = None

    def __init__(
        self,
        base_url: str,
        api_key: str,
        model: str,
        *,
        dimensions: int | None = None,
        timeout: float = 30.0,
        retries: int = MAX_RETRIES,
    ) -> None:
        self.name = model
        self._address = base_url
        self._key = api_key
        self._wanted = dimensions
        self._dimensions = dimensions
        self._timeout = timeout
        self._retries = retries
        self._connecting = threading.Lock()
        self._client: openai.OpenAI | None = None

    @property
    def dimensions(self) -> int:
        if self._dimensions is None:
            self.warm_up()
        return self._dimensions or 0

    def warm_up(self) -> None:
        self.embed(["warm"])

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        import numpy as np

        if not len(texts):
            return np.zeros((0, self.dimensions), dtype=np.float32)
        rows = [
            row
            for start in range(0, len(texts), BATCH_TEXTS)
            for row in self._ask([text[:LONGEST_TEXT] or " " for text in texts[start : start + BATCH_TEXTS]])
        ]
        vectors = np.asarray(rows, dtype=np.float32)
        self._dimensions = vectors.shape[1]
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    def _ask(self, texts: list[str]) -> list[list[float]]:
        import openai

        options = {"dimensions": self._wanted} if self._wanted else {}
        try:
            answer = self._connected().embeddings.create(
                model=self.name, input=texts, encoding_format="float", **options
            )
            rows = [each.embedding for each in sorted(answer.data, key=lambda each: each.index)]
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise EmbedderUnavailable(
                "The embedding service refused the key.", hint="Check OPENAI_API_KEY.", permanent=True
            ) from error
        except (openai.NotFoundError, openai.BadRequestError, openai.UnprocessableEntityError) as error:
            raise EmbedderUnavailable(
                f"The embedding service refused the request: {error.message[:200]}",
                hint=f"Check that it offers the model {self.name} and takes these settings.",
                permanent=True,
            ) from error
        except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
            raise EmbedderUnavailable(
                "The embedding service did not answer as it should.", hint="It is tried again in a while."
            ) from error
        lengths = {len(row) for row in rows}
        if len(rows) != len(texts) or len(lengths) != 1 or lengths - {self._wanted or next(iter(lengths))}:
            raise EmbedderUnavailable(
                f"The embedding service sent {len(rows)} vectors of {sorted(lengths)} numbers for {len(texts)} texts.",
                hint="Check the model and its number of dimensions.",
                permanent=True,
            )
        return rows

    def _connected(self) -> openai.OpenAI:
        with self._connecting:
            if self._client is None:
                import openai

                self._client = openai.OpenAI(
                    base_url=self._address, api_key=self._key, timeout=self._timeout, max_retries=self._retries
                )
            return self._client
