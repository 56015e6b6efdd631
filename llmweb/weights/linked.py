"""Weights that are on disk already: inside an installed package, or the user's own. Linked into the model's folder.

Only files that weights are made of are taken. Pickled weights run code when opened and never are.
"""

import importlib.metadata
import importlib.util
from pathlib import Path

from llmweb.errors import DownloadFailed
from llmweb.types import File, Installed, Local

WEIGHTS = (".safetensors", ".gguf")
BESIDE_WEIGHTS = (".json", ".txt", ".model", ".spm", ".jinja")
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".h5", ".msgpack", ".npz")


def link(source: Installed | Local, part: Path) -> dict[str, File]:
    """Link the source's files into part; name → size. Raises DownloadFailed if there is nothing to take."""
    files = _installed(source) if isinstance(source, Installed) else usable_files(source.path)
    for name, path in files.items():
        (part / name).parent.mkdir(parents=True, exist_ok=True)
        (part / name).unlink(missing_ok=True)
        (part / name).symlink_to(path.resolve())
    return {name: File(name, path.stat().st_size) for name, path in files.items()}


def installed_version(package: str) -> str:
    """The version of a package named like its distribution; "" where there is none."""
    try:
        return f"{package}=={importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return ""


def usable_files(path: Path) -> dict[str, Path]:
    """Name → path of the files at a GGUF or folder of the user's that weights are made of.

    Raises DownloadFailed where there are none, or only pickled ones.
    """
    if path.is_file():
        if path.suffix.lower() not in WEIGHTS:
            raise DownloadFailed(_unreadable(path, [path]))
        return {path.name: path}
    if not path.is_dir():
        raise DownloadFailed(
            f"There is nothing at {path}. Put the model back, or remove it: python -m llmweb models remove"
        )
    inside = sorted(entry for entry in path.iterdir() if entry.is_file())
    if not any(entry.suffix.lower() in WEIGHTS for entry in inside):
        raise DownloadFailed(_unreadable(path, inside))
    return {entry.name: entry for entry in inside if entry.suffix.lower() in WEIGHTS + BESIDE_WEIGHTS}


def _unreadable(path: Path, files: list[Path]) -> str:
    pickled = [file.name for file in files if file.suffix.lower() in PICKLED]
    if pickled:
        return (
            f"{path} holds pickled weights ({', '.join(pickled[:3])}), which can run code when opened: never read. "
            "Take the safetensors or GGUF version of this model, or convert it on a machine you do not mind risking."
        )
    return f"{path} holds no weights: a .gguf file, or a folder with .safetensors files beside config.json, is needed."


def _installed(source: Installed) -> dict[str, Path]:
    """Files of the package's folder, found without importing it."""
    spec = importlib.util.find_spec(source.package)
    if spec is None or spec.origin is None:
        raise DownloadFailed(
            f"The package {source.package} is not installed. Install it: python -m pip install -r requirements.txt"
        )
    folder = Path(spec.origin).parent / source.folder
    files = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    if not files:
        raise DownloadFailed(
            f"The package {source.package} holds nothing at {source.folder}: another version is installed than "
            "requirements.txt pins. Install that: python -m pip install -r requirements.txt"
        )
    return files
