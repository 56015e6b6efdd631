"""Re-encoding a GGUF: gguf's own reader and gguf.quants judge what we wrote."""

import errno
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy
import pytest
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import dequantize, quantize

from llmweb.engines.reencode import reencoded
from llmweb.errors import BadInput, DownloadFailed

WIDTH = 64
KEPT = {
    "general.name": "tiny",
    "llama.block_count": 1,
    "llama.rope.freq_base": 10_000.0,
    "tokenizer.ggml.tokens": ["a", "é", "<|end|>"],
    "tokenizer.ggml.token_type": [1, 1, 3],
    "tokenizer.ggml.add_bos_token": False,
}


def quiet(note: str, share: float | None) -> None:
    pass


def write_source(path: Path, kind: GGMLQuantizationType) -> dict[str, numpy.ndarray]:
    """Two matrices, one of a width Q8_0 cannot hold, and a vector. Returns what a reader should see in float32."""
    random = numpy.random.default_rng(7)
    writer = GGUFWriter(path, "llama")
    writer.add_string("general.name", "tiny")
    writer.add_uint32("llama.block_count", 1)
    writer.add_float32("llama.rope.freq_base", 10_000.0)
    writer.add_array("tokenizer.ggml.tokens", KEPT["tokenizer.ggml.tokens"])
    writer.add_array("tokenizer.ggml.token_type", KEPT["tokenizer.ggml.token_type"])
    writer.add_bool("tokenizer.ggml.add_bos_token", False)
    writer.add_file_type(3)
    data = quantize(random.normal(size=(8, WIDTH)).astype(numpy.float32), kind)
    writer.add_tensor("blk.0.attn_q.weight", data, raw_dtype=kind)
    narrow, norm = random.normal(size=(4, 20)).astype(numpy.float16), random.normal(size=WIDTH).astype(numpy.float32)
    writer.add_tensor("blk.0.narrow.weight", narrow)
    writer.add_tensor("output_norm.weight", norm)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return {
        "blk.0.attn_q.weight": dequantize(data, kind),
        "blk.0.narrow.weight": narrow.astype(numpy.float32),
        "output_norm.weight": norm,
    }


@pytest.mark.parametrize(
    ("encoding", "types"), [("Q8_0", ["Q8_0", "F16", "F32"]), ("F16", ["F16", "F16", "F32"])], ids=["Q8_0", "F16"]
)
def test_every_matrix_has_the_new_encoding_and_every_key_value_its_old_value(
    tmp_path: Path, encoding: str, types: list[str]
) -> None:
    values = write_source(tmp_path / "source.gguf", GGMLQuantizationType.Q4_1)
    target = reencoded(tmp_path / "source.gguf", tmp_path / "new.gguf", encoding, "5" * 64, quiet)
    reader = GGUFReader(target)
    assert [tensor.tensor_type.name for tensor in reader.tensors] == types
    assert {name: reader.fields[name].contents() for name in KEPT} == KEPT
    wide = GGMLQuantizationType[encoding]
    for tensor in reader.tensors:
        expected = values[tensor.name]
        if tensor.name == "blk.0.attn_q.weight":
            expected = dequantize(quantize(expected, wide), wide)
        numpy.testing.assert_array_equal(dequantize(tensor.data, tensor.tensor_type).reshape(expected.shape), expected)


def test_two_who_need_the_same_file_at_once_write_it_once(tmp_path: Path) -> None:
    write_source(tmp_path / "source.gguf", GGMLQuantizationType.Q4_1)
    together, told = Barrier(2), []

    def convert(_: int) -> Path:
        together.wait()
        return reencoded(
            tmp_path / "source.gguf", tmp_path / "new.gguf", "F16", "5" * 64, lambda *note: told.append(note)
        )

    with ThreadPoolExecutor(2) as callers:
        assert [*callers.map(convert, range(2))] == [tmp_path / "new.gguf"] * 2
    assert told.count(("Converting weights", 0.0)) == 1
    GGUFReader(tmp_path / "new.gguf")


def test_f16_is_within_half_a_unit_in_the_last_place_and_q8_0_within_half_a_step(tmp_path: Path) -> None:
    values = write_source(tmp_path / "source.gguf", GGMLQuantizationType.Q4_1)["blk.0.attn_q.weight"]
    for encoding, steps in (("F16", 2**-11), ("Q8_0", 0.5 / 127 * 1.01)):
        target = reencoded(tmp_path / "source.gguf", tmp_path / f"{encoding}.gguf", encoding, "5" * 64, quiet)
        read = GGUFReader(target).tensors[0]
        error = numpy.abs(dequantize(read.data, read.tensor_type) - values).max()
        assert 0 < error <= numpy.abs(values).max() * steps


def test_a_file_that_has_the_encoding_already_is_used_as_it_is(tmp_path: Path) -> None:
    source = tmp_path / "source.gguf"
    write_source(source, GGMLQuantizationType.F16)
    assert reencoded(source, tmp_path / "new.gguf", "F16", "5" * 64, quiet) == source
    assert [path.name for path in tmp_path.iterdir()] == ["source.gguf"]


def test_it_is_done_once_and_again_only_for_other_weights(tmp_path: Path) -> None:
    source, target = tmp_path / "source.gguf", tmp_path / "new.gguf"
    write_source(source, GGMLQuantizationType.Q4_1)
    reencoded(source, target, "F16", "5" * 64, quiet)
    first = target.stat().st_mtime_ns
    reencoded(source, target, "F16", "5" * 64, quiet)
    assert target.stat().st_mtime_ns == first
    reencoded(source, target, "F16", "6" * 64, quiet)
    assert target.stat().st_mtime_ns > first


def test_progress_rises_to_one(tmp_path: Path) -> None:
    write_source(tmp_path / "source.gguf", GGMLQuantizationType.Q4_1)
    shares: list[float | None] = []
    reencoded(tmp_path / "source.gguf", tmp_path / "new.gguf", "Q8_0", "", lambda note, share: shares.append(share))
    assert shares == [0.0, 1 / 3, 2 / 3, 1.0]


def test_a_full_disk_says_what_is_needed_and_leaves_no_half_file(tmp_path: Path) -> None:
    write_source(tmp_path / "source.gguf", GGMLQuantizationType.Q4_1)

    def fill_the_disk(note: str, share: float | None) -> None:
        if share:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DownloadFailed, match=r"converted to F16: No space left on device.*new\.gguf needs about 0 MB"):
        reencoded(tmp_path / "source.gguf", tmp_path / "new.gguf", "F16", "", fill_the_disk)
    assert [path.name for path in tmp_path.iterdir()] == ["source.gguf"]


def test_a_killed_conversion_is_begun_again(tmp_path: Path) -> None:
    write_source(tmp_path / "source.gguf", GGMLQuantizationType.Q4_1)
    (tmp_path / "new.partial").write_bytes(b"half")
    target = reencoded(tmp_path / "source.gguf", tmp_path / "new.gguf", "F16", "", quiet)
    assert len(GGUFReader(target).tensors) == 3
    assert not (tmp_path / "new.partial").exists()


def test_what_is_no_gguf_is_named(tmp_path: Path) -> None:
    (tmp_path / "source.gguf").write_bytes(b"<html>not found</html>" * 10)
    with pytest.raises(BadInput, match=r"source\.gguf is not a readable GGUF file"):
        reencoded(tmp_path / "source.gguf", tmp_path / "new.gguf", "F16", "", quiet)
