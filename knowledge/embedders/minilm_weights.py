"""From the published float32 weights to a CTranslate2 folder in int8, without torch."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

LAYERS, HEADS = 6, 12
LAYER_NORM_EPSILON = 1e-12
QUANTIZATION = "int8_float32"
FORMAT = "minilm-l6-int8-1"  # part of the folder's name: raise it when the conversion changes


@contextmanager
def converted(weights: Path, cache_dir: Path | None) -> Iterator[Path]:
    """A folder that CTranslate2 can open. Kept under `cache_dir`, or gone again when there is none."""
    if cache_dir is None:
        with tempfile.TemporaryDirectory(prefix="minilm-") as folder:
            _convert(weights, Path(folder))
            yield Path(folder)
        return
    target = cache_dir / f"{FORMAT}-{weights.stat().st_size}"
    if not (target / "model.bin").is_file():
        _convert_once(weights, target)
    yield target


def _convert_once(weights: Path, target: Path) -> None:
    """Converted aside and renamed, so that a reader never meets half a model and a killed start leaves no trap."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        _convert(weights, temporary)
        os.replace(temporary, target)
    except OSError:
        if not (target / "model.bin").is_file():  # otherwise another process was faster, with the same bytes
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _convert(weights: Path, folder: Path) -> None:
    from ctranslate2.converters.utils import fuse_linear
    from ctranslate2.specs import TransformerEncoderModelSpec, TransformerEncoderSpec
    from ctranslate2.specs.common_spec import Activation, LinearSpec
    from safetensors import safe_open

    with safe_open(str(weights), framework="np") as file:
        tensor: Callable[[str], np.ndarray] = file.get_tensor
        encoder = TransformerEncoderSpec(
            LAYERS, HEADS, pre_norm=False, activation=Activation.GELU, layernorm_embedding=True
        )
        encoder.scale_embeddings = False
        encoder.embeddings[0].weight = tensor("embeddings.word_embeddings.weight")
        # Every text is segment 0, so its segment embedding is a constant that the positions can carry.
        encoder.position_encodings.encodings = (
            tensor("embeddings.position_embeddings.weight") + tensor("embeddings.token_type_embeddings.weight")[0]
        )
        _set_norm(encoder.layernorm_embedding, tensor, "embeddings.LayerNorm")
        for number, layer in enumerate(encoder.layer):
            at = f"encoder.layer.{number}"
            parts = [LinearSpec() for _ in range(3)]
            for part, name in zip(parts, ("query", "key", "value"), strict=True):
                _set_linear(part, tensor, f"{at}.attention.self.{name}")
            fuse_linear(layer.self_attention.linear[0], parts)
            _set_linear(layer.self_attention.linear[1], tensor, f"{at}.attention.output.dense")
            _set_norm(layer.self_attention.layer_norm, tensor, f"{at}.attention.output.LayerNorm")
            _set_linear(layer.ffn.linear_0, tensor, f"{at}.intermediate.dense")
            _set_linear(layer.ffn.linear_1, tensor, f"{at}.output.dense")
            _set_norm(layer.ffn.layer_norm, tensor, f"{at}.output.LayerNorm")
        words = encoder.embeddings[0].weight.shape[0]

    model = TransformerEncoderModelSpec(encoder)
    model.config.layer_norm_epsilon = LAYER_NORM_EPSILON
    model.register_vocabulary([f"<{i}>" for i in range(words)])  # ids come from our tokeniser; the names are unused
    model.validate()
    model.optimize(quantization=QUANTIZATION)
    model.save(str(folder))


def _set_linear(spec: object, tensor: Callable[[str], np.ndarray], name: str) -> None:
    spec.weight = tensor(f"{name}.weight")
    spec.bias = tensor(f"{name}.bias")


def _set_norm(spec: object, tensor: Callable[[str], np.ndarray], name: str) -> None:
    spec.gamma = tensor(f"{name}.weight")
    spec.beta = tensor(f"{name}.bias")
