"""models.toml: models entered, tables written by hand, mistakes named with their place; what files turn out to be."""

import json
import struct
from pathlib import Path

import numpy
import pytest
from gguf import GGUFWriter

from llmweb.errors import BadInput, UnknownModel
from llmweb.types import Local, ModelSpec
from llmweb.weights.inspection import Found, inspect
from llmweb.weights.own_models import add_model, own_models, remove_model


def write_gguf(path: Path, architecture: str = "llama", template: str = "") -> Path:
    writer = GGUFWriter(path, architecture)
    writer.add_context_length(2048)
    if template:
        writer.add_chat_template(template)
    writer.add_tensor("token_embd.weight", numpy.zeros((32, 64), dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_folder(path: Path, architecture: str, tokenizer: dict[str, str] | None = None, **config: object) -> Path:
    """A folder as transformers saves it, with one tensor of 6 weights."""
    path.mkdir()
    header = json.dumps({"__metadata__": {}, "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
    (path / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(24))
    (path / "config.json").write_text(json.dumps({"architectures": [architecture], **config}))
    (path / "tokenizer_config.json").write_text(json.dumps(tokenizer or {}))
    return path


def test_a_gguf_of_a_family_openvino_reads_goes_there(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "My Model.Q4.gguf", "qwen2", "{{ messages }}")
    assert inspect(path) == Found(
        path, "My Model.Q4", "openvino", frozenset({"generate", "loglikelihood"}), 32 * 64, 2048, True
    )


def test_a_gguf_of_another_family_goes_to_transformers(tmp_path: Path) -> None:
    found = inspect(write_gguf(tmp_path / "gemma.gguf", "gemma3"))
    assert (found.engine, found.instruct) == ("transformers", False)


def test_a_gguf_no_engine_reads_is_refused_with_the_ones_they_do(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"architecture 'rwkv7', which no engine reads. Read are: bloom, .*umt5"):
        inspect(write_gguf(tmp_path / "odd.gguf", "rwkv7"))


def test_a_file_that_only_claims_to_be_gguf_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fake.gguf").write_bytes(b"not a gguf at all")
    with pytest.raises(BadInput, match=r"fake.gguf is not a whole GGUF file"):
        inspect(tmp_path / "fake.gguf")


@pytest.mark.parametrize(
    ("architecture", "tasks"),
    [
        ("GPT2LMHeadModel", {"generate", "loglikelihood"}),
        ("LlamaForCausalLM", {"generate", "loglikelihood"}),
        ("T5ForConditionalGeneration", {"generate", "loglikelihood"}),
        ("RobertaForQuestionAnswering", {"span"}),
        ("BertModel", {"embed"}),
    ],
)
def test_a_folder_tells_by_its_architecture_what_it_does(tmp_path: Path, architecture: str, tasks: set[str]) -> None:
    found = inspect(write_folder(tmp_path / "model", architecture, n_positions=1024))
    assert (found.engine, found.tasks, found.parameters, found.context_tokens) == ("transformers", tasks, 6, 1024)


def test_a_folder_of_an_architecture_without_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        BadInput, match=r"config.json: architectures names 'ViTForImageClassification', which no feature"
    ):
        inspect(write_folder(tmp_path / "vision", "ViTForImageClassification"))


def test_broken_safetensors_are_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", "GPT2LMHeadModel")
    (folder / "model.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(BadInput, match=r"model.safetensors ends within its header. Download it again"):
        inspect(folder)


def test_pickled_weights_are_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(BadInput, match=r"Take the safetensors or GGUF version"):
        inspect(tmp_path)


def test_an_added_model_is_there_at_the_next_start_and_gone_when_removed(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "My Model.gguf")
    added = add_model(tmp_path, path)
    assert added == ModelSpec(
        id="my-model",
        name="My Model",
        about="Your own model.",
        engine="openvino",
        tasks=frozenset({"generate", "loglikelihood"}),
        source=Local(path),
        licence="not told: yours to know",
        parameters=32 * 64,
        context_tokens=2048,
    )
    path.rename(tmp_path / "elsewhere.gguf")  # what is known of it was written down
    assert own_models(tmp_path) == (added,)
    remove_model(tmp_path, "my-model")
    assert own_models(tmp_path) == ()


def test_a_taken_id_gets_a_number_or_is_refused(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "gpt2.gguf")
    assert [add_model(tmp_path, path).id, add_model(tmp_path, path).id] == ["gpt2-2", "gpt2-3"]
    with pytest.raises(BadInput, match=r"The id 'gpt2' is taken or not like 'gpt2-4'"):
        add_model(tmp_path, path, "gpt2")


def test_a_translation_model_needs_its_languages_from_its_files_or_its_table(tmp_path: Path) -> None:
    told = write_folder(tmp_path / "told", "MarianMTModel", {"source_lang": "en", "target_lang": "de"})
    assert add_model(tmp_path, told).pairs == {("en", "de")}
    untold = write_folder(tmp_path / "untold", "MarianMTModel")
    with pytest.raises(BadInput, match=r"a translation model that does not say which languages"):
        add_model(tmp_path, untold)
    assert add_model(tmp_path, untold, pairs=[("fi", "sv")]).pairs == {("fi", "sv")}


def test_a_table_written_by_hand_is_completed_and_keeps_its_comments(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "mine.gguf")
    (tmp_path / "models.toml").write_text(f'# my shelf\n[mine]\npath = "{path}"  # here\nlicence = "MIT"\n')
    (model,) = own_models(tmp_path)
    assert (model.id, model.licence, model.engine, model.parameters) == ("mine", "MIT", "openvino", 32 * 64)
    text = (tmp_path / "models.toml").read_text()
    assert text.startswith(f'# my shelf\n[mine]\npath = "{path}"  # here\nlicence = "MIT"\nengine = "openvino"\n')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[mine\npath = 1", r"models.toml is not TOML: .*line 1.*Mend that line"),
        ("mine = 1", r"models.toml: mine stands outside a table"),
        ("[mine]\nname = 'x'", r"models.toml: \[mine\] has no path. Add: path = "),
        ("[mine]\npath = 5", r"models.toml: \[mine\]: path must be a str, not 5"),
        ("[mine]\npath = 'a'\nsize = 5", r"models.toml: \[mine\] has an unknown field 'size'. Known: path, name"),
        ("[mine]\npath = 'a'\npairs = ['en>de']", r"models.toml: \[mine\]: the pair 'en>de' is not like \"en-de\""),
        ("[mine]\npath = 'a'\nlanguages = [1]", r"models.toml: \[mine\]: languages must be a list of texts"),
        ("[mine]\npath = '/nowhere/a.gguf'", r"models.toml: \[mine\] path: There is nothing at /nowhere/a.gguf"),
        ("[gpt2]\npath = 'a'", r"models.toml: the id \[gpt2\] belongs to a model of the catalog"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "models.toml").write_text(text)
    with pytest.raises(BadInput, match=words):
        own_models(tmp_path)


def test_removing_what_is_not_there_names_what_is(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match=r"No model 'mine' in .*models.toml. There: none."):
        remove_model(tmp_path, "mine")
