"""Every tag of every kind, built twice by the real engine: from the raw dictionary, and through the typed door.

`pytest tests/engine/test_every_tag.py -s` prints the table of what was built at the end.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from both_ways import by_the_door, by_the_engine
from small_configs import ARC_DISCRIMINATOR, CONFIGS, LATENT, NOT_BUILT, RATE, STAND_INS, Tree

from stable_audio_config.datamodels.kinds import KINDS

pytestmark = pytest.mark.engine

EVERY = [(kind, tag) for kind, tags in CONFIGS.items() for tag in tags]
BUILT = [pair for pair in EVERY if pair not in NOT_BUILT]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    kind: str
    tag: str
    built: str
    parameters: str
    reason: str


@pytest.fixture(scope="module")
def table() -> Iterator[list[Row]]:
    """The lines so far; printed when the module's tests are through."""
    rows: list[Row] = []
    yield rows
    lines = [Row("kind", "tag", "built", "parameters", "remark"), *rows]
    widths = [max(len(str(value)) for value in column) for column in zip(*(vars(row).values() for row in lines), strict=True)]
    print()
    for row in lines:
        print("  ".join(value.ljust(width) for value, width in zip(vars(row).values(), widths, strict=True)).rstrip())
    print(f"{sum(row.built == 'yes' for row in rows)} of {len(rows)} built")


class Words:
    """Stands for a tokenizer of the hub."""

    def __len__(self) -> int:
        return 32

    def add_special_tokens(self, _tokens: Any) -> None:
        pass


