"""Who may import whom, and how long a file may grow: the rules of the tree, read off its syntax trees.

A rule is a function from a module to its complaints. Each must hold over the product, and is shown to catch what it
forbids. A file or function that must be longer gives its reason in its docstring: "Long because ...".
"""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("llmweb", "evals")

# Low to high: a module imports from its own layer and from lower ones. The longest matching name decides.
LAYERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("records", ("llmweb.types", "llmweb.errors", "llmweb.settings", "llmweb.logfile")),
    ("catalog", ("llmweb.catalog",)),
    ("weights", ("llmweb.weights",)),
    ("engines", ("llmweb.engines",)),
    ("runtime", ("llmweb.runtime",)),
    ("features", ("llmweb",)),
    ("pages and shell", ("llmweb.pages", "llmweb.firststart", "llmweb.commands", "llmweb.__main__")),
    ("evals", ("evals",)),
    ("app", ("app",)),
)

PAGES = ("app", "llmweb.pages", "evals.pages")
ENGINES = ("llmweb.engines",)
# Files of torch code, the insides of engines/transformers.py: they may import it at their top, and are themselves
# imported only inside functions.
TORCH_FILES = "llmweb.engines.torch_*"

# A library that takes seconds or gigabytes → the modules that may name it.
HOMES = {
    "gradio": PAGES,
    "torch": ENGINES,
    "transformers": ENGINES,
    "openvino": ENGINES,
    "openvino_genai": ENGINES,
}

# What a fresh import may load of the heavy libraries, by name of the module. Gradio and sqlite-utils load pandas.
LOADED = {
    TORCH_FILES: {"torch", "transformers"},
    "llmweb.pages": {"gradio", "pandas"},
    "evals.pages": {"gradio", "pandas"},
    "llmweb.migrations": {"pandas"},
    "evals.migrations": {"pandas"},
}

