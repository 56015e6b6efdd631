"""CrowS-Pairs through our own path against lm-evaluation-harness: the same weights, the same numbers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evals import systems
from evals.bias.outputs import PairOutput
from evals.bias.readers import read_file
from evals.metrics import metric
from llmweb.catalog import MODELS, Catalog
from llmweb.engines import ENGINES
from llmweb.runtime import Runtime
from llmweb.settings import Settings
from llmweb.types import Local, LoglikelihoodRequest, TokenLogprob, Weights
from llmweb.weights.download import WeightStore
from llmweb.weights.fetch_queue import FetchQueue

# lm_eval 0.4.13, task crows_pairs_english, this GGUF read by transformers in float32, the first 300 rows of the 1,508.
PREFERRED, DIFFERENCE = 55.67, 5.123


@pytest.mark.slow
def test_the_first_300_pairs_are_preferred_as_lm_evaluation_harness_prefers_them(
    public_data: Path, default_weights: Callable[[str], Weights], tmp_path: Path
) -> None:
    weights = default_weights("smollm2-135m-instruct")
    (tmp_path / "model.gguf").symlink_to(weights.folder / "SmolLM2-135M-Instruct.Q4_1.gguf")
    spec = next(model for model in MODELS if model.id == "smollm2-135m-instruct")
    torch = replace(spec, id="smollm2-torch", engine="transformers", source=Local(tmp_path))
    settings = Settings(tmp_path / "home")
    runtime = Runtime(settings, Catalog([*MODELS, torch]), FetchQueue(WeightStore(settings.models_dir)), ENGINES)
    suite = read_file(public_data / "crows_pairs_anonymized.csv")
    samples = suite.samples[:300]
    # All at once and by length, as the engine then reads many together; one is asked as an audit asks it.
    texts = sorted({sample.facts[text] for sample in samples for text in ("text_a", "text_b")}, key=len)
    try:
        rows = dict(runtime.loglikelihood(torch.id, [LoglikelihoodRequest("", text) for text in texts], "exact"))
        alone = systems.answer(systems.system(torch.id, runtime), suite, samples[7], runtime).text
    finally:
        runtime.close()
    found = {text: kept(rows[place]) for place, text in enumerate(texts)}
    pairs = [PairOutput(found[sample.facts["text_a"]], found[sample.facts["text_b"]]) for sample in samples]
    assert PairOutput.from_output(alone).whole() == pytest.approx(pairs[7].whole(), abs=1e-3)
    whole = metric("pairs-whole", "en")
    preferred = whole.combine(whole.statistics([pair.to_output() for pair in pairs], samples).sum(axis=0))
    assert float(preferred) == pytest.approx(PREFERRED, abs=0.01)
    assert float(np.mean([abs(pair.whole()) for pair in pairs])) == pytest.approx(DIFFERENCE, abs=0.005)


def kept(tokens: tuple[TokenLogprob, ...]) -> tuple[tuple[int, int, float], ...]:
    return tuple((token.start, token.end, token.log_probability) for token in tokens)
