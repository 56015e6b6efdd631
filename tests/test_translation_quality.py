"""Translation on the real embedded models: what survives in 200 texts, and quality on plain sentences."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sacrebleu.metrics import CHRF

from llmweb.runtime import Runtime
from llmweb.translate import translate
from llmweb.types import Request

sys.path.insert(0, str(Path(__file__).parent / "bench"))
from translation_texts import losses, texts

PAIRS = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "data" / "en_pt_sentences.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def test_the_check_itself_sees_what_is_lost() -> None:
    text = next(text for text in texts("en", 50) if text.numbers and "- " in text.text)
    assert losses(text, text.text) == []
    assert losses(text, text.text.replace("- ", "", 1)) != []
    assert losses(text, text.text.replace(text.numbers[0], "", 1)) != []
    assert losses(text, text.text + "\nmore") != []


@pytest.mark.slow
@pytest.mark.parametrize(("source", "target"), [("en", "pt"), ("pt", "en")])
def test_one_hundred_texts_keep_every_link_number_list_and_line(real: Runtime, source: str, target: str) -> None:
    lost = {}
    for number, text in enumerate(texts(source, 100)):
        missing = losses(text, translate(real, text.text, source, target).text)
        if missing:
            lost[number] = missing
    assert lost == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "target", "model"), [("en", "pt", "bergamot-en-pt"), ("pt", "en", "bergamot-pt-en")]
)
def test_chrf_of_plain_sentences_is_not_below_the_raw_engine(
    real: Runtime, source: str, target: str, model: str, record_property: Callable[[str, object], None]
) -> None:
    sources, references = zip(*(pair if source == "en" else pair[::-1] for pair in PAIRS), strict=True)
    requests = [Request("translate", text, source=source, target=target) for text in sources]
    raw = [completion.text for completion in real.complete(model, requests)]
    ours = [translate(real, text, source, target).text for text in sources]
    scores = {name: CHRF().corpus_score(texts, [references]).score for name, texts in (("raw", raw), ("ours", ours))}
    record_property("chrf", scores)
    print(f"\n{source}→{target}, n = {len(sources)}: {scores}")
    assert len(sources) >= 60
    assert scores["ours"] >= scores["raw"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "translated"),
    [("How are you today?", "Como você está hoje?"), ("He works in the hospital.", "Ele trabalha no hospital.")],
)
def test_the_sentences_of_the_readme(real: Runtime, text: str, translated: str) -> None:
    assert translate(real, text, "en", "pt").text == translated
