"""Reading checkpoints without torch; long, because every way in which a file can be broken has its case here.

The files are put together by hand, opcode by opcode, as torch writes them.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.source import checkpoint
from stable_audio_config.source.checkpoint import (
    CheckpointHeader,
    CheckpointKind,
    UnreadableCheckpoint,
    is_complete,
    kind_of,
    read_checkpoint,
)
from stable_audio_config.source.torch_pickle import TensorInfo

Raw = bytes
"""Opcodes that leave one value on the pickle's stack."""


def value(item: Any) -> Raw:
    """The opcodes of a plain value, of a dict that may hold opcodes, or of opcodes themselves."""
    if isinstance(item, bytes):
        return item
    if isinstance(item, dict):
        return b"}(" + b"".join(value(key) + value(inner) for key, inner in item.items()) + b"u"
    return pickle.dumps(item, 2)[2:-1]


def named(module: str, name: str) -> Raw:
    return f"c{module}\n{name}\n".encode()


def items(*parts: Any) -> Raw:
    return b"(" + b"".join(value(part) for part in parts) + b"t"


def call(function: Raw, *arguments: Any) -> Raw:
    return function + items(*arguments) + b"R"


def tensor(*shape: int, storage: str = "FloatStorage") -> Raw:
    stored = items("storage", named("torch", storage), "0", "cpu", 1) + b"Q"
    hooks = call(named("collections", "OrderedDict"))
    return call(named("torch._utils", "_rebuild_tensor_v2"), stored, 0, items(*shape), items(1), False, hooks)


def torch_file(path: Path, content: Any, folder: str = "archive") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{folder}/data.pkl", b"\x80\x02" + value(content) + b".")
        archive.writestr(f"{folder}/byteorder", "little")
        archive.writestr(f"{folder}/data/0", b"\0" * 4096)
    return path


def safetensors_file(path: Path, header: dict[str, Any], numbers: bytes = b"") -> Path:
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + numbers)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(UnreadableCheckpoint) as caught:
        read_checkpoint(path)
    assert caught.value.path == path
    assert str(caught.value) == f"`{path}` is not a readable checkpoint: {caught.value.reason}"
    assert not is_complete(path) or "data.pkl" in caught.value.reason or "object" in caught.value.reason
    return caught.value.reason


def looks(*names: str, entries: tuple[str, ...] = ("state_dict",), **extra: Any) -> CheckpointKind:
    tensors = {name: TensorInfo("float32", (1,)) for name in names}
    return kind_of(CheckpointHeader("torch", tensors, extra, entries=(*entries, *extra)))


def test_a_training_checkpoint_gives_tensors_and_plain_entries(tmp_path: Path) -> None:
    config = {"model_type": "autoencoder", "model": {"ratios": [2, 4], "pair": (1, 2.5), "flag": True, "none": None}}
    path = torch_file(
        tmp_path / "last.ckpt",
        {
            "epoch": 3,
            "global_step": 1200,
            "pytorch-lightning_version": "2.5.5",
            "state_dict": {
                "autoencoder.encoder.w": tensor(4, 2, 7),
                "autoencoder.decoder.h": tensor(storage="HalfStorage"),
            },
            "callbacks": {"best": tensor()},
            "optimizer_states": {"state": {"0": {"step": tensor()}}},
            "hyper_parameters": call(named("omegaconf.dictconfig", "DictConfig"), 1),
            "model_config": config,
        },
    )
    header = read_checkpoint(path)
    assert header.format == "torch"
    assert header.tensors == {
        "autoencoder.encoder.w": TensorInfo("float32", (4, 2, 7)),
        "autoencoder.decoder.h": TensorInfo("float16", ()),
    }
    assert header.extra == {
        "epoch": 3,
        "global_step": 1200,
        "pytorch-lightning_version": "2.5.5",
        "model_config": config,
    }
    assert set(header.entries) - set(header.extra) == {
        "state_dict",
        "callbacks",
        "optimizer_states",
        "hyper_parameters",
    }
    assert header.has_state_dict_entry
    assert header.is_resumable
    assert is_complete(path)
    assert kind_of(header) == CheckpointKind("training", "autoencoder")


