"""A data set of the model hub, which is a server on loopback: named, announced, agreed to, fetched at one commit."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evals.__main__ import parser
from evals.adding import change_suites
from evals.readers import datasets
from evals.store import Store
from llmweb.errors import BadInput, DownloadFailed, NotDownloaded
from tests.loopback import Handler, serving

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SET = "hf://datasets/tiny/news"
LINES = b"source\treferences\nOne.\tUm.\nTwo.\tDois.\n"


class Repository:
    """What the server holds: files at COMMIT, the licence of the card, and the paths it was asked for."""

    def __init__(self) -> None:
        self.files = {"test.tsv": LINES, "deep/news.en": b"One.\nTwo.\n", "deep/news.pt": b"Um.\nDois.\n"}
        self.served: dict[str, bytes] = {}
        self.card: dict[str, object] = {"license": "cc-by-4.0"}
        self.asked: list[str] = []
        self.sizes: dict[str, int] = {}
        self.url = ""


@pytest.fixture
def repository() -> Iterator[Repository]:
    held = Repository()

    class Answering(Handler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].strip("/").replace("%2F", "/")
            held.asked.append(path)
            if path.startswith("api/datasets/tiny/news"):
                self.answer(json.dumps(self.about()).encode())
            elif path.startswith(f"datasets/tiny/news/resolve/{COMMIT}/"):
                name = path.partition(f"{COMMIT}/")[2]
                self.answer(held.served.get(name, held.files[name]))
            else:
                self.answer(b"{}", 404, "RepoNotFound")

        def about(self) -> dict[str, object]:
            siblings = [
                {
                    "rfilename": name,
                    "size": held.sizes.get(name, len(data)),
                    "lfs": {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "pointerSize": 130},
                }
                for name, data in held.files.items()
            ]
            return {"id": "tiny/news", "sha": COMMIT, "siblings": siblings, "cardData": held.card}

    with serving(Answering) as held.url:
        yield held


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "llmweb.sqlite3")


Add = Callable[..., int]


@pytest.fixture
def add(repository: Repository, store: Store, monkeypatch: pytest.MonkeyPatch) -> Add:
    """add(address, …, "--yes") as suite add of parallel text from English to Portuguese; nobody is at the terminal."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    said = ("--format", "parallel", "--from", "en", "--to", "pt")
    return lambda *more: change_suites(parser().parse_args(["suite", "add", *more, *said]), store, repository.url)


def test_a_set_is_announced_fetched_at_its_commit_and_kept_with_its_licence(
    add: Add, store: Store, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(f"{SET}@main/test.tsv", "--yes", "--id", "news") == 0
    shown = capsys.readouterr()
    assert shown.err == (
        "test.tsv: 38 bytes from the model hub (tiny/news at commit 0123456789ab). Licence: cc-by-4.0.\n"
    )
    assert shown.out.startswith("Added translate/news: 2 samples, chrf2, bleu, chrf2++, ter, licence cc-by-4.0.")
    suite = store.suite(store.own_suites()["translate/news"])
    assert [sample.references for sample in suite.samples] == [("Um.",), ("Dois.",)]
    assert (suite.licence, suite.origin) == ("cc-by-4.0", f"{SET}@{COMMIT}/test.tsv")
    assert repository.asked[-1] == f"datasets/tiny/news/resolve/{COMMIT}/test.tsv"


def test_files_in_folders_go_together(add: Add, store: Store) -> None:
    assert add(f"{SET}/deep/news.en", f"{SET}/deep/news.pt", "--yes") == 0
    suite = store.suite(store.own_suites()["translate/news"])
    assert [(sample.source, sample.references) for sample in suite.samples] == [
        ("One.", ("Um.",)),
        ("Two.", ("Dois.",)),
    ]
    assert suite.origin == f"{SET}@{COMMIT}/deep/news.en {SET}@{COMMIT}/deep/news.pt"


def test_nothing_is_fetched_that_nobody_agreed_to(
    add: Add, store: Store, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotDownloaded, match=r"^Nothing was fetched. Repeat the command with --yes"):
        add(f"{SET}/test.tsv")
    assert "Licence: cc-by-4.0." in capsys.readouterr().err
    assert [path for path in repository.asked if "resolve" in path] == []
    assert store.own_suites() == {}


def test_a_licence_the_card_does_not_name_is_asked_for(add: Add, store: Store, repository: Repository) -> None:
    repository.card = {}
    with pytest.raises(BadInput, match=r"^Which licence does test.tsv come under\?"):
        add(f"{SET}/test.tsv", "--yes")
    assert add(f"{SET}/test.tsv", "--yes", "--licence", "unknown") == 0
    assert store.suite(store.own_suites()["translate/test"]).licence == "unknown"


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ({"license": ["mit", "cc0-1.0"]}, "mit, cc0-1.0"),
        ({"license": "other", "license_name": "flores terms"}, "flores terms"),
    ],
)
def test_the_licence_is_as_the_card_has_it(repository: Repository, card: dict[str, object], licence: str) -> None:
    repository.card = card
    assert datasets.find([f"{SET}/test.tsv"], repository.url).licence == licence


def test_other_bytes_than_the_hub_names_are_refused(add: Add, store: Store, repository: Repository) -> None:
    repository.served["test.tsv"] = LINES.replace(b"Um", b"No")
    with pytest.raises(DownloadFailed, match=r"^test.tsv is not the file the hub names"):
        add(f"{SET}/test.tsv", "--yes")
    assert store.own_suites() == {}


def test_a_large_set_is_refused_before_it_is_fetched(add: Add, repository: Repository) -> None:
    repository.sizes["test.tsv"] = 200_000_000
    with pytest.raises(BadInput, match=r"^tiny/news: the files have 200 MB, 100 MB at most are read."):
        add(f"{SET}/test.tsv", "--yes")
    assert [path for path in repository.asked if "resolve" in path] == []


@pytest.mark.parametrize(
    ("addresses", "error", "said"),
    [
        (
            (f"{SET}/train.tsv",),
            DownloadFailed,
            "no train.tsv at commit .* It holds: deep/news.en, deep/news.pt, t",
        ),
        (("hf://datasets/tiny/gone/x.tsv",), DownloadFailed, "tiny/gone on the model hub is gone, .* another dataset"),
        ((SET,), BadInput, f"{SET} names no file of a data set. Write it as hf://datasets/OWNER/NAME@REVISION/PATH"),
        (("hf://tiny/news/test.tsv",), BadInput, "names no file of a data set"),
        (("hf://datasets/",), BadInput, "Missing repository id. Write it as hf://"),
        ((f"{SET}/deep/news.en", "hf://datasets/tiny/old/news.pt"), BadInput, "several data sets or revisions"),
        ((f"{SET}/deep/news.en", "news.pt"), BadInput, "Some of the files are on the model hub, some here"),
    ],
)
def test_what_is_not_there_is_told(add: Add, addresses: tuple[str, ...], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        add(*addresses, "--yes")


def test_a_page_of_the_hub_is_an_address_too(repository: Repository) -> None:
    found = datasets.find(["https://huggingface.co/datasets/tiny/news/blob/main/test.tsv"], repository.url)
    assert found.origin == f"{SET}@{COMMIT}/test.tsv"
