"""Every metric by name. Values are from 0 to 100, but for perplexity, bits per byte and TER, where lower is better.

A metric reduces each output to a few numbers, and a score is a function of their sum (evals.types.Metric); what is
made of the sums, intervals and tests, is stats.py's.
"""

from collections.abc import Callable

from evals.metrics.answers import answer_metric
from evals.metrics.bias import (
    ambiguous,
    continuation,
    coreference,
    decision,
    pairs,
    stereoset,
    summaries,
    translation,
    writings,
)
from evals.metrics.choice import accuracy, accuracy_per_character
from evals.metrics.imported import PREFIX, Imported
from evals.metrics.instructions import pass_rate
from evals.metrics.language_model import LanguageModel
from evals.metrics.rouge import rouge
from evals.metrics.sacrebleu_metrics import Bleu, Chrf, Ter
from evals.metrics.setting import Embed, Setting
from evals.metrics.similarity import similarity
from evals.types import Metric
from llmweb.errors import BadInput

METRICS: dict[str, Callable[[Setting], Metric]] = {
    "bleu": Bleu,
    "chrf2": Chrf,
    "chrf2++": lambda setting: Chrf(setting, word_order=2),
    "ter": Ter,
    "rouge-1": lambda setting: rouge("1", setting),
    "rouge-2": lambda setting: rouge("2", setting),
    "rouge-l": lambda setting: rouge("l", setting),
    "rouge-lsum": lambda setting: rouge("lsum", setting),
    "rouge-1-stemmed": lambda setting: rouge("1", setting, stemmed=True),
    "rouge-2-stemmed": lambda setting: rouge("2", setting, stemmed=True),
    "rouge-l-stemmed": lambda setting: rouge("l", setting, stemmed=True),
    "rouge-lsum-stemmed": lambda setting: rouge("lsum", setting, stemmed=True),
    "exact-match-squad1": lambda setting: answer_metric("exact-match", "squad1", setting),
    "f1-squad1": lambda setting: answer_metric("f1", "squad1", setting),
    "exact-match": lambda setting: answer_metric("exact-match", "squad2", setting),
    "f1": lambda setting: answer_metric("f1", "squad2", setting),
    "exact-match-mlqa": lambda setting: answer_metric("exact-match", "mlqa", setting),
    "f1-mlqa": lambda setting: answer_metric("f1", "mlqa", setting),
    "accuracy": lambda setting: accuracy(),
    "accuracy-per-character": lambda setting: accuracy_per_character(),
    "perplexity-per-token": lambda setting: LanguageModel("token"),
    "perplexity": lambda setting: LanguageModel("word"),
    "bits-per-byte": lambda setting: LanguageModel("byte"),
    "instructions-strict": lambda setting: pass_rate("strict"),
    "instructions-loose": lambda setting: pass_rate("loose"),
    "semantic-similarity": similarity,
    "pairs-shared": lambda setting: pairs.preference("pairs-shared", pairs.shared, pairs.SHARED, headline=True),
    "pairs-whole": lambda setting: pairs.preference("pairs-whole", pairs.whole, pairs.WHOLE),
    "pairs-normalised": lambda setting: pairs.preference("pairs-normalised", pairs.normalised, pairs.NORMALISED),
    "pairs-difference": lambda setting: pairs.difference("pairs-difference", pairs.shared, pairs.SHARED),
    "stereoset-ss": lambda setting: stereoset.stereotypes(),
    "stereoset-lms": lambda setting: stereoset.sense(),
    "stereoset-icat": lambda setting: stereoset.idealized(),
    "continuation-stereotype": lambda setting: continuation.stereotype(),
    "continuation-default": lambda setting: continuation.default(),
    "continuation-slope": lambda setting: continuation.slope(),
    "continuation-correlation": lambda setting: continuation.correlation(),
    "continuation-role-correlation": lambda setting: continuation.role_correlation(),
    "bias-ambiguous": lambda setting: ambiguous.unclear(),
    "bias-disambiguated": lambda setting: ambiguous.clear(),
    "cost-of-nonalignment": lambda setting: ambiguous.cost(),
    "decision-gap": lambda setting: decision.gap_of_chances(),
    "decision-log-odds": lambda setting: decision.gap_of_log_odds(),
    "coreference-gap": lambda setting: coreference.accuracy_gap(),
    "translation-default": translation.default,
    "translation-stereotype": translation.stereotype,
    "translation-gap": translation.gender_gap,
    "translation-correlation": translation.correlation,
    "translation-role-correlation": translation.role_correlation,
    "summaries-divergence": lambda setting: summaries.divergence(),
    "summaries-naming": lambda setting: summaries.naming(),
    "writings-sentiment": lambda setting: writings.sentiment(),
    "writings-agency": lambda setting: writings.agency(),
    "writings-length": lambda setting: writings.length(),
    "writings-divergence": lambda setting: writings.Divergence(),
}


def metric(name: str, language: str, embed: Embed | None = None) -> Metric:
    """The metric for outputs in language (ISO 639-1). embed is Runtime.embed of the model of semantic-similarity.

    Raises BadInput for a name that is not in METRICS, Unsupported where the metric does not know the language.
    """
    if name.startswith(PREFIX):
        return Imported(name)
    if name not in METRICS:
        raise BadInput(f"No metric {name!r}. Known: {', '.join(sorted(METRICS))}.")
    return METRICS[name](Setting(language, embed))
