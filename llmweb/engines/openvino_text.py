"""Between text and tokens for openvino.py: prompts to token ids, token ids to text as they come.

A token is a run of bytes, so text is decoded by UTF-8 over those bytes: a half character waits for its other half, and
what was handed out is never rewritten. What is done with tokens is the scheduler's and the scorer's.
"""

import codecs
import re
import threading
from collections.abc import Sequence
from typing import Any

from llmweb.errors import BadInput, Unsupported
from llmweb.types import Prompt

# Tokens by which the families of GGUF models end a turn or a text; a model may use another than its declared one.
END_TOKENS = ("<|im_end|>", "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "</s>")
SENTENCEPIECE_SPACE = "▁".encode()
SENTENCEPIECE_BYTE = re.compile(rb"<0x([0-9A-F]{2})>")


class Vocabulary:
    """The tokenizer of one model. Thread-safe."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        # Trap: in a second call at the same time the library waits for the first while it keeps Python's global lock,
        # which the first needs to end: the whole process stands still.
        self._encoding = threading.Lock()
        by_bytes: dict[bytes, int] = tokenizer.get_vocab()
        written = _as_written(by_bytes)
        self.size = max(written) + 1
        self._bytes = written
        names = {name.encode() for name in END_TOKENS} & by_bytes.keys()
        self.end_tokens = {by_bytes[name] for name in names} | {tokenizer.get_eos_token_id()}
        shown = tokenizer.decode([[token] for token in range(self.size)], skip_special_tokens=True)
        self.control = frozenset(token for token, text in enumerate(shown) if not text and self.raw(token))
        self.template: str = tokenizer.chat_template

    @property
    def eos_token(self) -> int:
        return int(self._tokenizer.get_eos_token_id())

    @property
    def first_token(self) -> int:
        """What stands before a text that has nothing before it: BOS, else the end token, as lm-evaluation-harness."""
        bos = int(self._tokenizer.get_bos_token_id())
        return bos if bos >= 0 else self.eos_token

    def encode(self, prompt: Prompt, more: str = "") -> list[int]:
        """Token ids of the prompt with more right behind it.

        A str gets BOS if the model's tokenizer asks for it; messages go through the chat template, which brings its
        own. Raises BadInput if the template refuses the messages, Unsupported if there is none.
        """
        return self.encode_text(self.templated(prompt) + more, special=isinstance(prompt, str))

    def encode_text(self, text: str, special: bool) -> list[int]:
        """special: with BOS if the tokenizer asks for it."""
        if not text and not special:
            return []
        _check_characters(text)
        with self._encoding:
            encoded: Any = self._tokenizer.encode(text, add_special_tokens=special).input_ids
            tokens: list[int] = encoded.data[0].tolist()
        if sum(len(self.raw(token)) for token in tokens) >= len(text.encode()):
            return tokens
        # Trap: the library silently drops the beginning of a text longer than the model's context.
        middle = text.find(" ", len(text) // 2)
        middle = len(text) // 2 if middle < 0 else middle
        return self.encode_text(text[:middle], special) + self.encode_text(text[middle:], special=False)

    def templated(self, prompt: Prompt) -> str:
        """The text the model reads, up to where its answer begins.

        SmolLM2's template puts its own system prompt in front of messages that bring none; an empty system message
        stops it.
        """
        if isinstance(prompt, str):
            return prompt
        if not self.template:
            raise Unsupported("This model has no chat template. Give it a plain text to complete, or use a chat model.")
        for message in prompt:
            _check_characters(message.text)
        history = [{"role": message.role, "content": message.text} for message in prompt]
        try:
            return str(self._tokenizer.apply_chat_template(history, add_generation_prompt=True))
        except (RuntimeError, ValueError) as error:
            raise BadInput(f"The model's chat template refuses these messages: {error}") from error

    def text(self, token: int) -> str:
        """One token for showing, whole characters only; broken ones become U+FFFD."""
        return self.raw(token).decode("utf-8", "replace")

    def raw(self, token: int) -> bytes:
        """What the token stands for; nothing for the padding that follows some vocabularies."""
        return self._bytes.get(token, b"")


def _check_characters(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadInput(
            f"The text holds half of a character (a lone surrogate) at position {error.start}. "
            "Remove it and send the text again."
        ) from error


def _as_written(by_bytes: dict[bytes, int]) -> dict[int, bytes]:
    """Token → the bytes it stands for: SentencePiece spells a space ▁ and a lone byte <0x0A>."""
    if b"<0x0A>" not in by_bytes:
        return {token: raw for raw, token in by_bytes.items()}
    written = {token: raw.replace(SENTENCEPIECE_SPACE, b" ") for raw, token in by_bytes.items()}
    for raw, token in by_bytes.items():
        if match := SENTENCEPIECE_BYTE.fullmatch(raw):
            written[token] = bytes([int(match[1], 16)])
    return written


class TextStream:
    """Tokens in, text out, up to the first stop string, which is never part of it.

    Text that may be the beginning of a stop string is held back until it is clear.
    """

    def __init__(self, vocabulary: Vocabulary, stop: Sequence[str] = ()) -> None:
        self._vocabulary, self._stop = vocabulary, tuple(stop)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._starts: list[int] = []  # characters decoded before each token
        self._log_probabilities: list[float] = []
        self._decoded = ""
        self._sent = 0
        self.stopped = False

    def push(self, tokens: Sequence[int], log_probabilities: Sequence[float]) -> str:
        """The text that is now certain. After stopped, nothing more comes."""
        for token, log_probability in zip(tokens, log_probabilities, strict=True):
            if self.stopped:
                break
            self._starts.append(len(self._decoded))
            self._log_probabilities.append(log_probability)
            if token not in self._vocabulary.control:
                self._decoded += self._decoder.decode(self._vocabulary.raw(token))
                self._cut()
        return self._send(len(self._decoded) - (0 if self.stopped else self._held()))

    def finish(self) -> str:
        """What was held back; a character that never got its other half is left out."""
        return self._send(len(self._decoded))

    @property
    def text(self) -> str:
        return self._decoded[: self._sent]

    @property
    def tokens(self) -> int:
        """Tokens written, the end token and those of a stop string included."""
        return len(self._starts)

    @property
    def log_probability(self) -> float:
        """Of text: the sum over the tokens that begin inside it, so without the end token."""
        return sum(
            value for start, value in zip(self._starts, self._log_probabilities, strict=True) if start < self._sent
        )

    def _cut(self) -> None:
        ends = [self._decoded.find(stop, self._sent) for stop in self._stop]
        found = [end for end in ends if end >= 0]
        if found:
            self._decoded = self._decoded[: min(found)]
            self.stopped = True

    def _held(self) -> int:
        """Characters at the end that begin a stop string."""
        waiting = len(self._decoded) - self._sent
        lengths = (
            length
            for stop in self._stop
            for length in range(min(len(stop) - 1, waiting), 0, -1)
            if self._decoded.endswith(stop[:length])
        )
        return max(lengths, default=0)

    def _send(self, end: int) -> str:
        text, self._sent = self._decoded[self._sent : end], max(self._sent, end)
        return text
