"""What a checkpoint holds, read without torch: names and shapes of the tensors, and the plain data beside them.

No code from a file is ever run and no weight is read. A torch file is a zip archive whose `data.pkl` is a pickle, which
`torch_pickle` replays with stand-ins for everything it names. A safetensors file begins with a JSON header.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

from stable_audio_config.source.torch_pickle import TensorInfo, is_plain, replay

MAX_PICKLE_BYTES = 256 * 2**20
"""A larger `data.pkl` is refused. It holds no weights: that of a model with ten thousand tensors is some 3 MB long."""
MAX_SAFETENSORS_HEADER_BYTES = 100_000_000
"""The limit of the safetensors format itself."""
ZIP_MAGIC = b"PK\x03\x04"
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError, ValueError)
"""What zipfile raises on archives that are damaged, or packed in a way that torch never uses."""
LEGACY_MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""A pickle of the number that torch wrote at the start of every file before version 1.6."""
SAFETENSORS_DTYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "I16": "int16",
    "U16": "uint16",
    "I32": "int32",
    "U32": "uint32",
    "I64": "int64",
    "U64": "uint64",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
}


class UnreadableCheckpoint(Exception):
    """The file is no checkpoint whose contents can be listed; `reason` says why in one sentence, and what to do."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"`{path}` is not a readable checkpoint: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True)
class CheckpointHeader:
    """Everything a checkpoint holds apart from the weights themselves."""

    format: Literal["torch", "safetensors"]
    tensors: dict[str, TensorInfo]
    """Name -> type and shape, of the state dict only (not of optimizers)."""
    extra: dict[str, Any] = field(default_factory=dict)
    """The other entries of a torch file that are plain data through and through; lists stay lists, tuples tuples."""
    metadata: dict[str, str] = field(default_factory=dict)
    """The `__metadata__` of a safetensors file."""
    entries: tuple[str, ...] = ()
    """The names of all top-level entries of a torch file, those included that are not plain data."""

    @property
    def has_state_dict_entry(self) -> bool:
        """Whether the tensors stand under `state_dict`, the only place in a torch file where the engine looks."""
        return "state_dict" in self.entries

    @property
    def is_resumable(self) -> bool:
        """Whether Lightning can go on from here (`ckpt_path`): weights alone, as a LoRA run saves them, do not do."""
        return {"pytorch-lightning_version", "state_dict", "optimizer_states"} <= set(self.entries)


@dataclass(frozen=True)
class CheckpointKind:
    """What a checkpoint was saved for, and which `model_type` its tensors look like (None where nothing tells)."""

    kind: Literal["training", "model", "lora", "unknown"]
    model_type: str | None


def read_checkpoint(path: Path | str) -> CheckpointHeader:
    """The header of a torch or safetensors file, told apart by content and not by name.

    Raises UnreadableCheckpoint for anything else: missing, empty, truncated, a folder, torch's format before 1.6.
    """
    path = Path(path)
    try:
        with _opened(path) as file:
            start = file.read(len(LEGACY_MAGIC))
            if start.startswith(ZIP_MAGIC):
                return _read_torch(path, file)
            _refuse_other_starts(path, start)
            return _read_safetensors(path, file)
    except OSError as error:
        raise UnreadableCheckpoint(path, f"reading it failed ({error.strerror or error})") from error


def is_complete(path: Path | str) -> bool:
    """Whether a file was written to its end: cheap, and nothing of it is unpickled.

    A torch file has an intact end record, directory and `data.pkl`; a safetensors file is as long as its header says.
    """
    path = Path(path)
    try:
        with _opened(path) as file:
            if file.read(len(ZIP_MAGIC)) == ZIP_MAGIC:
                with _archive(path, file) as archive, archive.open(_pickle_member(path, archive)) as member:
                    return member.read(1) == b"\x80"
            _read_safetensors(path, file)
    except (UnreadableCheckpoint, OSError, *DAMAGE):
        return False
    return True


def kind_of(header: CheckpointHeader) -> CheckpointKind:
    """What the checkpoint is, by the names of its entries and tensors.

    A `model_type` in an embedded model config is believed; otherwise it is the likeliest one: inpainting models look
    like `diffusion_cond`, and a conditional model none of whose conditioners has weights may look unconditional. One adapter
    is enough to tell a LoRA training: the engine keeps the adapters alone, but for unconditional models everything.
    """
    names = header.tensors.keys()
    lora = "lora_config" in header.entries or "lora_config" in header.metadata
    if lora or any(is_lora_tensor(name) for name in names):
        return CheckpointKind("lora", _embedded_model_type(header))
    wrapper, prefix = _training_prefix(names)
    if prefix is not None or "pytorch-lightning_version" in header.entries:
        inside = [name[len(prefix) :] for name in names if name.startswith(prefix)] if prefix else []
        return CheckpointKind("training", _embedded_model_type(header) or wrapper or _bare_model_type(inside))
    bare = _bare_model_type(names)
    return CheckpointKind("unknown" if bare is None else "model", _embedded_model_type(header) or bare)


def _opened(path: Path) -> BinaryIO:
    if path.is_dir():
        raise UnreadableCheckpoint(path, "it is a folder, as DeepSpeed and sharded runs write them; convert it to one file first")
    if not path.exists():
        raise UnreadableCheckpoint(path, "no such file")
    return path.open("rb")


def _refuse_other_starts(path: Path, start: bytes) -> None:
    if not start:
        raise UnreadableCheckpoint(path, "the file is empty")
    if start == LEGACY_MAGIC:
        reason = "it is in the format torch wrote before 1.6; load it and save it again with a newer torch"
        raise UnreadableCheckpoint(path, reason)
    if start.startswith(b"version https"):
        raise UnreadableCheckpoint(path, "it is a Git LFS pointer, not the file itself; fetch it with `git lfs pull`")


def _read_safetensors(path: Path, file: BinaryIO) -> CheckpointHeader:
    header, length, size = _safetensors_header(path, file)
    metadata = header.pop("__metadata__", {})
    tensors: dict[str, TensorInfo] = {}
    end = 0
    for name, entry in header.items():
        tensors[name], stop = _safetensors_tensor(path, name, entry)
        end = max(end, stop)
    if size != 8 + length + end:
        raise UnreadableCheckpoint(
            path, f"it is {size} bytes long, but its header describes {8 + length + end}; copy or download it again"
        )
    plain = {str(key): str(value) for key, value in metadata.items()} if isinstance(metadata, dict) else {}
    return CheckpointHeader("safetensors", tensors, metadata=plain)


def _safetensors_tensor(path: Path, name: str, entry: Any) -> tuple[TensorInfo, int]:
    try:
        dtype, shape, (_, stop) = str(entry["dtype"]), entry["shape"], entry["data_offsets"]
        return TensorInfo(SAFETENSORS_DTYPES.get(dtype, dtype), tuple(int(width) for width in shape)), int(stop)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableCheckpoint(path, f"its header describes the tensor `{name}` incompletely") from error


def _safetensors_header(path: Path, file: BinaryIO) -> tuple[dict[str, Any], int, int]:
    """The decoded header, its length in bytes and the length of the whole file."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    start = file.read(9)
    if len(start) < 9 or start[8:] != b"{":
        raise UnreadableCheckpoint(path, "it is neither a torch file nor a safetensors file")
    (length,) = struct.unpack("<Q", start[:8])
    if length > MAX_SAFETENSORS_HEADER_BYTES:
        raise UnreadableCheckpoint(path, "it is neither a torch file nor a safetensors file")
    if size < 8 + length:
        raise UnreadableCheckpoint(
            path, f"it is {size} bytes long, but its header alone needs {8 + length}; copy or download it again"
        )
    file.seek(8)
    try:
        header = json.loads(file.read(length))
    except (ValueError, RecursionError) as error:
        raise UnreadableCheckpoint(path, "its safetensors header is not valid JSON") from error
    return header, length, size