def test_a_lora_checkpoint_is_recognised_and_is_not_resumable(tmp_path: Path) -> None:
    name = "transformer.layers.0.self_attn.to_qkv.parametrizations.weight.0.lora_A"
    content = {"state_dict": {name: tensor(8, 64)}, "lora_config": {"rank": 8, "include": ["to_qkv"]}}
    header = read_checkpoint(torch_file(tmp_path / "lora.ckpt", content))
    assert kind_of(header) == CheckpointKind("lora", None)
    assert header.extra == {"lora_config": {"rank": 8, "include": ["to_qkv"]}}
    assert not header.is_resumable
    assert looks(name, entries=()) == CheckpointKind("lora", None)


def test_one_adapter_among_whole_weights_tells_a_lora_training() -> None:
    adapter = "diffusion.model.to_qkv.parametrizations.weight.0.lora_A"
    base = "diffusion.model.to_qkv.parametrizations.weight.original"
    config = {"model_type": "diffusion_uncond"}
    assert looks(base, adapter, entries=("pytorch-lightning_version",), model_config=config).kind == "lora"
    assert looks(base, entries=("pytorch-lightning_version",), model_config=config).kind == "training"


def test_a_bare_state_dict_without_the_entry_the_engine_reads_is_read_and_says_so(tmp_path: Path) -> None:
    header = read_checkpoint(torch_file(tmp_path / "x.pt", {"encoder.w": tensor(3), "decoder.w": tensor(5)}))
    assert header.tensors == {"encoder.w": TensorInfo("float32", (3,)), "decoder.w": TensorInfo("float32", (5,))}
    assert not header.has_state_dict_entry
    assert kind_of(header) == CheckpointKind("model", "autoencoder")


def test_all_ways_torch_writes_a_tensor_are_understood(tmp_path: Path) -> None:
    hooks = call(named("collections", "OrderedDict"))
    stored = items("storage", named("torch.storage", "UntypedStorage"), "0", "cpu", 6) + b"Q"
    wide = call(
        named("torch._utils", "_rebuild_tensor_v3"),
        stored, 0, items(2, 3), items(3, 1), False, hooks, named("torch", "uint16"),
    )  # fmt: skip
    meta = named("torch._utils", "_rebuild_meta_tensor_no_storage")
    kept = call(
        named("torch._tensor", "_rebuild_from_type_v2"),
        meta,
        named("my", "T"),
        items(named("torch", "int8"), items(9)),
        {},
    )
    state = {
        "parameter": call(named("torch._utils", "_rebuild_parameter"), tensor(2), True, hooks),
        "stateful": call(named("torch._utils", "_rebuild_parameter_with_state"), tensor(3), True, hooks, {"a": 1}),
        "wide": wide,
        "meta": call(meta, named("torch", "bfloat16"), items(4, 4), items(4, 1), False),
        "subclass": kept,
        "long": tensor(1, storage="LongStorage"),
        "unheard-of": tensor(1, storage="Float4Storage"),
        "not a tensor": call(named("collections", "Counter")),
    }
    assert read_checkpoint(torch_file(tmp_path / "x.pt", {"state_dict": state})).tensors == {
        "parameter": TensorInfo("float32", (2,)),
        "stateful": TensorInfo("float32", (3,)),
        "wide": TensorInfo("uint16", (2, 3)),
        "meta": TensorInfo("bfloat16", (4, 4)),
        "subclass": TensorInfo("int8", (9,)),
        "long": TensorInfo("int64", (1,)),
        "unheard-of": TensorInfo("float4", (1,)),
    }


