"""What the checkpoint reader says of a file is what torch, Lightning and safetensors themselves put into it."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.source.checkpoint import (
    CheckpointKind,
    UnreadableCheckpoint,
    is_complete,
    kind_of,
    read_checkpoint,
)
from stable_audio_config.source.torch_pickle import TensorInfo

pytestmark = pytest.mark.engine

torch = pytest.importorskip("torch", reason="torch comes with the extra `engine`")


def described(state: dict[str, Any]) -> dict[str, TensorInfo]:
    return {name: TensorInfo(str(held.dtype).removeprefix("torch."), tuple(held.shape)) for name, held in state.items()}


def every_dtype() -> dict[str, Any]:
    names = "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64 complex128"
    names += " uint16 uint32 uint64 float8_e4m3fn float8_e5m2"
    return {name: torch.zeros(2, 3, dtype=getattr(torch, name)) for name in names.split()}


def test_every_dtype_torch_can_save_is_named_as_torch_names_it(tmp_path: Path) -> None:
    state = every_dtype()
    torch.save({"state_dict": state}, tmp_path / "x.ckpt")
    assert read_checkpoint(tmp_path / "x.ckpt").tensors == described(state)
    assert is_complete(tmp_path / "x.ckpt")


def test_parameters_buffers_views_and_empty_tensors_keep_their_shapes(tmp_path: Path) -> None:
    base = torch.zeros(6, 4)
    state = {
        "parameter": torch.nn.Parameter(torch.zeros(5)),
        "view": base[1:3, ::2],
        "transposed": base.t(),
        "expanded": torch.zeros(1).expand(9),
        "scalar": torch.tensor(1.5),
        "empty": torch.zeros(0, 7),
        "meta": torch.zeros(3, 3, device="meta"),
    }
    torch.save(state, tmp_path / "x.pt")
    header = read_checkpoint(tmp_path / "x.pt")
    assert header.tensors == described(state)
    assert not header.has_state_dict_entry


def test_a_module_state_dict_with_its_private_metadata_is_read_whole(tmp_path: Path) -> None:
    module = torch.nn.Sequential(
        OrderedDict(encoder=torch.nn.utils.weight_norm(torch.nn.Conv1d(2, 4, 3)), decoder=torch.nn.BatchNorm1d(4))
    )
    torch.save({"state_dict": module.state_dict()}, tmp_path / "x.ckpt")
    header = read_checkpoint(tmp_path / "x.ckpt")
    assert header.tensors == described(module.state_dict())
    assert kind_of(header) == CheckpointKind("model", "autoencoder")


def test_plain_entries_equal_what_torch_loads(tmp_path: Path) -> None:
    plain = {
        "model_config": {"model_type": "lm", "model": {"a": [1, 2.5, None, True], "b": ("x", {"y": "é"})}},
        "global_step": 2**40,
        "nothing": None,
        "ordered": OrderedDict(a=1),
    }
    opaque = {"path": Path("x"), "dtype": torch.float16, "size": torch.Size([2]), "set": {1}, "tensor": torch.zeros(1)}
    torch.save({"state_dict": {}, **plain, **opaque}, tmp_path / "x.ckpt")
    header = read_checkpoint(tmp_path / "x.ckpt")
    loaded = torch.load(tmp_path / "x.ckpt", weights_only=False)
    assert set(header.entries) == set(loaded)
    assert {name: header.extra[name] for name in plain} == {name: loaded[name] for name in plain} == plain
    assert set(header.extra) - set(plain) <= {"size"}


def test_a_checkpoint_that_lightning_wrote_is_a_resumable_training_checkpoint(tmp_path: Path) -> None:
    lightning = pytest.importorskip("pytorch_lightning", reason="Lightning comes with the extra `engine`")

    class Wrapper(lightning.LightningModule):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.autoencoder = torch.nn.ModuleDict({"encoder": torch.nn.Linear(2, 2), "decoder": torch.nn.Linear(2, 2)})

        def training_step(self, batch: Any, _index: int) -> Any:
            return self.autoencoder["decoder"](self.autoencoder["encoder"](batch)).sum()

        def configure_optimizers(self) -> Any:
            optimizer = torch.optim.AdamW(self.parameters())
            return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1)]

        def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
            checkpoint["model_config"] = {"model_type": "autoencoder", "model": {"latent_dim": 2}}

    wrapper = Wrapper()
    trainer = lightning.Trainer(
        max_steps=2,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[lightning.callbacks.ModelCheckpoint(dirpath=tmp_path, save_last=True, every_n_train_steps=1)],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(wrapper, torch.utils.data.DataLoader(torch.ones(8, 2), batch_size=2))
    header = read_checkpoint(tmp_path / "last.ckpt")
    loaded = torch.load(tmp_path / "last.ckpt", weights_only=False)
    assert header.tensors == described(loaded["state_dict"])
    assert header.entries == tuple(loaded)
    assert header.extra["global_step"] == 2
    assert header.extra["pytorch-lightning_version"] == lightning.__version__
    assert header.extra["model_config"] == loaded["model_config"]
    assert header.is_resumable
    assert kind_of(header) == CheckpointKind("training", "autoencoder")


def test_safetensors_files_are_read_as_safetensors_writes_them(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.torch", reason="safetensors comes with the extra `engine`")
    state = {name: held for name, held in every_dtype().items() if not name.startswith("complex")}
    path = tmp_path / "x.safetensors"
    safetensors.save_file(state, path, metadata={"lora_config": "{}"})
    header = read_checkpoint(path)
    assert header.tensors == described(state)
    assert header.metadata == {"lora_config": "{}"}
    assert is_complete(path)
    path.write_bytes(path.read_bytes()[:-1])
    assert not is_complete(path)


def test_the_old_format_that_torch_still_can_write_is_refused_by_name(tmp_path: Path) -> None:
    torch.save({"state_dict": {"w": torch.zeros(1)}}, tmp_path / "old.ckpt", _use_new_zipfile_serialization=False)
    with pytest.raises(UnreadableCheckpoint, match=r"the format torch wrote before 1\.6"):
        read_checkpoint(tmp_path / "old.ckpt")


def test_a_whole_model_and_a_traced_one_are_refused_as_such(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(1, 1), tmp_path / "module.pt")
    torch.jit.save(torch.jit.trace(torch.nn.Linear(1, 1), torch.zeros(1)), tmp_path / "traced.pt")
    for name in ("module.pt", "traced.pt"):
        with pytest.raises(UnreadableCheckpoint, match="one whole object and no state dict"):
            read_checkpoint(tmp_path / name)
