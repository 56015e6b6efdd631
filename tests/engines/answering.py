"""What an engine answers to several requests at once."""

from collections.abc import Sequence
from threading import Event

from llmweb.engines.protocol import Engine
from llmweb.types import Completion, Request


def answers(engine: Engine, requests: Sequence[Request]) -> list[Completion]:
    """In the order of the requests. Raises the first error of any of them."""
    done: dict[int, Completion] = {}
    for delta in engine.run(requests, Event()):
        if delta.error:
            raise delta.error
        if delta.completion:
            done[delta.index] = delta.completion
    return [done[index] for index in range(len(requests))]