def test_no_code_from_the_file_is_run(tmp_path: Path) -> None:
    trace = tmp_path / "it-ran"
    write = f"open({str(trace)!r}, 'w').close()"
    attacks = {
        "exec": call(named("builtins", "exec"), write),
        "eval": call(named("builtins", "eval"), write),
        "system": call(named("os", "system"), f"touch {trace}"),
        "py2": call(named("__builtin__", "eval"), write),
        "reconstructor": call(named("copy_reg", "_reconstructor"), named("subprocess", "Popen"), named("builtins", "object"), None),
        "getattr": call(call(named("builtins", "getattr"), named("os", "path"), "join"), "a"),
        "built": call(named("collections", "OrderedDict")) + value({"items": named("os", "getcwd"), "keys": 1}) + b"b",
        "new": named("subprocess", "Popen") + items("touch", str(trace)) + b"\x81",
    }
    header = read_checkpoint(torch_file(tmp_path / "evil.ckpt", {"state_dict": {"w": tensor(1)}, **attacks, "fine": 1}))
    assert not trace.exists()
    assert header.tensors == {"w": TensorInfo("float32", (1,))}
    assert set(header.extra) <= {"fine", "built"}
    assert set(header.entries) == {"state_dict", *attacks, "fine"}


def test_a_file_cannot_change_the_stand_ins_for_the_next_file(tmp_path: Path) -> None:
    """The opcode `b` would set attributes on what find_class returns: on a class, on a function, on OrderedDict."""
    for target in (named("os", "x"), named("torch._utils", "_rebuild_tensor_v2"), named("collections", "OrderedDict")):
        for state in (value({"__defaults__": 1}), items(None, {"_build": 1, "__call__": 2})):
            path = torch_file(tmp_path / "evil.ckpt", {"a": target + state + b"b"})
            try:
                read_checkpoint(path)
            except UnreadableCheckpoint as refused:
                assert "cannot be decoded" in refused.reason
            sound = read_checkpoint(torch_file(tmp_path / "sound.ckpt", {"state_dict": {"w": tensor(7)}}))
            assert sound.tensors == {"w": TensorInfo("float32", (7,))}


def test_reading_imports_neither_torch_nor_numpy(tmp_path: Path) -> None:
    path = torch_file(tmp_path / "x.ckpt", {"state_dict": {"w": tensor(1)}, "scalar": call(named("numpy", "float64"), 1.0)})
    command = (
        "import sys; from stable_audio_config.source.checkpoint import read_checkpoint;"
        "print(list(read_checkpoint(sys.argv[1]).tensors), {'torch', 'numpy'} & set(sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", command, str(path)], check=True, capture_output=True, text=True)
    assert answer.stdout == "['w'] set()\n"


def test_lists_that_contain_themselves_or_each_other_endlessly_are_left_out(tmp_path: Path) -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    laughs: list[Any] = ["ha"]
    for _ in range(60):
        laughs = [laughs] * 10
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    content = {"cycle": cycle, "laughs": laughs, "deep": deep, "shared": [laughs[0:0]] * 2}
    with zipfile.ZipFile(tmp_path / "x.ckpt", "w") as archive:
        archive.writestr("x/data.pkl", pickle.dumps(content, 2))
    assert set(read_checkpoint(tmp_path / "x.ckpt").extra) == {"laughs", "shared"}


def test_a_safetensors_file_gives_tensors_and_metadata(tmp_path: Path) -> None:
    path = safetensors_file(
        tmp_path / "model.safetensors",
        {
            "__metadata__": {"lora_config": '{"rank": 4}'},
            "model.model.to_cond_embed.0.weight": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]},
            "model.scale": {"dtype": "F32", "shape": [], "data_offsets": [12, 16]},
        },
        b"\0" * 16,
    )
    header = read_checkpoint(path)
    assert header.format == "safetensors"
    assert header.tensors["model.model.to_cond_embed.0.weight"] == TensorInfo("bfloat16", (2, 3))
    assert header.tensors["model.scale"] == TensorInfo("float32", ())
    assert header.metadata == {"lora_config": '{"rank": 4}'}
    assert header.extra == {}
    assert is_complete(path)
    assert kind_of(header) == CheckpointKind("lora", None)


