"""What the transformers engine asks of a kind of model. A kind answers what it can and refuses the rest here."""

from collections.abc import Callable, Sequence
from threading import Event
from typing import TYPE_CHECKING

from llmweb.engines.answer import Answer
from llmweb.errors import Unsupported
from llmweb.types import LoglikelihoodRequest, Prompt, Request, Task, TokenLogprob, Vector

if TYPE_CHECKING:
    from llmweb.engines.torch_loading import Loaded

Admit = Callable[[int], list[Answer]]
"""Called between two steps of a batch: up to so many urgent answers that came since. The cancelled leave the line."""


class Part:
    """write, loglikelihood and embed are called by the engine's worker thread only; count and check by any."""

    tasks: frozenset[Task]
    abilities: frozenset[str] = frozenset()
    context_tokens: int
    rows = 16  # answers in one batch
    loaded: "Loaded"

    def count(self, prompt: Prompt) -> int:
        """Tokens as the model reads them."""
        raise NotImplementedError

    def check(self, request: Request) -> None:
        """Raises a UserError when this model cannot serve the request."""

    def alike(self, first: Request, other: Request) -> bool:
        """Whether the two may share a batch."""
        return first.task == other.task

    def write(self, answers: Sequence[Answer], admit: Admit) -> None:
        """Bring every answer to its end, those that admit hands over included."""
        raise self._cannot("write")

    def loglikelihood(
        self, requests: Sequence[LoglikelihoodRequest], cancelled: Event
    ) -> list[tuple[TokenLogprob, ...]]:
        """The tokens of each text, in order. Raises CancelledError soon after cancelled is set."""
        raise self._cannot("tell log-likelihoods")

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """A unit vector for each text, in order."""
        raise self._cannot("embed texts")

    def _cannot(self, verb: str) -> Unsupported:
        return Unsupported(f"This model cannot {verb}. It can: {', '.join(sorted(self.tasks))}.")


def isolated(write: Callable[[Sequence[Answer], Admit], None], answers: Sequence[Answer], admit: Admit) -> None:
    """A batch that fails is tried again one by one, so that an error ends only the request that caused it."""
    try:
        write(answers, admit)
    except Exception as error:  # whatever the model raised is told to the answer it belongs to
        for answer in answers:
            if not answer.ended and (answer.begun or len(answers) == 1):
                answer.fail(error)
            elif not answer.ended:
                isolated(write, [answer], admit)