HEAVY = {*HOMES, "pandas"}
ENVIRONMENT_READER = "llmweb.settings"
EMPTY_NAMES = {"utils", "util", "common", "helpers", "helper", "misc"}
FILE_LINES = 400
FUNCTION_LINES = 60

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A source file: path is relative to the root."""

    path: Path
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, self.path)

    @property
    def name(self) -> str:
        """llmweb/engines/__init__.py is llmweb.engines."""
        return ".".join(self.path.with_suffix("").parts).removesuffix(".__init__")

    @cached_property
    def imports(self) -> tuple["Import", ...]:
        return tuple(_imports(self.tree, lazy=False))

    @property
    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))


@dataclass(frozen=True)
class Import:
    """target is a.b.c for: from a.b import c, whether c is a module or a name in one."""

    line: int
    target: str
    lazy: bool  # inside a function, or for the type checker only


def _imports(node: ast.AST, lazy: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(child.lineno, alias.name, lazy)
        elif isinstance(child, ast.ImportFrom):
            base = "." * child.level + (child.module or "")
            for alias in child.names:
                yield Import(child.lineno, f"{base}.{alias.name}", lazy)
        else:
            for_types = isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")
            yield from _imports(child, lazy or for_types or isinstance(child, Function))


def product() -> list[Module]:
    files = [ROOT / "app.py", *(file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py")))]
    return [Module(file.relative_to(ROOT), file.read_text()) for file in files if file.exists()]


PRODUCT = product()

Complaints = Iterator[tuple[int, str]]


def within(name: str, parents: tuple[str, ...]) -> bool:
    """A parent is a module with all below it, or a family of siblings: a.b_*."""
    return any(fnmatchcase(name, parent) or fnmatchcase(name, f"{parent}.*") for parent in parents)


def layer(name: str) -> int | None:
    """Position in LAYERS; None for a module that is not ours."""
    fits = [
        (len(prefix), rank) for rank, (_, names) in enumerate(LAYERS) for prefix in names if within(name, (prefix,))
    ]
    return max(fits)[1] if fits else None


def imports_point_down(module: Module) -> Complaints:
    own = layer(module.name)
    for found in module.imports:
        theirs = layer(found.target)
        if found.target.startswith("."):
            yield found.line, "imports relatively; name the package"
        elif own is not None and theirs is not None and theirs > own:
            yield found.line, f"{LAYERS[own][0]} may not import {found.target} ({LAYERS[theirs][0]})"


def heavy_libraries_stay_home(module: Module) -> Complaints:
    for found in module.imports:
        library = found.target.partition(".")[0]
        if library in HOMES and not within(module.name, HOMES[library]):
            yield found.line, f"{library} may be imported only in {', '.join(HOMES[library])}"


def engines_load_their_library_late(module: Module) -> Complaints:
    late = (TORCH_FILES, *(library for library, homes in HOMES.items() if homes == ENGINES))
    for found in module.imports:
        if within(found.target, late) and not found.lazy and not within(module.name, (TORCH_FILES,)):
            yield found.line, f"{found.target} may be imported only inside a function"


def settings_alone_read_the_environment(module: Module) -> Complaints:
    if module.name == ENVIRONMENT_READER:
        return
    names = {"os.environ", "os.environb", "os.getenv", "os.putenv"}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in names:
            yield node.lineno, f"{ast.unparse(node)} may be used only in {ENVIRONMENT_READER}"
    for found in module.imports:
        if found.target in names:
            yield found.line, f"{found.target} may be used only in {ENVIRONMENT_READER}"


def keywords_are_not_passed_through(module: Module) -> Complaints:
    for function in module.functions:
        taken = function.args.kwarg
        for call in ast.walk(function):
            if taken is None or not isinstance(call, ast.Call):
                continue
            if any(word.arg is None and ast.unparse(word.value) == taken.arg for word in call.keywords):
                yield call.lineno, f"{function.name} passes **{taken.arg} through; name the arguments"


def a_module_is_named_by_what_it_owns(module: Module) -> Complaints:
    for part in module.name.split("."):
        if part in EMPTY_NAMES:
            yield 1, f"{part} says nothing about what the module owns"
    if not ast.get_docstring(module.tree):
        yield 1, "no docstring that says what the module owns"


def files_and_functions_stay_short(module: Module) -> Complaints:
    lines = len(module.source.splitlines())
    if lines > FILE_LINES and not _gives_reason(module.tree):
        yield lines, f"the file has {lines} lines, the limit is {FILE_LINES}"
    for function in module.functions:
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > FUNCTION_LINES and not _gives_reason(function):
            yield function.lineno, f"{function.name} has {length} lines, the limit is {FUNCTION_LINES}"


def _gives_reason(node: ast.Module | Function) -> bool:
    return "long because" in (ast.get_docstring(node) or "").lower()


RULES: tuple[Callable[[Module], Complaints], ...] = (
    imports_point_down,
    heavy_libraries_stay_home,
    engines_load_their_library_late,
    settings_alone_read_the_environment,
    keywords_are_not_passed_through,
    a_module_is_named_by_what_it_owns,
    files_and_functions_stay_short,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_product_keeps_the_rule(rule: Callable[[Module], Complaints]) -> None:
    complaints = [f"{module.path}:{line}: {text}" for module in PRODUCT for line, text in rule(module)]
    assert not complaints, f"{rule.__name__}:\n" + "\n".join(complaints)


DOCUMENTED = '"""Owns something."""\n'
LONG_FUNCTION = "def long():\n" + "    x = 1\n" * FUNCTION_LINES
REASONED_FUNCTION = 'def long():\n    """Long because it is a table."""\n' + "    x = 1\n" * FUNCTION_LINES

# What a rule says of a source at a path; None: it has nothing against it.
MINIATURES: dict[Callable[[Module], Complaints], list[tuple[str, str, str | None]]] = {
    imports_point_down: [
        ("llmweb/catalog.py", "import llmweb.runtime", "catalog may not import llmweb.runtime (runtime)"),
        ("llmweb/chat.py", "from llmweb import pages", "features may not import llmweb.pages (pages and shell)"),
        ("llmweb/chat.py", "def f():\n    import evals.stats", "features may not import evals.stats (evals)"),
        ("llmweb/engines/openvino.py", "import app", "engines may not import app (app)"),
        ("llmweb/chat.py", "from . import types", "imports relatively; name the package"),
        ("llmweb/runtime.py", "from llmweb.types import Request", None),
        ("llmweb/ask.py", "from llmweb import retrieve", None),
        ("evals/runner.py", "from llmweb.chat import reply", None),
    ],
    heavy_libraries_stay_home: [
        ("llmweb/chat.py", "import torch.nn", "torch may be imported only in llmweb.engines"),
        ("evals/stats.py", "import gradio", f"gradio may be imported only in {', '.join(PAGES)}"),
        ("llmweb/pages/chat.py", "import gradio", None),
        ("llmweb/engines/mine.py", "def f():\n    import torch", None),
    ],
    engines_load_their_library_late: [
        ("llmweb/engines/mine.py", "from torch import nn", "torch.nn may be imported only inside a function"),
        (
            "llmweb/engines/mine.py",
            "import llmweb.engines.torch_rows",
            "llmweb.engines.torch_rows may be imported only inside a function",
        ),
        ("llmweb/engines/mine.py", "def f():\n    import torch", None),
        ("llmweb/engines/mine.py", "if typing.TYPE_CHECKING:\n    import torch", None),
        ("llmweb/engines/torch_rows.py", "import torch", None),
    ],
    settings_alone_read_the_environment: [
        ("app.py", "home = os.environ.get('HOME')", "os.environ may be used only in llmweb.settings"),
        ("llmweb/chat.py", "from os import getenv", "os.getenv may be used only in llmweb.settings"),
        ("llmweb/settings.py", "home = os.environ.get('HOME')", None),
    ],
    keywords_are_not_passed_through: [
        ("app.py", "def f(**word):\n    g(1, **word)", "f passes **word through; name the arguments"),
        ("app.py", "def f(row):\n    g(1, **row)", None),
    ],
    a_module_is_named_by_what_it_owns: [
        ("llmweb/utils.py", DOCUMENTED, "utils says nothing about what the module owns"),
        ("llmweb/chat.py", "x = 1", "no docstring that says what the module owns"),
        ("llmweb/chat.py", DOCUMENTED, None),
    ],
    files_and_functions_stay_short: [
        ("app.py", "x = 1\n" * 401, "the file has 401 lines, the limit is 400"),
        ("app.py", LONG_FUNCTION, "long has 61 lines, the limit is 60"),
        ("app.py", REASONED_FUNCTION, None),
    ],
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_catches_what_it_forbids_and_nothing_else(rule: Callable[[Module], Complaints]) -> None:
    for path, source, complaint in MINIATURES[rule]:
        complaints = [text for _, text in rule(Module(Path(path), source))]
        assert complaints == ([complaint] if complaint else []), source


def loaded_by(names: list[str]) -> dict[str, set[str]]:
    """Import the modules one after another in a fresh interpreter: the heavy ones each was first to load."""
    program = f"""
import importlib, sys
seen = set()
for name in {names!r}:
    importlib.import_module(name)
    print(name, *sorted(({HEAVY!r} & sys.modules.keys()) - seen))
    seen |= sys.modules.keys()
"""
    shell = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert shell.returncode == 0, shell.stderr
    return {words[0]: set(words[1:]) for line in shell.stdout.splitlines() if (words := line.split())}


def test_importing_loads_no_heavy_library() -> None:
    names = [module.name for module in PRODUCT if not within(module.name, ("app", *LOADED))]
    assert loaded_by(names) == {name: set() for name in names}


# Not the torch files: they take long to import, and what they may name is a rule above.
@pytest.mark.parametrize("parent", [parent for parent in LOADED if parent != TORCH_FILES])
def test_importing_loads_no_heavy_library_but_the_one_it_needs(parent: str) -> None:
    names = [module.name for module in PRODUCT if within(module.name, (parent,))]
    assert set().union(*loaded_by(names).values()) <= LOADED[parent]
