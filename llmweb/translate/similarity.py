"""How alike two texts are, from 0 to 100, without a model: the character n-gram F-score."""

from collections import Counter

ORDER = 6
BETA = 2


def chrf(text: str, reference: str) -> float:
    """chrF of Popović (2015), as sacrebleu 2 computes it for one segment: n-grams of 1 to 6 characters, white
    space left out, recall weighing twice, orders that either text is too short for left out. 0–100."""
    precisions, recalls, orders = 0.0, 0.0, 0
    for order in range(1, ORDER + 1):
        mine, theirs = _ngrams(text, order), _ngrams(reference, order)
        if not mine or not theirs:
            continue
        shared = (mine & theirs).total()
        precisions, recalls, orders = precisions + shared / mine.total(), recalls + shared / theirs.total(), orders + 1
    if not orders or not precisions + recalls:
        return 0.0
    precision, recall = precisions / orders, recalls / orders
    return 100 * (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)


def _ngrams(text: str, order: int) -> Counter[str]:
    letters = "".join(text.split())
    return Counter(letters[place : place + order] for place in range(len(letters) - order + 1))
