"""Torch checkpoints made by hand, without torch: opcodes of a pickle in a zip archive.

Test modules load this file by its path (`runpy`), because pytest's importlib mode puts no folder on the import path.
"""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any


def value(item: Any) -> bytes:
    """The opcodes of a plain value, of a dict that may hold opcodes, or of opcodes themselves."""
    if isinstance(item, bytes):
        return item
    if isinstance(item, dict):
        return b"}(" + b"".join(value(key) + value(inner) for key, inner in item.items()) + b"u"
    return pickle.dumps(item, 2)[2:-1]


TENSOR = (
    b"ctorch._utils\n_rebuild_tensor_v2\n(("
    + value("storage") + b"ctorch\nFloatStorage\n" + value("0") + value("cpu") + value(1) + b"tQ"
    + value(0) + b"(" + value(1) + b"t(" + value(1) + b"t" + value(False) + b"ccollections\nOrderedDict\n(tRtR"
)  # fmt: skip
"""The opcodes of a tensor of one number, as torch writes them."""


def checkpoint(path: Path, *names: str, **beside: Any) -> Path:
    """A file with tensors of these names in its `state_dict` (no such entry without names), and what is `beside` it."""
    content = {**({"state_dict": dict.fromkeys(names, TENSOR)} if names else {}), **beside}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02" + value(content) + b".")
    return path
