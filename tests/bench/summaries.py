"""Are short summaries by the default models better than the first two sentences? On texts not used for tuning.

    python tests/bench/summaries.py DATA_DIR [held_out|tuning]

ROUGE F (Lin 2004; package rouge-score, with stemming) against the better of the references, and cosine to the first
reference by all-MiniLM-L6-v2, which also helps to choose the sentences: believe ROUGE first. Differences are paired by
text; intervals are 95 % percentile bootstraps over texts, seeded. "worse" = the whole interval below 0.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rouge_score import rouge_scorer  # type: ignore[import-untyped]

from llmweb.retrieve import EMBEDDER
from llmweb.runtime import Runtime, open_runtime
from llmweb.settings import Settings, quiet_environment
from llmweb.summarize import Wish, summarize
from llmweb.summarize.prose import prose

DATA = Path(__file__).parent.parent / "data" / "summaries"
MEASURES = ("rouge1", "rouge2", "rougeL", "cosine")
RESAMPLES, SEED = 10_000, 0


def scores(runtime: Runtime, references: Sequence[str], summary: str) -> list[float]:
    """One value a measure, 0–1."""
    scorer = rouge_scorer.RougeScorer(list(MEASURES[:3]), use_stemmer=True)
    best = scorer.score_multi(list(references), summary)
    first, own = (np.asarray(vector) for vector in runtime.embed(EMBEDDER, [references[0], summary]))
    return [*(best[measure].fmeasure for measure in MEASURES[:3]), float(first @ own)]


def lead(text: str, sentences: int) -> str:
    return " ".join(sentence.text for sentence in list(prose(text))[:sentences])


def lead_words(text: str, words: int) -> str:
    """As many leading sentences as come nearest to so many words."""
    counts = range(1, len(list(prose(text))) + 1)
    return lead(text, min(counts, key=lambda count: abs(len(lead(text, count).split()) - words)))


def interval(differences: np.ndarray) -> tuple[float, float]:
    picks = np.random.default_rng(SEED).integers(0, len(differences), (RESAMPLES, len(differences)))
    low, high = np.percentile(differences[picks].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def compare(ours: np.ndarray, baseline: np.ndarray, name: str) -> None:
    for place, measure in enumerate(MEASURES):
        differences = ours[:, place] - baseline[:, place]
        low, high = interval(differences)
        verdict = "better" if low > 0 else "worse" if high < 0 else "not distinguishable"
        print(
            f"{measure:7} ours {ours[:, place].mean():.3f}  {name} {baseline[:, place].mean():.3f}  "
            f"difference {differences.mean():+.3f} ({low:+.3f} to {high:+.3f}), n = {len(differences)}: {verdict}"
        )


def main(data_dir: Path, split: str) -> None:
    samples = json.loads((DATA / f"{split}.json").read_text("utf-8"))
    runtime = open_runtime(Settings(data_dir))
    rows: dict[str, list[list[float]]] = {"ours": [], "lead-2": [], "lead, same length": []}
    lengths, seconds, flags = [], [], 0
    for sample in samples:
        started = time.monotonic()
        summary = summarize(runtime, sample["text"], Wish("short"))
        seconds.append(time.monotonic() - started)
        flags += sum(len(sentence.flags) for sentence in summary.sentences)
        texts = (summary.text, lead(sample["text"], 2), lead_words(sample["text"], len(summary.text.split())))
        lengths.append([len(text.split()) for text in texts])
        for name, text in zip(rows, texts, strict=True):
            rows[name].append(scores(runtime, sample["references"], text))
        print(f"{sample['id']}: {summary.text}\n")
    runtime.close()
    print("words:", dict(zip(rows, np.mean(lengths, axis=0).round(1).tolist(), strict=True)), "flags:", flags)
    print(f"seconds a text, after the first: median {np.median(seconds[1:]):.1f}, most {max(seconds[1:]):.1f}")
    for name in list(rows)[1:]:
        compare(np.array(rows["ours"]), np.array(rows[name]), name)


if __name__ == "__main__":
    quiet_environment()
    main(Path(sys.argv[1]), (sys.argv[2:] or ["held_out"])[0])
