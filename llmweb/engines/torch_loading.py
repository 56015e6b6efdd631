"""A transformers model from disk into memory: which files, which device, which arithmetic. Safetensors and GGUF only.

Imported only by transformers.load: it pulls torch. What the model is then asked is the torch_*.py file's of its kind.
"""

import hashlib
import json
import shutil
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoConfig, AutoTokenizer, PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from llmweb.engines.conversion import converting
from llmweb.errors import BadInput, Unsupported
from llmweb.types import ModelSpec, Precision, Progress, Weights

PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
CONVERTED = "safetensors-from-gguf"


@dataclass(frozen=True)
class Loaded:
    """A model ready to run on device, and its tokenizer.

    A tokenizer keeps settings (padding, languages) that a call may change: hold tokenizing while using it.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    device: torch.device
    tokenizing: threading.Lock = field(default_factory=threading.Lock)

    def encode(self, text: str, special: bool = True, source: str = "") -> list[int]:
        """special: with the tokens the tokenizer puts around every text. source: the tokenizer's own language code."""
        with self.tokenizing:
            if source:
                self.tokenizer.src_lang = source
            return list(self.tokenizer(text, add_special_tokens=special, truncation=False)["input_ids"])

    def encode_target(self, text: str, target: str = "") -> list[int]:
        """As the decoder writes it, without special tokens."""
        with self.tokenizing:
            if target:
                self.tokenizer.tgt_lang = target
            return list(self.tokenizer(text_target=text, add_special_tokens=False, truncation=False)["input_ids"])

    def language_token(self, code: str) -> int:
        """M2M100 writes the code "pt" as the token "__pt__"; the others write it as it stands."""
        tokenizer: Any = self.tokenizer
        with self.tokenizing:
            found = tokenizer.get_lang_id if hasattr(tokenizer, "get_lang_id") else tokenizer.convert_tokens_to_ids
            return int(found(code))

    def padded(self, rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """(tokens, mask), each (rows, longest), padded on the right."""
        width = max(map(len, rows))
        padding = self.tokenizer.pad_token_id or 0
        ids = torch.tensor([[*row, *[padding] * (width - len(row))] for row in rows], device=self.device)
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=self.device)
        return ids, mask

    def decode(self, ids: Sequence[int]) -> str:
        with self.tokenizing:
            return str(self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))

    @property
    def positions(self) -> int | None:
        """Tokens the model has positions for; None where it counts them relatively."""
        found = getattr(self.config.get_text_config(), "max_position_embeddings", None)
        return int(found) if found else None

    def encoder_tokens(self, spec: ModelSpec) -> int:
        """Tokens an encoder reads, special ones included: the tokenizer knows where not every position is usable."""
        return min(self.positions or spec.context_tokens, self.tokenizer.model_max_length)

    @property
    def end_tokens(self) -> frozenset[int]:
        named = self.model.generation_config.eos_token_id if self.model.generation_config else None
        listed = named if isinstance(named, list) else [named]
        return frozenset(token for token in [*listed, self.tokenizer.eos_token_id] if token is not None)

    @property
    def first_token(self) -> int:
        """What stands before a text that begins from nothing."""
        for token in (self.tokenizer.bos_token_id, self.tokenizer.eos_token_id):
            if token is not None:
                return int(token)
        raise BadInput("This model has no token to begin a text with. Give it a prompt of at least one word.")

    @property
    def config(self) -> PreTrainedConfig:
        return self.model.config

    @property
    def template_sha256(self) -> str:
        """ "" without a chat template."""
        template = getattr(self.tokenizer, "chat_template", None)
        return hashlib.sha256(str(template).encode()).hexdigest() if template else ""

    @property
    def parameter_bytes(self) -> int:
        return sum(parameter.numel() * parameter.element_size() for parameter in self.model.parameters())


def model_folder(weights: Weights, progress: Progress) -> Path:
    """Where config.json and the safetensors lie; a GGUF is converted once. Raises Unsupported for pickled weights."""
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    configs = sorted(weights.folder.rglob("config.json"), key=lambda path: len(path.parts))
    for folder in (path.parent for path in configs):
        if any(folder.glob("*.safetensors")):
            return folder
    ggufs = sorted(weights.folder.rglob("*.gguf"))
    if ggufs:
        with converting(ggufs[0].parent):
            return _converted(ggufs[0], progress)
    if any(path for pattern in PICKLES for path in weights.folder.rglob(pattern)):
        raise Unsupported(
            f"The weights of {weights.spec.id} are pickled, and unpickling can run any code. "
            "Only safetensors and GGUF are loaded: fetch a safetensors copy of this model."
        )
    raise BadInput(f"{weights.folder} holds neither config.json with *.safetensors nor a *.gguf. Download it again.")


def load_model(folder: Path, model_class: Any, precision: Precision) -> Loaded:
    """model_class is one of the Auto classes. No code of the folder runs, nothing is fetched."""
    device, dtype = placement(precision)
    model = model_class.from_pretrained(
        folder, dtype=dtype, trust_remote_code=False, use_safetensors=True, local_files_only=True
    )
    return Loaded(model.to(device).eval(), read_tokenizer(folder), device)


def version(loaded: Loaded) -> str:
    """The libraries, the device and the arithmetic: all that a number may depend on beside the weights."""
    dtype = str(loaded.model.dtype).removeprefix("torch.")
    return f"transformers {transformers.__version__} torch {torch.__version__} {loaded.device.type} {dtype}"


def read_config(folder: Path) -> PreTrainedConfig:
    config: PreTrainedConfig = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    return config


def read_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    if not isinstance(tokenizer, PreTrainedTokenizerBase):
        raise Unsupported(f"{folder} holds no tokenizer that reads text.")
    return tokenizer


def read_json(path: Path) -> dict[str, Any]:
    """{} where there is no such file."""
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def placement(precision: Precision) -> tuple[torch.device, torch.dtype]:
    """exact is float32 everywhere; fast is bfloat16 where the processor multiplies it natively."""
    if torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        device = torch.device("cuda")
    else:
        capabilities = torch.cpu.get_capabilities()
        native = bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("bf16"))
        device = torch.device("cpu")
    return device, torch.bfloat16 if precision == "fast" and native else torch.float32


def _converted(gguf: Path, progress: Progress) -> Path:
    """The safetensors copy beside the GGUF, made once: reading a GGUF takes a hundred times as long.

    The copy appears under its name only when it is complete.
    """
    folder = gguf.parent / CONVERTED
    if (folder / "config.json").exists():
        return folder
    from transformers import AutoModelForCausalLM

    progress("Converting the GGUF to safetensors, once", None)
    for left in gguf.parent.glob(f"{CONVERTED}-*"):  # of a conversion that was killed
        shutil.rmtree(left)
    draft = Path(tempfile.mkdtemp(prefix=f"{CONVERTED}-", dir=gguf.parent))
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(
            gguf.parent, gguf_file=gguf.name, dtype=torch.float32, trust_remote_code=False, local_files_only=True
        )
        # save_pretrained refuses a model that still says it came from a GGUF, though its weights are plain by now.
        model.hf_quantizer = None
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.save_pretrained(draft)
        AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name, local_files_only=True).save_pretrained(draft)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder
