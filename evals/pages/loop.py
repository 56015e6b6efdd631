"""What evals adds under the answers of every page: the one list that app.py hands to the features."""

from evals.pages.keeping import keep_action
from evals.pages.replaying import made_action
from evals.run_queue import RunQueue
from llmweb.pages.parts import AnswerAction


def answer_actions(queue: RunQueue, feature: str) -> tuple[AnswerAction, ...]:
    """feature is whose answers they are: chat, translate, summarize or ask."""
    return keep_action(queue, feature), made_action(queue.runtime)