@pytest.fixture(autouse=True)
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the engine would download is a stand-in: weights of text encoders, and their tokenizers."""
    import torch
    import transformers
    from stable_audio_tools.models import clap

    def from_pretrained(*_names: Any, **_options: Any) -> Any:
        return torch.nn.Linear(2, 2)

    for owner in (transformers.T5EncoderModel, transformers.T5GemmaEncoderModel, transformers.AutoModelForCausalLM):
        monkeypatch.setattr(owner, "from_pretrained", from_pretrained)
    monkeypatch.setattr(clap.RobertaModel, "from_pretrained", from_pretrained)
    for owner in (transformers.AutoTokenizer, clap.RobertaTokenizer):
        monkeypatch.setattr(owner, "from_pretrained", lambda *_, **__: Words())
    monkeypatch.setattr(transformers.AutoConfig, "from_pretrained", lambda *_, **__: SimpleNamespace())


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the small datasets read: `sounds`, `latents`, `tars`."""
    import numpy as np
    import soundfile

    folder = tmp_path_factory.mktemp("data")
    for name in ("sounds", "latents", "tars"):
        (folder / name).mkdir()
    for number in range(2):
        soundfile.write(folder / "sounds" / f"{number}.wav", np.full((512, 2), 0.1, dtype=np.float32), RATE)
        np.save(folder / "latents" / f"{number}.npy", np.zeros((LATENT, 16), dtype=np.float32))
        (folder / "latents" / f"{number}.json").write_text(json.dumps({"padding_mask": [1] * 16, "seconds_total": 1}))
    with tarfile.open(folder / "tars" / "0.tar", "w") as tar:
        for name, content in (("0.wav", (folder / "sounds" / "0.wav").read_bytes()), ("0.json", b"{}")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return folder


def described(built: Any) -> dict[str, Any]:
    """What must agree: class, names and shapes of all parameters and buffers; for what has none, its settings."""
    import torch

    found: dict[str, Any] = {"class": type(built).__qualname__}
    if isinstance(built, torch.nn.Module):
        found |= {name: (tuple(tensor.shape), tensor.dtype, tensor.requires_grad) for name, tensor in built.named_parameters()}
        found |= {name: tuple(getattr(value, "shape", ())) for name, value in built.state_dict().items() if name not in found}
    elif isinstance(built, torch.optim.Optimizer):
        found["groups"] = [{key: plainly(value) for key, value in group.items()} for group in built.param_groups]
    elif hasattr(built, "dataset"):
        found["loader"] = (built.batch_size, built.num_workers, type(built.dataset).__qualname__)
        found["dataset"] = {name: plainly(value) for name, value in sorted(vars(built.dataset).items())}
    else:
        found |= {name: plainly(value) for name, value in vars(built).items() if name != "optimizer"}
    return found


def plainly(value: Any) -> Any:
    """A form that can be compared; objects by their class, tensors by their shape."""
    if isinstance(value, (bool, int, float, str, type(None))):
        return value
    if isinstance(value, (list, tuple)):
        return [plainly(item) for item in value]
    return (type(value).__qualname__, tuple(getattr(value, "shape", ())))


def count(built: Any) -> str:
    import torch

    return f"{sum(tensor.numel() for tensor in built.parameters()):,}" if isinstance(built, torch.nn.Module) else "-"


def raw_config(kind: str, tag: str, data: Path) -> Tree:
    """A copy of the small config: training sections with their model type, datasets with paths that exist."""
    raw = copy.deepcopy(CONFIGS[kind][tag])
    if kind == "training":
        raw["model_type"] = tag
    for entry in raw["datasets"] if kind == "dataset" else ():
        entry["path"] = str(data / entry["path"])
    return raw


def test_every_tag_has_a_small_config() -> None:
    named = {kind: list(tagged.branches) for kind, tagged in KINDS.items()}
    here = {
        kind: [tag for tag in tags if kind not in ("optimizer", "scheduler") or tag in named[kind]]
        for kind, tags in CONFIGS.items()
    }
    assert {kind: sorted(tags) for kind, tags in here.items()} == {kind: sorted(tags) for kind, tags in named.items()}


def test_every_optimizer_and_scheduler_of_torch_has_one() -> None:
    import torch

    def names(module: Any, base: type) -> set[str]:
        found = {name for name, value in vars(module).items() if isinstance(value, type) and issubclass(value, base)}
        return {name for name in found if name != base.__name__ and not name.startswith("_")}

    schedulers = torch.optim.lr_scheduler
    assert names(torch.optim, torch.optim.Optimizer) <= set(CONFIGS["optimizer"])
    assert names(schedulers, schedulers.LRScheduler) <= set(CONFIGS["scheduler"])


@pytest.mark.parametrize(("kind", "tag"), BUILT)
def test_the_door_builds_what_the_engine_builds(kind: str, tag: str, data: Path, table: list[Row]) -> None:
    raw = raw_config(kind, tag, data)
    engines = by_the_engine()[kind](copy.deepcopy(raw))
    before = copy.deepcopy(raw)
    ours = by_the_door()[kind](raw)
    assert raw == before, "the config is as it was"
    assert described(ours) == described(engines)
    explicit = by_the_door(defaults=True)[kind](raw)
    assert described(explicit) == described(engines), "the engine's defaults are those of the data models"
    table.append(Row(kind, tag, "yes", count(ours), STAND_INS.get((kind, tag), "")))


@pytest.mark.parametrize(("kind", "tag"), list(NOT_BUILT))
def test_what_cannot_be_built_fits_the_constructor(kind: str, tag: str, data: Path, table: list[Row]) -> None:
    why = NOT_BUILT[kind, tag]
    raw = raw_config(kind, tag, data)
    typed = KINDS[kind].check(raw)
    remark = why.reason
    if why.takes is not None:
        from stable_audio_config.engine.door.given import engine_tree

        module, _, name = why.takes.partition(":")
        arguments = inspect.signature(getattr(importlib.import_module(module), name))
        for defaults in (False, True):
            config = engine_tree(typed, defaults)["config"]
            arguments.bind(**dict.fromkeys(why.given), **{key: config[key] for key in config if key not in why.given})
        remark += f"; fits {name}"
    table.append(Row(kind, tag, "no", "-", remark))


def test_the_heads_without_a_type_are_convnext() -> None:
    raw = {key: value for key, value in ARC_DISCRIMINATOR["convnext"].items() if key != "type"}
    assert described(by_the_door()["arc_discriminator"](raw)) == described(by_the_engine()["arc_discriminator"](raw))
