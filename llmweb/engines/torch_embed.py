"""Sentence embeddings: an encoder, a pooling and a normalisation, as the model's sentence-transformers files say.

Mean pooling and unit length are Reimers and Gurevych 2019 (Sentence-BERT), section 3.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoModel

from llmweb.engines.part import Part
from llmweb.engines.torch_loading import load_model, read_json
from llmweb.types import ModelSpec, Precision, Prompt, Task, Vector


class Embedder(Part):
    """Texts longer than context_tokens are read up to there, as sentence-transformers does."""

    tasks: frozenset[Task] = frozenset({"embed"})

    def __init__(self, folder: Path, spec: ModelSpec, precision: Precision) -> None:
        self.loaded = load_model(folder, AutoModel, precision)
        limit = read_json(folder / "sentence_bert_config.json").get("max_seq_length")
        positions = self.loaded.encoder_tokens(spec)
        self.context_tokens = min(int(limit), positions) if limit else positions
        pooling = read_json(folder / "1_Pooling" / "config.json")
        self._first_token = bool(pooling.get("pooling_mode_cls_token", False))

    def count(self, prompt: Prompt) -> int:
        text = prompt if isinstance(prompt, str) else "\n".join(message.text for message in prompt)
        return len(self.loaded.encode(text))

    @torch.inference_mode()
    def embed(self, texts: Sequence[str]) -> list[Vector]:
        tokenizer, model = self.loaded.tokenizer, self.loaded.model
        with self.loaded.tokenizing:
            batch = tokenizer(
                list(texts), padding=True, truncation=True, max_length=self.context_tokens, return_tensors="pt"
            ).to(self.loaded.device)
        hidden = model(**batch).last_hidden_state.float()
        if self._first_token:
            pooled = hidden[:, 0]
        else:
            mask = batch["attention_mask"].unsqueeze(-1).float()
            pooled = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
        unit = torch.nn.functional.normalize(pooled, dim=1)
        return [tuple(vector) for vector in unit.tolist()]
