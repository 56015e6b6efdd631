"""How well Ask answers XQuAD-en (Artetxe et al. 2020) with the default weights: F1 with its interval, calibration.

    LLMWEB_TEST_DATA=… LLMWEB_HOME=… python tests/bench/xquad.py --first 1 --last 200

Each question is asked of its own paragraph, as in SQuAD 1.1 (Rajpurkar et al. 2016), whose normalisation and F1 these
are. --unanswerable adds each question asked of another paragraph of its article, and of another article. Prompts and
coefficients were fitted on questions 601 to 1190; a figure on those says nothing.
"""

import argparse
import json
import os
import random
import re
import string
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from llmweb.ask import Answer, ask
from llmweb.catalog import Catalog
from llmweb.documents import read_text
from llmweb.engines import ENGINES
from llmweb.retrieve import Library
from llmweb.runtime import Runtime
from llmweb.settings import Settings, default_data_dir, quiet_environment
from llmweb.types import Options, Precision
from llmweb.weights.download import WeightStore
from llmweb.weights.fetch_queue import FetchQueue

RESAMPLES = 2_000
SEED = 12345


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    paragraph: str
    answers: tuple[str, ...]
    article: int


@dataclass(frozen=True, slots=True)
class Asked:
    """One question asked of one paragraph. case: own, same article, other article."""

    question: Question
    case: str
    answer: Answer
    seconds: float

    @property
    def f1(self) -> float:
        return max(f1(self.answer.text, reference) for reference in self.question.answers)


def questions(path: Path) -> list[Question]:
    """In the order of the file."""
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    return [
        Question(one["question"], part["context"], tuple(each["text"] for each in one["answers"]), number)
        for number, article in enumerate(articles)
        for part in article["paragraphs"]
        for one in part["qas"]
    ]


