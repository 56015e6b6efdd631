"""The user's own models: models.toml in the data directory, one table a model.

    [my-model]
    path = "/models/my-model.gguf"

path is all that must be given by hand. What else an engine needs to know is read from the file, once, and written into
the table; comments and fields written by hand stay. What a file turns out to be is inspection.py's.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import tomlkit

from llmweb.catalog.model_list import MODELS
from llmweb.errors import BadInput, UnknownModel
from llmweb.types import Local, ModelSpec
from llmweb.weights.inspection import Found, inspect

FILE = "models.toml"
FIELDS: Mapping[str, type] = {
    "path": str,
    "name": str,
    "about": str,
    "licence": str,
    "engine": str,
    "tasks": list,
    "parameters": int,
    "context_tokens": int,
    "instruct": bool,
    "encoder_decoder": bool,
    "languages": list,
    "pairs": list,
}
FOUND = ("engine", "tasks", "parameters", "context_tokens", "instruct", "encoder_decoder", "pairs")
PAIR = re.compile(r"([a-z]{2,3})-([a-z]{2,3})")


def own_models(data_dir: Path) -> tuple[ModelSpec, ...]:
    """The user's models, in the order of the file. Raises BadInput, naming the file and the line or field."""
    file = data_dir / FILE
    tables = _read(file)
    incomplete = {model_id: table for model_id, table in tables.items() if any(key not in table for key in FOUND)}
    if incomplete:
        for model_id, table in incomplete.items():
            _complete(file, model_id, table)
        _write(file, tables)
    return tuple(_spec(model_id, table) for model_id, table in tables.items())


def add_model(data_dir: Path, path: Path, model_id: str = "", pairs: Sequence[tuple[str, str]] = ()) -> ModelSpec:
    """Enter a GGUF file, or a folder with safetensors and config.json, under model_id or the file's name.

    pairs: what a translation model translates. Raises BadInput where no engine can read it, or the id is taken.
    """
    path = path.expanduser().resolve()
    if not path.exists():
        raise BadInput(f"There is nothing at {path}. Write where on this machine the file or folder lies.")
    found = inspect(path)
    tables = _read(data_dir / FILE)
    if model_id and model_id != _free_id(model_id, tables):
        raise BadInput(f"The id {model_id!r} is taken or not like {_free_id(model_id, tables)!r}: choose that, say.")
    model_id = model_id or _free_id(found.name, tables)
    table: dict[str, Any] = {"path": str(found.path), "name": found.name}
    if pairs:
        table["pairs"] = [f"{source}-{target}" for source, target in pairs]
    tables[model_id] = table | {key: value for key, value in _fields(found).items() if key not in table}
    _require_pairs(found.path, tables[model_id])
    _write(data_dir / FILE, tables)
    return _spec(model_id, tables[model_id])


def remove_model(data_dir: Path, model_id: str) -> None:
    """Forget one of the user's models; the file it names stays. Raises UnknownModel."""
    tables = _read(data_dir / FILE)
    if model_id not in tables:
        raise UnknownModel(f"No model {model_id!r} in {data_dir / FILE}. There: {', '.join(tables) or 'none'}.")
    _write(data_dir / FILE, {key: table for key, table in tables.items() if key != model_id})


def _read(file: Path) -> dict[str, dict[str, Any]]:
    """Tables by id, every field of its kind. Raises BadInput."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(
            f"{file} is not TOML: {error}. Mend that line, or delete the file and add the models anew."
        ) from error
    taken = {model.id for model in MODELS}
    for model_id, table in tables.items():
        if not isinstance(table, dict):
            raise BadInput(f"{file}: {model_id} stands outside a table. Write it under a heading like [my-model].")
        if model_id in taken:
            raise BadInput(f"{file}: the id [{model_id}] belongs to a model of the catalog. Choose another heading.")
        _check_fields(f"{file}: [{model_id}]", table)
    return tables


def _check_fields(place: str, table: Mapping[str, Any]) -> None:
    if "path" not in table:
        raise BadInput(f'{place} has no path. Add: path = "/where/the/model/is.gguf"')
    for key, value in table.items():
        if key not in FIELDS:
            raise BadInput(f"{place} has an unknown field {key!r}. Known: {', '.join(FIELDS)}.")
        if type(value) is not FIELDS[key]:
            raise BadInput(f"{place}: {key} must be a {FIELDS[key].__name__}, not {value!r}.")
        if isinstance(value, list) and not all(isinstance(item, str) for item in value):
            raise BadInput(f"{place}: {key} must be a list of texts, not {value!r}.")
    for pair in table.get("pairs", ()):
        if not PAIR.fullmatch(pair):
            raise BadInput(f'{place}: the pair {pair!r} is not like "en-de" (source-target).')


def _complete(file: Path, model_id: str, table: dict[str, Any]) -> None:
    path = Path(table["path"]).expanduser()
    try:
        found = inspect(path)
    except BadInput as error:
        raise BadInput(f"{file}: [{model_id}] path: {error}") from error
    table.update({key: value for key, value in _fields(found).items() if key not in table})
    _require_pairs(file, table)


def _fields(found: Found) -> dict[str, Any]:
    return {
        "engine": found.engine,
        "tasks": sorted(found.tasks),
        "parameters": found.parameters,
        "context_tokens": found.context_tokens,
        "instruct": found.instruct,
        "encoder_decoder": found.encoder_decoder,
        "pairs": [f"{source}-{target}" for source, target in found.pairs],
    }


def _require_pairs(place: Path, table: Mapping[str, Any]) -> None:
    if "translate" in table["tasks"] and not table["pairs"]:
        raise BadInput(
            f"{place}: a translation model that does not say which languages. Write its table into {FILE} by hand, "
            'with path = "…" and pairs = ["en-de"].'
        )


def _spec(model_id: str, table: Mapping[str, Any]) -> ModelSpec:
    pairs = frozenset((match[1], match[2]) for pair in table["pairs"] if (match := PAIR.fullmatch(pair)))
    return ModelSpec(
        id=model_id,
        name=table.get("name", model_id),
        about=table.get("about", "Your own model."),
        engine=table["engine"],
        tasks=frozenset(table["tasks"]),
        source=Local(Path(table["path"]).expanduser()),
        licence=table.get("licence", "not told: yours to know"),
        parameters=table["parameters"],
        context_tokens=table["context_tokens"],
        languages=tuple(table.get("languages") or sorted({language for pair in pairs for language in pair})),
        pairs=pairs,
        instruct=table["instruct"],
        encoder_decoder=table["encoder_decoder"],
    )


def _free_id(name: str, tables: Mapping[str, Any]) -> str:
    """My Model.Q4 → my-model.q4, with a number where that is taken."""
    slug = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.") or "model"
    taken = {model.id for model in MODELS} | set(tables)
    number, free = 1, slug
    while free in taken:
        number += 1
        free = f"{slug}-{number}"
    return free


def _write(file: Path, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Bring the file to these tables, in one step, leaving what is unchanged as it was written."""
    document = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
    for gone in set(document) - set(tables):
        del document[gone]
    for model_id, table in tables.items():
        kept = document.setdefault(model_id, tomlkit.table())
        for key, value in table.items():
            if key not in kept:
                kept[key] = value
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=file.parent, prefix=FILE, delete=False, encoding="utf-8") as new:
        new.write(tomlkit.dumps(document))
    Path(new.name).replace(file)
