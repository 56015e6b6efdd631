"""Tiny randomly initialised models with tokenizers of their own, saved as folders: real architectures, no weights to
fetch. Their texts mean nothing; that the engine gives what transformers gives for them means everything.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sentencepiece
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForQuestionAnswering,
    BertModel,
    BertTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    M2M100Config,
    M2M100ForConditionalGeneration,
    MarianConfig,
    MarianMTModel,
    MarianTokenizer,
    NllbTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from llmweb.engines.transformers import KIND, TransformersEngine
from llmweb.types import Local, ModelSpec, Precision, Task, Weights

CORPUS = [
    "The quick brown fox jumps over the lazy dog.",
    "A small bird sings in the old tree near the river.",
    "What is the capital of France? Paris is the capital of France.",
    "Where do the children play? The children play in the garden behind the house.",
    "O gato preto dorme na cadeira velha. Como você está hoje?",
    "Numbers: 0 1 2 3 4 5 6 7 8 9; signs: , . ! ? ( ) - :",
] * 3
LANGUAGES = ("eng_Latn", "por_Latn", "zho_Hans", "zho_Hant", "arb_Arab")
TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def weights(folder: Path, tasks: Sequence[Task], pairs: Sequence[tuple[str, str]] = ()) -> Weights:
    spec = ModelSpec(
        id="tiny",
        name="Tiny",
        about="",
        engine="transformers",
        tasks=frozenset(tasks),
        source=Local(folder),
        licence="",
        parameters=10_000,
        context_tokens=128,
        pairs=frozenset(pairs),
    )
    return Weights(spec, folder, revision="r1", sha256="abc")


@contextmanager
def loaded(of: Weights, precision: Precision = "exact") -> Iterator[TransformersEngine]:
    """The engine of any weights, closed in the end."""
    engine = KIND.load(of, precision, lambda note, share: None)
    assert isinstance(engine, TransformersEngine)
    try:
        yield engine
    finally:
        engine.close()


def gpt2(folder: Path, template: str = "", layers: int = 2, positions: int = 256) -> Path:
    tokenizer = _byte_level(["<|endoftext|>"])
    size = len(tokenizer)
    if template:
        tokenizer.chat_template = template
    config = GPT2Config(
        vocab_size=size,
        n_embd=32,
        n_layer=layers,
        n_head=2,
        n_positions=positions,
        initializer_range=0.3,
        bos_token_id=0,
        eos_token_id=0,
    )
    return _save(folder, GPT2LMHeadModel, config, tokenizer)


def bart(folder: Path) -> Path:
    tokenizer = _byte_level(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token = "<s>", "</s>", "<pad>"
    config = BartConfig(
        vocab_size=len(tokenizer),
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=128,
        init_std=0.3,
        forced_eos_token_id=2,
    )
    return _save(folder, BartForConditionalGeneration, config, tokenizer, forced_bos_token_id=0)


def t5(folder: Path) -> Path:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=128
    )
    config = T5Config(
        vocab_size=len(fast),
        d_model=32,
        d_kv=16,
        d_ff=64,
        num_layers=2,
        num_heads=2,
        initializer_factor=3.0,
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=1,
    )
    return _save(folder, T5ForConditionalGeneration, config, fast)


def marian(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for side in ("source", "target"):
        _sentencepiece(folder / f"{side}.spm")
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    vocabulary = ["</s>", "<unk>", *(pieces.id_to_piece(index) for index in range(3, len(pieces))), "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({piece: index for index, piece in enumerate(vocabulary)}))
    tokenizer = MarianTokenizer(
        str(folder / "source.spm"), str(folder / "target.spm"), str(folder / "vocab.json"), model_max_length=128
    )
    pad = len(vocabulary) - 1
    config = MarianConfig(
        **_seq2seq_sizes(len(vocabulary)),
        pad_token_id=pad,
        decoder_start_token_id=pad,
        eos_token_id=0,
        bos_token_id=None,
        forced_eos_token_id=0,
        num_beams=1,
    )
    return _save(folder, MarianMTModel, config, tokenizer, bad_words_ids=[[pad]])


def nllb(folder: Path) -> Path:
    trained = _byte_level_free_bpe()
    described = json.loads(trained.to_str())["model"]
    tokenizer = NllbTokenizer(
        vocab=described["vocab"],
        merges=[tuple(pair) for pair in described["merges"]],
        extra_special_tokens=list(LANGUAGES),
        model_max_length=128,
    )
    config = M2M100Config(**_seq2seq_sizes(len(tokenizer)), decoder_start_token_id=2, eos_token_id=2, pad_token_id=1)
    return _save(folder, M2M100ForConditionalGeneration, config, tokenizer)


def bert_qa(folder: Path) -> Path:
    tokenizer = _wordpiece()
    return _save(folder, BertForQuestionAnswering, _bert_config(len(tokenizer)), tokenizer)


def bert(folder: Path) -> Path:
    tokenizer = _wordpiece()
    return _save(folder, BertModel, _bert_config(len(tokenizer)), tokenizer)


def _bert_config(size: int) -> BertConfig:
    return BertConfig(
        vocab_size=size,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.3,
    )


def _seq2seq_sizes(size: int) -> dict[str, object]:
    return {
        "vocab_size": size,
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 64,
        "max_position_embeddings": 128,
        "init_std": 0.3,
        "tie_word_embeddings": False,
    }


def _save(folder: Path, model_class: type, config: object, tokenizer: object, **generation: object) -> Path:
    torch.manual_seed(0)
    model: PreTrainedModel = model_class(config)
    for name, weight in model.named_parameters():
        if "encoder_attn" in name or "EncDecAttention" in name:
            weight.data *= 4  # otherwise what an untrained decoder writes hardly depends on the source
    for name, value in generation.items():
        setattr(model.generation_config, name, value)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _byte_level(special: list[str]) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=special[0], bos_token=special[0])


def _byte_level_free_bpe() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=200, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def _wordpiece() -> BertTokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=250, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False
    )
    tokenizer.train_from_iterator([line.lower() for line in CORPUS], trainer)
    return BertTokenizer(vocab=tokenizer.get_vocab(), model_max_length=64)


def _sentencepiece(path: Path) -> None:
    with path.open("wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(CORPUS), model_writer=file, vocab_size=120, minloglevel=2, hard_vocab_limit=False
        )
