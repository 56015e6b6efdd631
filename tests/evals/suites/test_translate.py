"""Translation suites as they are handed to a runner."""

import pytest

from evals.metrics import METRICS as KNOWN
from evals.suites.own import DATA, rows
from evals.suites.translate import METRICS, PAIRS, suite
from llmweb.errors import UnsupportedPair

WRITTEN = sorted(path.stem for path in (DATA / "translate").glob("*.jsonl"))


def test_every_file_is_a_known_pair_and_every_known_pair_has_a_file() -> None:
    assert sorted("-".join(pair) for pair in PAIRS) == WRITTEN


@pytest.mark.parametrize("pair", WRITTEN)
def test_a_suite_says_what_it_is(pair: str) -> None:
    source, target = pair.split("-")
    built = suite(source, target)
    assert (built.id, built.kind, built.source, built.target) == (f"translate/{pair}", "translate", source, target)
    assert (built.metrics, built.licence) == (METRICS, "CC0-1.0")
    assert PAIRS[source, target] in built.notes


@pytest.mark.parametrize("pair", WRITTEN)
def test_a_suite_holds_every_line_of_its_file_in_order(pair: str) -> None:
    samples = suite(*pair.split("-")).samples
    assert [
        {"id": item.id, "source": item.source, "references": list(item.references), "facts": item.facts}
        for item in samples
    ] == rows(f"translate/{pair}.jsonl")


def test_every_metric_of_a_suite_is_known() -> None:
    assert [name for name in METRICS if name not in KNOWN] == []


def test_the_title_names_both_languages() -> None:
    assert suite("en", "pt").title == "English to Portuguese"


def test_a_pair_without_a_suite_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(UnsupportedPair) as refused:
        suite("pt", "zh")
    assert str(refused.value) == (
        "No translation suite from 'pt' to 'zh'. Written: en→pt, pt→en, en→zh, en→es, en→fr, en→de."
    )