def _read_torch(path: Path, file: BinaryIO) -> CheckpointHeader:
    packed = _pickle_bytes(path, file)
    try:
        content = replay(packed)
    except Exception as error:
        raise UnreadableCheckpoint(path, f"its `data.pkl` cannot be decoded ({type(error).__name__})") from error
    if not isinstance(content, dict):
        reason = "it holds one whole object and no state dict; save the model's `state_dict()` instead"
        raise UnreadableCheckpoint(path, reason)
    # `dict.items` rather than a method of the object, which a crafted file may have replaced.
    top = {key: value for key, value in dict.items(content) if isinstance(key, str)}
    state = top.get("state_dict", top)
    pairs = dict.items(state) if isinstance(state, dict) else ()
    tensors = {name: value for name, value in pairs if isinstance(name, str) and isinstance(value, TensorInfo)}
    known: set[int] = set()
    extra = {key: value for key, value in top.items() if key != "state_dict" and is_plain(value, known)}
    return CheckpointHeader("torch", tensors, extra, entries=tuple(top))


def _archive(path: Path, file: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except DAMAGE as error:
        raise UnreadableCheckpoint(
            path, "its end is missing, so it was not written or copied completely; use an earlier checkpoint"
        ) from error


def _pickle_member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """torch puts everything into one folder of the archive, whose name is the file's and can be anything."""
    for member in archive.infolist():
        folder, _, name = member.filename.partition("/")
        if folder and name == "data.pkl":
            return member
    raise UnreadableCheckpoint(path, "it is a zip archive without a `data.pkl`, so torch did not write it")


def _pickle_bytes(path: Path, file: BinaryIO) -> bytes:
    with _archive(path, file) as archive:
        member = _pickle_member(path, archive)
        if member.file_size > MAX_PICKLE_BYTES:
            reason = f"its `data.pkl` is {member.file_size} bytes long, and more than {MAX_PICKLE_BYTES} is refused"
            raise UnreadableCheckpoint(path, reason)
        try:
            return archive.read(member)
        except DAMAGE as error:
            raise UnreadableCheckpoint(path, f"its `data.pkl` is damaged ({error})") from error


TRAINING_PREFIXES = {
    # prefix of the training wrapper -> the model type, where there is only one that has it
    "autoencoder.": "autoencoder",
    "diffae.": "diffusion_autoencoder",
    "diffusion.": None,
}
LORA_NAMES = ("lora_A", "lora_B", "M_xs", "magnitude", "magnitude_r", "magnitude_c")
COND_MARKS = (".to_cond_embed.", ".to_global_embed.", ".to_prepend_embed.")


def is_lora_tensor(name: str) -> bool:
    """Whether a tensor is part of an adapter."""
    *_, folder, _, _, last = ("", "", "", *name.split("."))
    return folder == "parametrizations" and last in LORA_NAMES


def _embedded_model_type(header: CheckpointHeader) -> str | None:
    config = header.extra.get("model_config")
    found = config.get("model_type") if isinstance(config, dict) else None
    return found if isinstance(found, str) else None


def _training_prefix(names: Any) -> tuple[str | None, str | None]:
    """The model type a training wrapper's prefix stands for, if any, and the prefix the model's tensors stand under.

    `lm` and `clap` wrappers both call their model `model`, as a bare diffusion model does: what is inside tells.
    """
    heads = {name.partition(".")[0] + "." for name in names}
    # A bare diffusion autoencoder has a part called `diffusion` too, but beside an encoder.
    if not heads & {"encoder.", "bottleneck."}:
        for prefix, model_type in TRAINING_PREFIXES.items():
            if prefix in heads:
                return model_type, prefix
    inside = [name[len("model.") :] for name in names if name.startswith("model.")]
    if _bare_model_type(inside) in ("lm", "clap"):
        return None, "model."
    return None, None


def _bare_model_type(names: Any) -> str | None:
    heads = {name.partition(".")[0] for name in names}
    if "audio_branch" in heads or "text_branch" in heads:
        return "clap"
    if "lm" in heads:
        return "lm"
    if "encoder" in heads or "decoder" in heads:
        return "diffusion_autoencoder" if "diffusion" in heads else "autoencoder"
    if "model" in heads:
        conditional = "conditioner" in heads or any(mark in name for name in names for mark in COND_MARKS)
        return "diffusion_cond" if conditional else "diffusion_uncond"
    return None
