"""The model hub, as a server on loopback that speaks the few paths of its protocol that a download needs."""

import hashlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmweb.errors import DownloadFailed
from llmweb.types import File, Hub, ModelSpec
from llmweb.weights.download import WeightStore
from tests.loopback import Handler, serving

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONVERTED = "89abcdef0123456789abcdef0123456789abcdef"
WEIGHTS = bytes(range(256)) * 8000  # 2 MB
DIGEST = hashlib.sha256(WEIGHTS).hexdigest()
CONFIG = b'{"model_type": "tiny"}'
FILES = (File("config.json"), File("model.safetensors"), File("generation_config.json", optional=True))


class Repository:
    """What the server holds: files by revision, what it counts, and how it misbehaves."""

    def __init__(self) -> None:
        self.files = {COMMIT: {"config.json": CONFIG, "model.safetensors": WEIGHTS}}
        self.references = {"main": COMMIT}
        self.proposals: list[dict[str, object]] = []
        self.status, self.error_code = 200, ""
        self.break_after: int | None = None
        self.ranges: list[str] = []
        self.url = ""


@pytest.fixture
def repository() -> Iterator[Repository]:
    held = Repository()

    class Answering(Handler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].strip("/").replace("%2F", "/")
            if held.status != 200:
                self.answer(b"{}", held.status, held.error_code)
            elif path.endswith("/discussions"):
                self.answer(
                    json.dumps({"discussions": held.proposals, "count": len(held.proposals), "start": 0}).encode()
                )
            elif path.startswith("api/models/"):
                revision = path.partition("/revision/")[2] or "main"
                self.listing(held.references.get(revision, revision))
            else:
                revision, _, name = path.partition("/resolve/")[2].partition("/")
                self.file(held.files[revision][name])

        def listing(self, commit: str) -> None:
            if commit not in held.files:
                self.answer(b"{}", 404, "RevisionNotFound")
                return
            siblings: list[dict[str, object]] = []
            for name, data in held.files[commit].items():
                lfs = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "pointerSize": 130}
                siblings.append({"rfilename": name, "size": len(data), **({"lfs": lfs} if len(data) > 1000 else {})})
            self.answer(json.dumps({"id": "tiny/tiny", "sha": commit, "siblings": siblings}).encode())

        def file(self, data: bytes) -> None:
            asked = self.headers.get("Range", "")
            if asked:
                held.ranges.append(asked)
            start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            end = held.break_after if held.break_after is not None and len(data) > 1000 else len(data)
            self.wfile.write(data[start:end])

    with serving(Answering) as held.url:
        yield held


@pytest.fixture
def store(tmp_path: Path, repository: Repository) -> WeightStore:
    return WeightStore(tmp_path / "models", repository.url)


def model(revision: str = COMMIT, files: tuple[File, ...] = FILES, reference: str = "") -> ModelSpec:
    return ModelSpec(
        id="tiny",
        name="Tiny",
        about="",
        engine="scripted",
        tasks=frozenset({"generate"}),
        source=Hub("tiny/tiny", revision, files, reference),
        licence="MIT",
        parameters=1,
        context_tokens=1,
    )


def silent(note: str, share: float | None) -> None:
    pass


def test_listed_files_arrive_and_the_receipt_names_the_commit(store: WeightStore) -> None:
    shares: list[float] = []
    weights = store.fetch(model(), lambda note, share: shares.append(share or 0.0))
    assert weights.files == {"config.json": hashlib.sha256(CONFIG).hexdigest(), "model.safetensors": DIGEST}
    assert weights.revision == COMMIT
    assert store.find(model()) == weights
    assert shares[-1] == 1.0


def test_resolving_fills_in_commit_sizes_and_hashes_for_the_announcement(store: WeightStore) -> None:
    assert store.announce(model("")).startswith(
        "Tiny: size not known yet, the hub tells it before the download; from the model hub (tiny/tiny at "
    )
    resolved = store.resolve(model(""))
    files = (File("config.json", len(CONFIG)), File("model.safetensors", len(WEIGHTS), DIGEST))
    assert resolved.source == Hub("tiny/tiny", COMMIT, files)
    assert store.announce(resolved).startswith("Tiny: 2.0 MB from the model hub (tiny/tiny at commit 0123456789ab)")


