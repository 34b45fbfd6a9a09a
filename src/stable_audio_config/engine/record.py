"""What pre-encoding and generation write down about themselves: the effective config, hashes and versions."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .. import __version__
from ..datamodels.base import Data, plain
from .run_folder import write


def effective(config: Data) -> dict[str, Any]:
    """Every option with the value that counted, defaults included; nested configs hold what was written in them."""
    return {name: plain(getattr(config, name)) for name in type(config).model_fields}


def file_sha256(path: Path) -> str:
    """The hash that `sha256sum` prints."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(2**22):
            digest.update(chunk)
    return digest.hexdigest()


def weights_sha256(model: Any) -> str:
    """The hash of a torch model's state dict, names and bytes: the same weights in another file have the same hash."""
    import torch

    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Versions of what made the result."""
    packages = ("stable-audio-tools", "torch", "numpy")
    found = {name: version(name) for name in packages}
    return {"stable-audio-config": __version__, "python": platform.python_version(), **found}


def jsonable(value: Any) -> Any:
    """The value as JSON can hold it: tensors, arrays and tuples as lists, anything unknown as its text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if hasattr(value, "tolist"):  # Tensors and arrays on any device, and numpy's scalars.
        return jsonable(value.tolist())
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [jsonable(item) for item in value]
    return str(value)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """The file has its new content or its old one, never half of one."""
    write(path, json.dumps(jsonable(content), indent=2, ensure_ascii=False) + "\n")
