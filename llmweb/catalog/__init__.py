"""Which models there are and which can do what. The list is model_list.py's, the user's own models own_models.py's."""

from collections.abc import Iterable

from llmweb.catalog.model_list import MODELS
from llmweb.errors import BadInput, UnknownModel, UnsupportedPair
from llmweb.types import ModelSpec, Task

__all__ = ["MODELS", "Catalog"]

FEW_PAIRS = 6


class Catalog:
    """The models one process knows: MODELS, then the user's own, which may not take a taken id.

    names, id → name, is one mapping that follows what is added and removed: pages keep it.
    """

    def __init__(self, models: Iterable[ModelSpec] = MODELS) -> None:
        self._by_id: dict[str, ModelSpec] = {}
        self.names: dict[str, str] = {}
        for model in models:
            self.add(model)

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        return tuple(self._by_id.values())

    def add(self, model: ModelSpec) -> None:
        """Take in a model of the user's own. Raises BadInput if its id is taken."""
        if model.id in self._by_id:
            raise BadInput(f"The id {model.id!r} is taken by {self._by_id[model.id].name}. Choose another.")
        self._by_id = {**self._by_id, model.id: model}
        self.names[model.id] = model.name

    def remove(self, model_id: str) -> None:
        """Forget a model. Raises UnknownModel."""
        gone = self.find(model_id)
        self._by_id = {key: model for key, model in self._by_id.items() if key != gone.id}
        del self.names[gone.id]

    def find(self, model_id: str) -> ModelSpec:
        """Raises UnknownModel, naming the known ones."""
        if model_id not in self._by_id:
            raise UnknownModel(
                f"No model {model_id!r}. Known: {', '.join(sorted(self._by_id))}. "
                "Add your own with: python -m llmweb models add"
            )
        return self._by_id[model_id]

    def for_task(self, task: Task) -> tuple[ModelSpec, ...]:
        """Models that can do the task, defaults first."""
        able = [model for model in self.models if task in model.tasks]
        return tuple(sorted(able, key=lambda model: not model.default))

    def for_chat(self) -> tuple[ModelSpec, ...]:
        """Models that answer turns or continue a text, defaults first; encoder-decoders do neither."""
        return tuple(model for model in self.for_task("generate") if not model.encoder_decoder)

    def for_pair(self, source: str, target: str) -> tuple[ModelSpec, ...]:
        """Models that translate source into target, defaults first. Raises UnsupportedPair, naming the pairs served."""
        able = tuple(model for model in self.for_task("translate") if (source, target) in model.pairs)
        if not able:
            served = "; ".join(_served(model) for model in self.for_task("translate"))
            raise UnsupportedPair(
                f"No model translates {source} → {target}. Served: {served}. Get one that is not here yet with: "
                "python -m llmweb models download ID"
            )
        return able


def _served(model: ModelSpec) -> str:
    """en→pt (bergamot-en-pt); a model of many pairs is told by its languages."""
    pairs = sorted(f"{source}→{target}" for source, target in model.pairs)
    if len(pairs) > FEW_PAIRS:
        return f"any two of {', '.join(model.languages)} ({model.id})"
    return f"{', '.join(pairs)} ({model.id})"