@pytest.mark.parametrize(
    ("names", "model_type"),
    [
        (["encoder.layers.0.w", "decoder.layers.0.w"], "autoencoder"),
        (["encoder.w", "decoder.w", "bottleneck.quantizer.codebook"], "autoencoder"),
        (["encoder.w", "diffusion.model.w"], "diffusion_autoencoder"),
        (
            ["model.model.w", "conditioner.conditioners.prompt.proj_out.w", "pretransform.model.encoder.w"],
            "diffusion_cond",
        ),
        (["model.model.to_global_embed.0.weight"], "diffusion_cond"),
        (["model.model.w"], "diffusion_uncond"),
        (["lm.backbone.w", "conditioner.conditioners.prompt.w"], "lm"),
        (["audio_branch.w", "text_branch.w", "logit_scale_a"], "clap"),
    ],
)
def test_the_model_type_is_told_by_the_names_of_the_tensors(names: list[str], model_type: str) -> None:
    assert looks(*names) == CheckpointKind("model", model_type)
    prefix = {"autoencoder": "autoencoder.", "diffusion_autoencoder": "diffae.", "lm": "model.", "clap": "model."}
    trained = [prefix.get(model_type, "diffusion.") + name for name in names]
    assert looks(*trained) == CheckpointKind("training", model_type)


def test_an_embedded_model_type_is_believed_before_the_names() -> None:
    config = {"model_type": "diffusion_cond_inpaint"}
    assert looks("diffusion.model.w", model_config=config) == CheckpointKind("training", "diffusion_cond_inpaint")
    assert looks("model.w", model_config=config) == CheckpointKind("model", "diffusion_cond_inpaint")


def test_what_nothing_is_known_about_is_called_unknown() -> None:
    assert looks("resnet.w") == CheckpointKind("unknown", None)
    assert looks() == CheckpointKind("unknown", None)
    assert looks("resnet.w", entries=("state_dict", "pytorch-lightning_version")) == CheckpointKind("training", None)


def test_missing_empty_folder_and_garbage_each_get_their_own_reason(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.ckpt") == "no such file"
    (tmp_path / "empty.ckpt").touch()
    assert refusal(tmp_path / "empty.ckpt") == "the file is empty"
    (tmp_path / "deepspeed.ckpt").mkdir()
    assert refusal(tmp_path / "deepspeed.ckpt") == (
        "it is a folder, as DeepSpeed and sharded runs write them; convert it to one file first"
    )
    for number, garbage in enumerate((b"x", b"not a checkpoint at all", b"\xff" * 100, bytes(100), b"\x80\x02}q\x00.")):
        (tmp_path / f"{number}.ckpt").write_bytes(garbage)
        assert refusal(tmp_path / f"{number}.ckpt") == "it is neither a torch file nor a safetensors file"


def test_the_format_before_torch_1_6_is_named(tmp_path: Path) -> None:
    (tmp_path / "old.ckpt").write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2))
    assert refusal(tmp_path / "old.ckpt") == (
        "it is in the format torch wrote before 1.6; load it and save it again with a newer torch"
    )


def test_a_git_lfs_pointer_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.ckpt").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    assert refusal(tmp_path / "model.ckpt") == ("it is a Git LFS pointer, not the file itself; fetch it with `git lfs pull`")


