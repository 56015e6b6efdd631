"""What makes two systems two, and which scores may stand beside each other: hashes of canonical JSON.

A change of comments, docstrings or layout in a feature moves no hash; any change of its code or prompts does.
"""

import ast
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args

import llmweb
from evals.types import BiasKind, Kind

# The files of llmweb that shape what a model is asked for a suite of this kind, and what is made of its answer.
FEATURE_FILES: dict[Kind, tuple[str, ...]] = {
    "translate": (
        *("translate/__init__.py", "translate/segments.py", "translate/rounds.py", "translate/protected.py"),
        *("translate/marks.py", "translate/examples.py", "translate/languages.py"),
    ),
    "summarize": (
        *("summarize/__init__.py", "summarize/steps.py", "summarize/summary.py", "summarize/prompts.py"),
        *("summarize/salience.py", "summarize/faithful.py", "summarize/support.py", "summarize/prose.py"),
    ),
    "ask": ("ask/__init__.py", "ask/answers.py", "ask/fitted.py", "ask/spans.py", "retrieve.py", "documents.py"),
    "instruct": ("chat.py",),
    "language-model": (),
    "choice": (),
    "pairs": (),
    "continuation": (),
    "decision": (),
}
FEATURE_FILES |= {
    "ambiguous": FEATURE_FILES["ask"],
    "summaries": FEATURE_FILES["summarize"],
    "writings": FEATURE_FILES["instruct"],
}


def sha256(value: Any) -> str:
    """Of the value as canonical JSON."""
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@cache
def prompt_sha256(kind: Kind) -> str:
    """Of the feature's code and of what says how a sample is put to it: asking.py, of bias audits' own kinds theirs."""
    folder, here = Path(llmweb.__file__).parent, Path(__file__).parent
    files = [*(folder / name for name in FEATURE_FILES[kind]), here / "asking.py"]
    files += [here / "bias" / "asking.py"] if kind in get_args(BiasKind) else []
    return sha256([_code(file.read_text(encoding="utf-8")) for file in files])


@cache
def code_sha256(*files: str) -> str:
    """Of files of evals, by their names in it."""
    return sha256([_code((Path(__file__).parent / file).read_text(encoding="utf-8")) for file in files])


def comparability_key(signature: str, suite_sha256: str, samples: Sequence[str], prompt: str) -> str:
    """signature holds metric, tokenizer and version; samples are the ids asked, in order."""
    return sha256([signature, suite_sha256, list(samples), prompt])


def _code(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
