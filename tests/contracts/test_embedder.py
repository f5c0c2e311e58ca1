"""What every embedder promises, whichever it is."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from knowledge.embedders.base import EmbedderUnavailable
from knowledge.embedders.minilm import MiniLM, model_files
from knowledge.embedders.openai import OpenAIEmbedder
from tests.servers.openai_server import running

REPOSITORY = Path(__file__).resolve().parents[2]
SENTENCES = [
    "Employees may work from home two days a week.",
    "Remote work is allowed on two days each week.",
    "The canteen serves lunch from noon.",
    "",
    "x",
    "Ein Satz auf Deutsch, mit Umlauten: äöü.",
    "word " * 3_000,
    *(f"Rule {number}: " + "travel costs are paid back. " * (number % 40) for number in range(80)),
]


@pytest.fixture(scope="module")
def minilm(tmp_path_factory):
    return MiniLM(cache_dir=tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def endpoint():
    with running() as (url, server):
        yield url, server


@pytest.fixture(params=["minilm", "openai"])
def embedder(request, minilm, endpoint):
    return minilm if request.param == "minilm" else OpenAIEmbedder(endpoint[0], "key", "any-embedding-model")


def test_every_text_gets_a_unit_vector_at_its_own_place(embedder):
    vectors = embedder.embed(SENTENCES)
    assert vectors.shape == (len(SENTENCES), embedder.dimensions)
    assert vectors.dtype == np.float32
    said = [i for i, text in enumerate(SENTENCES) if text]
    np.testing.assert_allclose(np.linalg.norm(vectors[said], axis=1), 1, atol=1e-4)
    for i in (0, 2, 20, 86):
        alone = embedder.embed([SENTENCES[i]])[0]
        assert float(np.dot(alone, vectors[i])) > 0.995


def test_like_meanings_are_nearer_than_unlike_ones(embedder):
    first, same, other = embedder.embed(SENTENCES[:3])
    assert np.dot(first, same) > np.dot(first, other) + 0.1


def test_no_texts_are_no_vectors(embedder):
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_many_threads_may_ask_at_once(embedder):
    texts = [f"Rule number {i} of the house" for i in range(40)]
    together = embedder.embed(texts)
    with ThreadPoolExecutor(8) as pool:
        apart = np.concatenate(list(pool.map(lambda text: embedder.embed([text]), texts)))
    assert float((together * apart).sum(axis=1).min()) > 0.99


# MiniLM


def test_minilm_agrees_with_the_published_weights_in_full_precision(minilm):
    ours, theirs = minilm.embed(SENTENCES[:20]), _in_full_precision(SENTENCES[:20])
    agreement = (ours * theirs).sum(axis=1)
    assert agreement.mean() > 0.99, agreement
    assert agreement.min() > 0.98, agreement


def test_minilm_converts_its_weights_once_and_never_leaves_half_a_model(tmp_path):
    def convert(_):
        return MiniLM(cache_dir=tmp_path, threads=1).embed(["a"])[0]

    with ThreadPoolExecutor(3) as pool:
        first, *others = pool.map(convert, range(3))
    for other in others:
        np.testing.assert_array_equal(first, other)
    [folder] = tmp_path.iterdir()
    made = (folder / "model.bin").stat().st_mtime_ns
    MiniLM(cache_dir=tmp_path).embed(["b"])
    assert (folder / "model.bin").stat().st_mtime_ns == made
    np.testing.assert_allclose(MiniLM().embed(["a"])[0], first, atol=1e-6)


def test_minilm_needs_no_torch_and_loads_nothing_before_it_is_used():
    script = (
        "import sys; from knowledge.embedders.minilm import MiniLM; from knowledge.embedders.openai import "
        "OpenAIEmbedder; m = MiniLM(); assert not {'numpy', 'ctranslate2', 'tokenizers', 'openai'} & set(sys.modules);"
        "m.embed(['x']); assert not {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=REPOSITORY)


def _in_full_precision(texts: list[str]) -> np.ndarray:
    """The model written out in numpy, straight from the published float32 weights."""
    import math

    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    weights = load_file(str(model_files() / "model.safetensors"))
    tokenizer = Tokenizer.from_file(str(model_files() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=256)
    erf = np.vectorize(math.erf, otypes=[np.float32])

    def linear(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def heads(x):
        return x.reshape(len(x), 12, 32).transpose(1, 0, 2)

    vectors = []
    for text in texts:
        ids = tokenizer.encode(text or " ").ids
        x = weights["embeddings.word_embeddings.weight"][ids]
        x = x + weights["embeddings.position_embeddings.weight"][: len(ids)]
        x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(6):
            at = f"encoder.layer.{layer}"
            q, k, v = (heads(linear(x, f"{at}.attention.self.{part}")) for part in ("query", "key", "value"))
            scores = q @ k.transpose(0, 2, 1) / math.sqrt(32)
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
            mixed = (scores @ v).transpose(1, 0, 2).reshape(len(ids), 384)
            x = norm(x + linear(mixed, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
            inner = linear(x, f"{at}.intermediate.dense")
            inner = inner * 0.5 * (1 + erf(inner / math.sqrt(2)))
            x = norm(x + linear(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
        mean = x.mean(0)
        vectors.append(mean / np.linalg.norm(mean))
    return np.stack(vectors)


# An endpoint


def test_an_endpoint_is_asked_in_batches_and_for_the_length_that_was_set(endpoint):
    url, server = endpoint
    server.requests.clear()
    vectors = OpenAIEmbedder(url, "key", "short", dimensions=16).embed([f"text {i}" for i in range(130)])
    assert vectors.shape == (130, 16)
    assert [len(request["input"]) for request in server.requests] == [64, 64, 2]
    assert {(request["model"], request["dimensions"]) for request in server.requests} == {("short", 16)}


def test_a_refused_key_says_so_and_is_not_worth_waiting_for(endpoint):
    with pytest.raises(EmbedderUnavailable) as refused:
        OpenAIEmbedder(endpoint[0], "wrong", "any").embed(["x"])
    assert refused.value.permanent
    assert "key" in refused.value.message


def test_an_endpoint_that_is_not_there_may_come_back():
    with pytest.raises(EmbedderUnavailable) as absent:
        OpenAIEmbedder("http://127.0.0.1:9/v1", "key", "any", retries=0).embed(["x"])
    assert not absent.value.permanent


@pytest.mark.parametrize(
    ("answers", "retries", "works"),
    [
        pytest.param([503, 429, 200], 3, True, id="busy twice, then well"),
        pytest.param([503, 503], 1, False, id="busy for longer than we try"),
        pytest.param(["html"], 0, False, id="a page instead of vectors"),
        pytest.param(["fewer"], 0, False, id="a vector too few"),
    ],
)
def test_a_struggling_endpoint_is_tried_again_but_not_for_ever(answers, retries, works):
    with _struggling(list(answers)) as url:
        embedder = OpenAIEmbedder(url, "key", "any", retries=retries)
        if works:
            assert embedder.embed(["one", "two"]).shape == (2, 3)
        else:
            with pytest.raises(EmbedderUnavailable):
                embedder.embed(["one", "two"])


class _struggling:
    """Gives the answers in turn: a status, "html", or "fewer" vectors than asked for."""

    def __init__(self, answers: list) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                answer = answers.pop(0)
                data = [{"object": "embedding", "index": i, "embedding": [i + 1.0, 0.0, 2.0]} for i in range(2)]
                if answer == "fewer":
                    data.pop()
                body = b"<html>" if answer == "html" else json.dumps({"object": "list", "data": data}).encode()
                self.send_response(answer if isinstance(answer, int) else 200)
                self.send_header("retry-after-ms", "10")
                self.send_header("content-type", "text/html" if answer == "html" else "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *ignored):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/v1"

    def __exit__(self, *ignored) -> None:
        self.server.shutdown()
        self.server.server_close()
