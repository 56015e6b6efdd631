"""ENGINES: every engine by the name the catalog uses. A new one is one file and one line here."""

from llmweb.engines import bergamot, openvino, scripted, transformers
from llmweb.engines.protocol import EngineKind

ENGINES: dict[str, EngineKind] = {
    "bergamot": bergamot.KIND,
    "openvino": openvino.KIND,
    "scripted": scripted.KIND,
    "transformers": transformers.KIND,
}
