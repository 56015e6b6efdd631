"""What README.md and docs/ promise is there: the tree, the two commands, every shell command, link and picture."""

import ast
import importlib
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

import app
from evals import __main__ as evals_shell
from llmweb import __main__ as shell

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
PLAIN_FILES = [*PAGES, ROOT / "requirements.txt", ROOT / "tests" / "requirements.txt", *(ROOT / ".ci").iterdir()]

# The only hosts a document may name: where a paper, a licence or a format is described, and this machine.
HOSTS = {"127.0.0.1", "localhost", "aclanthology.org", "arxiv.org", "www.apache.org", "doi.org"}


def section(title: str) -> str:
    """The text under a heading of README.md, up to the next heading of any depth."""
    found = re.search(rf"^#+ {title}\n(.*?)(?=^#+ |\Z)", README.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no heading {title!r}"
    return found[1]


def code_blocks(text: str) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def tree() -> dict[str, str]:
    """Path → what the README's tree says of it. A folder ends in a slash; two spaces an indent."""
    described = {}
    folders: list[str] = []
    for line in code_blocks(section("Tree"))[0].splitlines():
        entry, _, about = line.strip().partition(" ")
        depth = (len(line) - len(line.lstrip())) // 2
        path = "".join(folders[:depth]) + entry
        described[path] = about.strip()
        if entry.endswith("/"):
            folders[depth:] = [entry]
    return described


def modules() -> set[str]:
    """Every module of the product; a package's __init__ is told by its folder's line."""
    files = [ROOT / "app.py", *(ROOT / "llmweb").rglob("*.py"), *(ROOT / "evals").rglob("*.py")]
    return {file.relative_to(ROOT).as_posix() for file in files if file.exists() and file.name != "__init__.py"}


def test_the_tree_lists_every_module() -> None:
    assert modules() - tree().keys() == set(), "not in README.md's tree"


def test_the_tree_lists_nothing_that_is_gone() -> None:
    assert [path for path in tree() if not (ROOT / path).exists()] == []


def test_the_tree_says_something_of_every_line() -> None:
    assert [path for path, about in tree().items() if not about] == []


@pytest.mark.parametrize(
    ("title", "requirements", "last"),
    [
        ("Run", "requirements.txt", ".venv/bin/python app.py"),
        ("Test", "tests/requirements.txt", ".venv/bin/python -m pytest"),
    ],
)
def test_the_two_commands_are_one_line_each(title: str, requirements: str, last: str) -> None:
    install = f"python3 -m venv .venv && .venv/bin/pip install -r {requirements}"
    assert code_blocks(section(title))[0] == f"{install} && {last}\n"


def shown_commands() -> list[tuple[str, ...]]:
    """The arguments after python, of every command of ours in a code block or in `code`, up to a pipe or a comment."""
    found = set()
    for page in PAGES:
        text = page.read_text()
        for line in [*"".join(code_blocks(text)).splitlines(), *re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)]:
            for command in re.findall(r"python3? ((?:-m (?:llmweb|evals)|app\.py)\b.*)", line):
                words = shlex.shlex(command, posix=True, punctuation_chars=True)
                words.commenters = "#"
                before: list[str] = []
                for word in words:
                    if set(word) <= set("();<>|&"):
                        break
                    before.append(word)
                found.add(tuple(before))
    return sorted(found)


@pytest.mark.parametrize("words", shown_commands(), ids=" ".join)
def test_a_shown_command_is_one_the_program_knows(words: tuple[str, ...]) -> None:
    parsers: dict[tuple[str, ...], Callable[[list[str]], object]] = {
        ("app.py",): app.read_settings,
        ("-m", "llmweb"): shell.parser().parse_args,
        ("-m", "evals"): evals_shell.parser().parse_args,
    }
    program = words[: 2 if words[0] == "-m" else 1]
    parsers[program](list(words[len(program) :]))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_shown_python_imports_is_there(page: Path) -> None:
    for block in re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module or "")
                assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []


def anchors(page: Path) -> set[str]:
    """The names a page's headings can be linked by."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_and_pictures_exist(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    targets = [*re.findall(r"\]\(<?([^)\s>]+)", text), *re.findall(r"(?:src|href)=\"([^\"]+)\"", text)]
    missing = []
    for target in targets:
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        if "://" in path or path.startswith("mailto:"):
            continue
        if not file.exists() or (anchor and anchor not in anchors(file)):
            missing.append(target)
    assert missing == []


@pytest.mark.parametrize("file", PLAIN_FILES, ids=name)
def test_nothing_names_a_path_of_one_machine(file: Path) -> None:
    text = file.read_text().removeprefix("#!/usr/bin/env bash").replace("/dev/null", "")
    assert re.findall(r"(?<![\w.~/:}\])])/[a-zA-Z][\w.-]*/[\w./-]*", text) == []


@pytest.mark.parametrize("file", PLAIN_FILES, ids=name)
def test_nothing_names_a_host_but_the_known_ones(file: Path) -> None:
    text = file.read_text()
    hosts = {
        *re.findall(r"https?://([^/\s:)\"'>]+)", text),
        *re.findall(r"\b(?:[\w-]+\.)+(?:com|org|io|co|net)\b", text),
    }
    assert hosts - HOSTS == set()