def test_a_torch_file_cut_off_anywhere_is_neither_complete_nor_readable(tmp_path: Path) -> None:
    whole = torch_file(tmp_path / "whole.ckpt", {"state_dict": {"w": tensor(4)}}).read_bytes()
    cut = tmp_path / "cut.ckpt"
    for length in (5, 40, 200, len(whole) // 2, len(whole) - 30, len(whole) - 1):
        cut.write_bytes(whole[:length])
        assert not is_complete(cut)
        reason = refusal(cut)
        assert "not written or copied completely" in reason or "neither" in reason, length


def test_a_damaged_pickle_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = torch_file(tmp_path / "x.ckpt", {"state_dict": {"w": tensor(4)}})
    content = bytearray(path.read_bytes())
    content[content.index(b"_rebuild_tensor")] ^= 0xFF
    path.write_bytes(content)
    assert refusal(path).startswith("its `data.pkl` is damaged (Bad CRC-32")
    for pickled in (b"", b"\x80\x02", b"\x80\x02}", b"\x80\x02R.", b"\x80\x63.", b"garbage", b"\x80\x02K\x01Q."):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x/data.pkl", pickled)
        assert refusal(path).startswith("its `data.pkl` cannot be decoded (")


def test_a_memo_number_of_four_thousand_million_costs_no_memory(tmp_path: Path) -> None:
    crafted = b"\x80\x02}r\xff\xff\xff\xff."
    with zipfile.ZipFile(tmp_path / "x.ckpt", "w") as archive:
        archive.writestr("x/data.pkl", crafted)
    assert read_checkpoint(tmp_path / "x.ckpt").entries == ()


def test_every_single_byte_of_a_pickle_may_be_wrong(tmp_path: Path) -> None:
    pickled = b"\x80\x02" + value({"state_dict": {"w": tensor(4)}, "lora_config": {"rank": 2}}) + b"."
    path = tmp_path / "x.ckpt"
    for position in range(2, len(pickled)):
        for flipped in (0x01, 0x20, 0x80):
            wrong = bytearray(pickled)
            wrong[position] ^= flipped
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w") as archive:
                archive.writestr("x/data.pkl", bytes(wrong))
            path.write_bytes(buffer.getvalue())
            try:
                assert read_checkpoint(path).format == "torch"
            except UnreadableCheckpoint as refused:
                assert refused.reason.startswith(("its `data.pkl` cannot", "it holds one whole object"))


def test_a_zip_that_is_no_checkpoint_and_a_saved_whole_model_are_told_apart(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "document.ckpt", "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert refusal(tmp_path / "document.ckpt") == ("it is a zip archive without a `data.pkl`, so torch did not write it")
    path = torch_file(tmp_path / "module.pt", call(named("torch.nn", "Linear")))
    assert refusal(path) == "it holds one whole object and no state dict; save the model's `state_dict()` instead"


def test_a_pickle_that_unpacks_to_more_than_the_limit_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "MAX_PICKLE_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / "bomb.ckpt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/data.pkl", b"\x80\x02" + bytes(2000))
    assert refusal(tmp_path / "bomb.ckpt") == "its `data.pkl` is 2002 bytes long, and more than 1000 is refused"


def test_a_cut_or_wrong_safetensors_file_is_refused_with_both_sizes(tmp_path: Path) -> None:
    header = {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    path = safetensors_file(tmp_path / "x.safetensors", header, b"\0" * 8)
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    assert refusal(path) == (f"it is {len(whole) - 3} bytes long, but its header describes {len(whole)}; copy or download it again")
    path.write_bytes(whole[:30])
    assert refusal(path) == (f"it is 30 bytes long, but its header alone needs {len(whole) - 8}; copy or download it again")
    path.write_bytes(struct.pack("<Q", 5) + b"{]]]}")
    assert refusal(path) == "its safetensors header is not valid JSON"
    safetensors_file(path, {"w": {"dtype": "F32"}})
    assert refusal(path) == "its header describes the tensor `w` incompletely"


def test_a_file_without_read_permission_is_refused_and_not_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = torch_file(tmp_path / "x.ckpt", {})

    def denied(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert refusal(path) == "reading it failed (Permission denied)"
