"""GGUF files in another encoding: every matrix as Q8_0 or F16, written once beside the source and kept.

OpenVINO rounds the zero points of Q4_1 when it reads a GGUF, which moved log-probabilities by up to 1.5 nats;
F16 it reads exactly and Q8_0 faithfully. Which encoding a precision wants is the engine's choice.
"""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llmweb.engines.conversion import converting
from llmweb.errors import BadInput, DownloadFailed
from llmweb.types import Progress

if TYPE_CHECKING:
    from gguf import GGUFReader, GGUFWriter, ReaderField, ReaderTensor

Encoding = Literal["Q8_0", "F16"]
SOURCE_KEY = "llmweb.source_sha256"
PLAIN = ("F32", "F16")  # encodings that lose nothing, so a matrix that Q8_0 cannot hold stays in F16
HEAD_BYTES = 512
Q8_0_BLOCK = 32  # weights a Q8_0 block; a row must be a whole number of them


def reencoded(source: Path, target: Path, encoding: Encoding, sha256: str, progress: Progress) -> Path:
    """A GGUF with the weights of source in encoding: source itself if it already is, else target, made if need be.

    sha256 names the source; a target made from another one is made anew. The write is atomic: target is whole or
    absent. Raises BadInput if source is no readable GGUF, DownloadFailed if the disk is full or closed to us.
    """
    with converting(target.parent):
        if target.exists() and sha256.encode() in _head(target):
            return target
        reader = _reader(source)
        if _is_encoded(reader, encoding):
            return source
        partial = target.with_suffix(".partial")
        try:
            _write(reader, partial, encoding, sha256, progress)
            os.replace(partial, target)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EPERM):
                raise
            raise DownloadFailed(_no_room(target, encoding, reader, error)) from error
        finally:
            partial.unlink(missing_ok=True)
        return target


def _reader(path: Path) -> "GGUFReader":
    from gguf import GGUFReader

    try:
        return GGUFReader(path)
    except (ValueError, IndexError, KeyError) as error:
        raise BadInput(f"{path.name} is not a readable GGUF file ({error}). Fetch the weights again.") from error


def _head(target: Path) -> bytes:
    """The first key values: _write puts SOURCE_KEY there, because reading all of them takes seconds."""
    with target.open("rb") as file:
        return file.read(HEAD_BYTES)


def _is_encoded(reader: "GGUFReader", encoding: Encoding) -> bool:
    matrices = {tensor.tensor_type.name for tensor in reader.tensors if len(tensor.shape) > 1}
    return matrices <= {encoding, "F32"} and encoding in matrices


def _no_room(target: Path, encoding: Encoding, reader: "GGUFReader", error: OSError) -> str:
    bits = 8.5 if encoding == "Q8_0" else 16
    megabytes = sum(int(tensor.n_elements) for tensor in reader.tensors) * bits / 8e6
    return (
        f"The weights could not be converted to {encoding}: {error.strerror or error}. "
        f"{target.name} needs about {megabytes:,.0f} MB in {target.parent}. Make room there and load the model again."
    )


def _write(reader: "GGUFReader", path: Path, encoding: Encoding, sha256: str, progress: Progress) -> None:
    """One tensor at a time, so that memory stays at one matrix in float32 whatever the model's size."""
    from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType
    from gguf.quants import dequantize, quantize

    progress("Converting weights", 0.0)
    architecture = str(reader.fields["general.architecture"].contents())
    writer = GGUFWriter(path, architecture, endianess=reader.endianess)
    try:
        writer.add_string(SOURCE_KEY, sha256)
        writer.add_file_type(LlamaFileType.MOSTLY_Q8_0 if encoding == "Q8_0" else LlamaFileType.MOSTLY_F16)
        for field in _kept_fields(reader):
            _copy(writer, field)
        for tensor in reader.tensors:
            _declare(writer, tensor, encoding)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for number, tensor in enumerate(reader.tensors, 1):
            kind = GGMLQuantizationType[_encoding_of(tensor, encoding)]
            same = kind == tensor.tensor_type
            data = tensor.data if same else quantize(dequantize(tensor.data, tensor.tensor_type), kind)
            writer.write_tensor_data(data)
            progress("Converting weights", number / len(reader.tensors))
        _sync(writer)
    finally:
        writer.close()


def _encoding_of(tensor: "ReaderTensor", encoding: Encoding) -> str:
    """Vectors keep their encoding: norms and biases are small and sensitive."""
    if len(tensor.shape) < 2:
        return str(tensor.tensor_type.name) if tensor.tensor_type.name in PLAIN else "F32"
    fits = encoding != "Q8_0" or int(tensor.shape[0]) % Q8_0_BLOCK == 0
    return encoding if fits else "F16"


def _declare(writer: "GGUFWriter", tensor: "ReaderTensor", encoding: Encoding) -> None:
    import numpy
    from gguf import GGMLQuantizationType
    from gguf.quants import quant_shape_to_byte_shape

    kind = GGMLQuantizationType[_encoding_of(tensor, encoding)]
    shape = tuple(int(size) for size in reversed(tensor.shape))
    if kind == GGMLQuantizationType.Q8_0:
        bytes_shape = quant_shape_to_byte_shape(shape, kind)
        size = int(numpy.prod(bytes_shape))
        writer.add_tensor_info(tensor.name, bytes_shape, numpy.dtype(numpy.uint8), size, raw_dtype=kind)
        return
    dtype = numpy.dtype(numpy.float32 if kind == GGMLQuantizationType.F32 else numpy.float16)
    writer.add_tensor_info(tensor.name, shape, dtype, int(numpy.prod(shape)) * dtype.itemsize)


def _kept_fields(reader: "GGUFReader") -> Iterator["ReaderField"]:
    """Every key value of the source but those the writer sets itself."""
    ours = ("general.architecture", "general.file_type", SOURCE_KEY)
    return (field for name, field in reader.fields.items() if name not in ours and not name.startswith("GGUF."))


def _copy(writer: "GGUFWriter", field: "ReaderField") -> None:
    value: Any = field.contents()
    kind, *rest = field.types
    writer.add_key_value(field.name, value, kind, sub_type=rest[-1] if rest else None)


def _sync(writer: "GGUFWriter") -> None:
    for file in writer.fout or ():
        file.flush()
        os.fsync(file.fileno())