def normalised(text: str) -> list[str]:
    """Tokens by SQuAD 1.1's evaluate-v1.1.py: lower case, no punctuation, no articles."""
    bare = "".join(char for char in text.lower() if char not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", bare).split()


def f1(answer: str, reference: str) -> float:
    """0–1."""
    ours, theirs = normalised(answer), normalised(reference)
    same = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * same / (len(ours) + len(theirs)) if same else 0.0


def interval(values: Sequence[float], clusters: Sequence[str]) -> tuple[float, float]:
    """95 % percentile bootstrap of the mean, resampling whole clusters."""
    sums: dict[str, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        sums.setdefault(cluster, []).append(value)
    totals = np.array([[sum(each), len(each)] for each in sums.values()])
    picks = np.random.default_rng(SEED).integers(0, len(totals), (RESAMPLES, len(totals)))
    drawn = totals[picks].sum(axis=1)
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
    return float(low), float(high)


def auroc(right: Sequence[float], wrong: Sequence[float]) -> float:
    """The chance that an answerable pair is trusted more than an unanswerable one, a tie counting half."""
    above = np.subtract.outer(np.array(right), np.array(wrong))
    return float((above > 0).mean() + (above == 0).mean() / 2)


def calibration_error(confidences: Sequence[float], truths: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error over equal-width bins (Guo et al. 2017), 0–1."""
    trusted, true = np.array(confidences), np.array(truths, dtype=float)
    places = np.minimum((trusted * bins).astype(int), bins - 1)
    gaps = [abs(trusted[places == at].mean() - true[places == at].mean()) * (places == at).sum() for at in set(places)]
    return float(sum(gaps) / len(trusted))


@contextmanager
def real_runtime() -> Iterator[Runtime]:
    settings = Settings(default_data_dir())
    runtime = Runtime(settings, Catalog(), FetchQueue(WeightStore(settings.models_dir)), ENGINES)
    try:
        yield runtime
    finally:
        runtime.close()
        runtime.fetches.close()


def paragraphs_for(question: Question, everyone: Sequence[Question], rng: random.Random) -> Iterator[tuple[str, str]]:
    """(case, paragraph): its own, one of the same article, one of another."""
    yield "own", question.paragraph
    same = {one.paragraph for one in everyone if one.article == question.article} - {question.paragraph}
    yield "same article", rng.choice(sorted(same))
    yield "other article", rng.choice([one.paragraph for one in everyone if one.article != question.article])


def measure(runtime: Runtime, everyone: Sequence[Question], args: argparse.Namespace) -> list[Asked]:
    rng, library, asked = random.Random(SEED), Library(limit=64), []
    options, chosen = Options(precision=args.precision), everyone[:: args.every]
    for number, question in enumerate(chosen, 1):
        cases = paragraphs_for(question, everyone, rng) if args.unanswerable else [("own", question.paragraph)]
        for case, paragraph in cases:
            index = library.index([read_text(paragraph)])
            begun = time.monotonic()
            answer = ask(runtime, question.text, index, args.model, options)
            asked.append(Asked(question, case, answer, time.monotonic() - begun))
        if number % 50 == 0:
            print(f"{number} of {len(chosen)}", file=sys.stderr, flush=True)
    return asked


def report(asked: Sequence[Asked]) -> None:
    own = [one for one in asked if one.case == "own"]
    clusters = [one.question.paragraph for one in own]
    scores = [one.f1 for one in own]
    strict = [one.f1 if one.answer.found else 0.0 for one in own]
    for name, values in (("F1 of the best guess", scores), ('F1 with "Not in the text" counted 0', strict)):
        low, high = interval(values, clusters)
        print(f"{name}: {100 * np.mean(values):.1f} [{100 * low:.1f}, {100 * high:.1f}], n = {len(values)}")
    times = np.percentile([one.seconds for one in own], [50, 95])
    print(f"{len(set(clusters))} paragraphs; seconds an answer: median {times[0]:.2f}, 95 % under {times[1]:.2f}")
    if len(own) < len(asked):
        report_decision(asked)


def report_decision(asked: Sequence[Asked]) -> None:
    """ "Not in the text": own paragraphs are answerable, the others are taken not to be."""
    trusted = {case: [] for case in ("own", "same article", "other article")}
    for one in asked:
        trusted[one.case].append(one.answer.confidence or 0.0)
    for case in ("same article", "other article"):
        pairs = [(value, True) for value in trusted["own"]] + [(value, False) for value in trusted[case]]
        right = np.mean([(value >= 0.5) == true for value, true in pairs])
        print(
            f"own against {case}: accuracy {right:.3f}, AUROC {auroc(trusted['own'], trusted[case]):.3f}, "
            f"ECE {calibration_error(*zip(*pairs, strict=True)):.3f}, n = {len(pairs)}"
        )
    print("confidence   n  answerable")
    everything = [(value, case == "own") for case, values in trusted.items() for value in values]
    for at in range(10):
        inside = [true for value, true in everything if at <= min(value * 10, 9.999) < at + 1]
        share = f"{np.mean(inside):.2f}" if inside else "n/a"
        print(f"{at / 10:.1f}–{(at + 1) / 10:.1f}   {len(inside):5d}  {share}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--first", type=int, default=1, help="number of the first question, from 1")
    parser.add_argument("--last", type=int, default=200, help="number of the last question, included")
    parser.add_argument("--every", type=int, default=1, help="ask one question in so many")
    parser.add_argument("--model", default="")
    parser.add_argument("--precision", choices=Precision.__args__, default="fast")
    parser.add_argument("--unanswerable", action="store_true")
    args = parser.parse_args()
    folder = os.environ.get("LLMWEB_TEST_DATA")
    if not folder:
        parser.exit(1, "Set LLMWEB_TEST_DATA to the folder that holds xquad.en.json.\n")
    quiet_environment()
    chosen = questions(Path(folder) / "xquad.en.json")[args.first - 1 : args.last]
    with real_runtime() as runtime:
        report(measure(runtime, chosen, args))


if __name__ == "__main__":
    main()
