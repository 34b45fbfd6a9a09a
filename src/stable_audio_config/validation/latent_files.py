"""What a `pre_encoded` dataset holds, by a few of its files: the headers of the latents and the JSON beside them. No numpy."""

from __future__ import annotations

import ast
import json
import struct
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from ..datamodels.dataset import PreEncodedEntry
from ..report.finding import Finding, Severity
from ..report.finding import Path as Key

TRIED = 32
"""Files that are looked at."""

MAGIC = b"\x93NUMPY"

Shape = tuple[int, ...]


def latent_findings(
    files: Iterable[Path], entry: PreEncodedEntry, key: Key, crop: int | None, channels: int | None
) -> Iterator[Finding]:
    """What would fail when these latents are read, put into one batch, or handed to the network.

    Args:
        files: the latents.
        entry: the entry of the dataset that they belong to.
        key: its place.
        crop: `latent_crop_length` of the dataset.
        channels: what the network takes, where that is known.
    """
    tried = list(islice(files, TRIED))
    shapes = {file: npy_shape(file) for file in tried}
    broken = [file for file, shape in shapes.items() if shape is None]
    if broken:
        many = f"none of {len(tried)}" if len(broken) == len(tried) else f"{len(broken)} of {len(tried)}"
        can = "can" if len(broken) == len(tried) else "cannot"
        message = f"{many} latents that were tried {can} be read: `{broken[0]}` is no NumPy array"
        severe: Severity = "error" if len(broken) == len(tried) else "warning"
        yield Finding(rule="latents", message=message, severity=severe, path=(*key, "path"), help="make them with sat pre-encode")
    whole = {file: shape for file, shape in shapes.items() if shape is not None}
    yield from _of_other_shapes(whole, (*key, "path"), crop, channels)
    yield from _without_metadata(list(whole), entry.latent_extension, (*key, "path"))


def npy_shape(file: Path) -> Shape | None:
    """The shape in the header of a NumPy file; None where it has none."""
    try:
        with file.open("rb") as opened:
            start = opened.read(10)
            if not start.startswith(MAGIC):
                return None
            wide = start[6] > 1  # From version 2 on the header's length has four bytes.
            start += opened.read(2) if wide else b""
            (length,) = struct.unpack("<I" if wide else "<H", start[8:])
            header = ast.literal_eval(opened.read(min(length, 65536)).decode("utf-8", errors="replace"))
    except (OSError, ValueError, SyntaxError, struct.error, IndexError, MemoryError, RecursionError):
        return None
    shape = header.get("shape") if isinstance(header, dict) else None
    return shape if isinstance(shape, tuple) and all(isinstance(size, int) for size in shape) else None


def _of_other_shapes(shapes: dict[Path, Shape], key: Key, crop: int | None, channels: int | None) -> Iterator[Finding]:
    odd = next((item for item in shapes.items() if len(item[1]) != 2 and item[1][:-2] != (1,)), None)
    if odd is not None:
        message = f"`{odd[0]}` has the shape {list(odd[1])}: a latent has 2 dimensions, channels and frames"
        yield Finding(rule="latents", message=message, path=key, help="make them with sat pre-encode")
        return
    wrong = next((item for item in shapes.items() if channels is not None and item[1][-2] != channels), None)
    if wrong is not None:
        message = f"`{wrong[0]}` has {wrong[1][-2]} channels, but the network takes {channels}: the first step would fail"
        yield Finding(rule="latents", message=message, path=key, help="encode the sounds with the autoencoder of this model")
    by_length = {shape[-1]: file for file, shape in shapes.items()}
    if crop is None and len(by_length) > 1:
        (first, one), (second, other) = list(by_length.items())[:2]
        message = f"`{one}` has {first} frames and `{other}` {second}: without `latent_crop_length` no batch can hold both"
        help = f"set latent_crop_length, for example to {max(by_length)}"
        yield Finding(rule="latents", message=message, path=(*key[:-3], "latent_crop_length"), help=help)


def _without_metadata(files: list[Path], extension: str, key: Key) -> Iterator[Finding]:
    """For a latent without readable metadata the engine draws another one; where none has any, without end."""
    problems = {file: problem for file in files if (problem := _metadata_problem(file, extension)) is not None}
    if problems:
        file, problem = next(iter(problems.items()))
        count = "none" if len(problems) == len(files) else f"{len(problems)}"
        message = f"{count} of {len(files)} latents that were tried {'has' if count == 'none' else 'have no'} usable metadata"
        severe: Severity = "error" if len(problems) == len(files) else "warning"
        help = f"`{file}`: {problem}"
        yield Finding(rule="latents", message=message, severity=severe, path=key, help=help)


def _metadata_problem(latent: Path, extension: str) -> str | None:
    sought = Path(str(latent).replace(f".{extension}", ".json"))  # As the engine does: everywhere in the path.
    if not sought.is_file():
        return f"`{sought}` does not exist"
    try:
        about: Any = json.loads(sought.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return f"`{sought}` is not JSON"
    if not isinstance(about, dict):
        return f"`{sought}` is not a JSON object"
    if not isinstance(about.get("padding_mask"), list):
        return f"`padding_mask` in `{sought}` is not a list"
    seconds = about.get("seconds_total")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return f"`seconds_total` in `{sought}` is not a number"
    return None
