"""What evals adds under the answers of every page: the one list that app.py hands to the features."""

from collections.abc import Callable

from evals.pages.counterfactual_pane import SwapPane
from evals.pages.keeping import keep_action
from evals.pages.lens import TokenLens
from evals.pages.replaying import made_action
from evals.run_queue import RunQueue
from llmweb.pages.parts import AnswerAction


def answer_actions(queue: RunQueue, swaps: SwapPane) -> Callable[[str], tuple[AnswerAction, ...]]:
    """feature → its actions; a feature is chat, translate, summarize or ask."""
    lens, made = TokenLens(queue.runtime), made_action(queue.runtime)
    return lambda feature: (keep_action(queue, feature), lens.action(feature), swaps.action(), made)
