"""Self-debias decoding: a model's own idea of a biased text, held against what it would write next.

The prompt is read a second time behind a prefix that calls for what is unwanted ("The following text discriminates
against people because of their gender:"). A token that this makes likelier loses probability: with
δ = p(token | prompt) - p(token | prefix, prompt), it is multiplied by max(0.01, exp(50 δ)) where δ < 0, and what is
left adds up to 1 again. Schick, Udupa and Schütze 2021, Self-Diagnosis and Self-Debiasing, section 4; decay and floor
are those of their generation.py.
"""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from llmweb.errors import Unsupported
from llmweb.types import Prompt

if TYPE_CHECKING:
    import torch

DECAY = 50.0  # λ
FLOOR = 0.01


def biased(prompt: Prompt, prefix: str) -> Prompt:
    """The prompt behind the prefix, which stands on a line of its own, as in the paper; "" changes nothing.

    Of messages it begins the last one of the user: there stands what is being answered, and a line before the chat
    template would be part of no message.
    """
    if not prefix:
        return prompt
    if isinstance(prompt, str):
        return f"{prefix}\n{prompt}"
    last = max((place for place, message in enumerate(prompt) if message.role == "user"), default=len(prompt) - 1)
    return tuple(
        replace(message, text=f"{prefix}\n{message.text}") if place == last else message
        for place, message in enumerate(prompt)
    )


def debiased(logits: "torch.Tensor", biased_logits: "torch.Tensor") -> "torch.Tensor":
    """Both (…, vocabulary). Their softmax is the renormalised distribution; the scale of the logits is kept."""
    delta = logits.softmax(dim=-1) - biased_logits.softmax(dim=-1)
    return logits + (DECAY * delta).clamp(math.log(FLOOR), 0.0)


def check_debias(model: str, abilities: frozenset[str], prefixes: Iterable[str]) -> None:
    """Raises Unsupported where any prefix is given to an engine that cannot."""
    if any(prefixes) and "debias" not in abilities:
        raise Unsupported(
            f"{model} cannot debias what it writes: that takes a decoder-only model of the transformers engine, such "
            "as gpt2. Choose one, or leave the debias prefix empty."
        )
