"""How near in meaning an output is to the nearest reference: cosine of all-minilm-l6-v2 embeddings, × 100.

English only: the model was trained on English sentence pairs (Reimers and Gurevych 2019; its model card). It reads the
first 256 tokens of a text. Unrelated texts come near 0 and can fall below it.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from evals.metrics.setting import Embed, Mean, Setting, require_references
from evals.types import Sample
from llmweb.errors import Unsupported

MODEL = "all-minilm-l6-v2"


def similarity(setting: Setting) -> Mean:
    """Raises Unsupported for another language than English, or without a model to embed with."""
    if setting.base_language != "en":
        raise Unsupported(f"semantic-similarity is for English only: {MODEL} does not know {setting.language!r}.")
    if setting.embed is None:
        raise Unsupported(f"semantic-similarity embeds: python -m llmweb models download {MODEL}")
    described = f"semantic similarity|cosine*100|model:{MODEL}|lang:en|refs:best|mean|v:1"
    return Mean("semantic-similarity", described, partial(_each, setting.embed), per_sample="none")


def _each(embed: Embed, outputs: Sequence[str], samples: Sequence[Sample]) -> list[float]:
    """All texts in one batch, each once. An empty output is near to nothing: 0."""
    require_references(samples, "semantic-similarity")
    texts = sorted({*outputs, *(reference for sample in samples for reference in sample.references)})
    vectors = dict(zip(texts, map(np.asarray, embed(texts)), strict=True))
    return [
        max(float(vectors[output] @ vectors[reference]) for reference in sample.references) if output.strip() else 0.0
        for output, sample in zip(outputs, samples, strict=True)
    ]