def test_an_unpinned_model_is_found_again_under_the_commit_it_had(store: WeightStore) -> None:
    weights = store.fetch(model("", reference="main"), silent)
    assert weights.revision == COMMIT
    assert store.find(model("", reference="main")) == weights


def test_a_resolved_model_that_was_fetched_is_the_catalogs_but_not_another_commits(store: WeightStore) -> None:
    weights = store.fetch(store.resolve(model("", reference="main")), silent)
    found = store.find(model("", reference="main"))
    assert found is not None
    assert (found.folder, found.revision, found.sha256) == (weights.folder, COMMIT, weights.sha256)
    assert store.find(model(CONVERTED, reference="main")) is None


def test_a_broken_download_is_resumed_where_it_stopped(store: WeightStore, repository: Repository) -> None:
    repository.break_after = 1_500_000
    with pytest.raises(DownloadFailed, match=r"The model hub cannot be reached .*: what has arrived is kept"):
        store.fetch(model(), silent)
    arrived = (store.models_dir / "tiny.part" / "model.safetensors").stat().st_size
    assert 1_000_000 < arrived <= 1_500_000
    repository.break_after = None
    assert store.fetch(model(), silent).files["model.safetensors"] == DIGEST
    assert repository.ranges == [f"bytes={arrived}-"]


def test_the_hubs_own_conversion_is_taken_where_the_main_branch_has_pickled_weights(
    store: WeightStore, repository: Repository
) -> None:
    repository.files[CONVERTED] = repository.files[COMMIT]
    repository.files[COMMIT] = {"config.json": CONFIG, "pytorch_model.bin": WEIGHTS}
    with pytest.raises(DownloadFailed, match=r"holds no model.safetensors at commit .* never from pickled files"):
        store.fetch(model(""), silent)
    repository.references["refs/pr/7"] = CONVERTED
    repository.proposals = [proposal(7, "Adding `safetensors` variant of this model")]
    assert store.fetch(model(""), silent).revision == CONVERTED


def proposal(number: int, title: str) -> dict[str, object]:
    return {
        "num": number,
        "title": title,
        "isPullRequest": True,
        "status": "open",
        "author": {"name": "SFconvertbot"},
        "createdAt": "2023-03-23T00:00:00.000Z",
        "repo": {"name": "tiny/tiny", "type": "model"},
    }


def test_a_hash_other_than_the_catalogs_is_refused_before_the_download(store: WeightStore) -> None:
    files = (File("model.safetensors", len(WEIGHTS), "0" * 64),)
    with pytest.raises(DownloadFailed) as failure:
        store.fetch(model(files=files), silent)
    assert str(failure.value) == (
        "model.safetensors of tiny/tiny on the model hub is not the file the catalog names: expected SHA-256 "
        f"{'0' * 64}, the hub says {DIGEST}. Nothing was fetched; do not use this file."
    )
    assert not (store.models_dir / "tiny.part").exists()


def test_cancel_ends_the_download_and_leaves_nothing(store: WeightStore) -> None:
    cancelled = threading.Event()

    def cancel_on_the_way(note: str, share: float | None) -> None:
        if share:
            cancelled.set()

    with pytest.raises(DownloadFailed, match="cancelled"):
        store.fetch(model(), cancel_on_the_way, cancelled)
    assert sorted(path.name for path in store.models_dir.iterdir()) == ["tiny.lock"]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "GatedRepo", r"The terms of tiny/tiny on the model hub must be accepted there first: .* hf auth login"),
        (404, "RepoNotFound", r"tiny/tiny on the model hub is gone, or was changed: .* Choose another model"),
        (404, "RevisionNotFound", r"tiny/tiny on the model hub is gone, or was changed: .* Choose another model"),
        (503, "", r"The model hub refused tiny/tiny: .* Try again later"),
    ],
)
def test_what_the_hub_refuses_is_told(
    store: WeightStore, repository: Repository, status: int, code: str, words: str
) -> None:
    repository.status, repository.error_code = status, code
    with pytest.raises(DownloadFailed, match=words):
        store.fetch(model(), silent)


def test_a_hub_out_of_reach_is_told(tmp_path: Path) -> None:
    store = WeightStore(tmp_path / "models", "http://127.0.0.1:9")
    with pytest.raises(DownloadFailed, match=r"The model hub cannot be reached for tiny/tiny: no network"):
        store.fetch(model(), silent)
    assert sorted(path.name for path in store.models_dir.iterdir()) == ["tiny.lock"]
