"""The Lightning module of pre-encoding: each batch of audio becomes NAME.npy and NAME.json files. Imports torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import pytorch_lightning
import torch

from ..report.finding import refuse
from .record import jsonable, write_json

DETAILS = "details.json"
"""Stands in the output folder when everything is encoded, and not before."""


class Encoding(pytorch_lightning.LightningModule):
    """Writes OUTPUT/<rank>/<rank:03d><batch:06d><place:04d>.npy and .json, the layout of the engine's pre_encode.py."""

    def __init__(
        self, model: Any, output: Path, details: dict[str, Any], *, is_discrete: bool, whole_batches_of: int | None
    ) -> None:
        """`whole_batches_of` leaves out smaller batches; Lightning reads them whatever `drop_last` says."""
        super().__init__()
        self.model = model
        self.output = output
        self.details = details
        self.is_discrete = is_discrete
        self.whole_batches_of = whole_batches_of
        self.clips = self.batches = self.frames = 0

    def setup(self, stage: str) -> None:
        """Each process has a folder of its own."""
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def folder(self) -> Path:
        """This process's folder."""
        return self.output / str(self.global_rank)

    def predict_step(self, batch: Any, batch_idx: int) -> None:
        """The batch is on disk."""
        audio, metadata = batch
        if audio.ndim == 4 and audio.shape[0] == 1:
            audio, metadata = audio[0], [unbatched(info) for info in metadata]
        if self.whole_batches_of is not None and audio.shape[0] < self.whole_batches_of:
            return
        latents, frames = self.encode(audio)
        for place, (latent, info) in enumerate(zip(latents.cpu().numpy(), metadata, strict=True)):
            name = f"{self.global_rank:03d}{batch_idx:06d}{place:04d}"
            write_clip(self.folder, name, latent, clip_metadata(info, frames))
        self.clips += len(latents)
        self.batches += 1
        self.frames = frames

    def encode(self, audio: torch.Tensor) -> tuple[torch.Tensor, int]:
        """Latents, or the tokens of a discrete bottleneck, and how many latent frames one clip has."""
        latents, info = self.model.encode(audio.to(next(self.model.parameters()).dtype), return_info=True)
        if not self.is_discrete:
            return latents, latents.shape[-1]
        tokens = info.get(self.model.bottleneck.tokens_id)
        if tokens is None:
            raise refuse("no-tokens", "this bottleneck gives no tokens as it is set up", "is_discrete")
        return tokens, latents.shape[-1]

    def on_predict_epoch_end(self) -> None:
        """The processes, while they are still joined, add up what they have done, and the first one writes it down."""
        counts = torch.tensor([self.clips, self.batches], device=self.device)
        self.clips, self.batches = self.trainer.strategy.reduce(counts, reduce_op="sum").tolist()
        if self.trainer.is_global_zero and self.clips > 0:
            write_json(self.output / DETAILS, {**self.details, "latents": self.latents()})
        self.trainer.strategy.barrier()

    def latents(self) -> dict[str, int]:
        """What has been written: clips, frames of each, batches."""
        return {"count": self.clips, "frames": self.frames, "batches": self.batches}


def clip_metadata(info: dict[str, Any], frames: int) -> dict[str, Any]:
    """The sample's metadata as JSON, its padding mask at latent length, without the audio that WebDataset adds."""
    return {
        **{key: jsonable(value) for key, value in info.items() if key not in ("audio", "padding_mask")},
        "padding_mask": latent_mask(info["padding_mask"], frames),
    }


def unbatched(value: Any) -> Any:
    """The value as it was before torch's `default_collate` made a batch of one of it, as happens to every WebDataset batch.

    Left so, `seconds_total` would be a list, which the engine's `pre_encoded` dataset cannot compare with a number.
    """
    if isinstance(value, dict):
        return {key: unbatched(item) for key, item in value.items()}
    if isinstance(value, torch.Tensor):
        return value[0]
    if isinstance(value, (list, tuple)):
        if len(value) == 1 and isinstance(value[0], (str, bytes)):
            return value[0]
        return [unbatched(item) for item in value]
    return value


def latent_mask(padding_mask: Any, frames: int) -> list[int]:
    """1 for every latent frame of sound, 0 for padding; the mask comes as a tensor, or as a list of one (audio_dir)."""
    mask = padding_mask[0] if isinstance(padding_mask, (list, tuple)) else padding_mask
    mask = torch.as_tensor(mask).reshape(1, 1, -1).float()
    resized = torch.nn.functional.interpolate(mask, size=frames, mode="nearest")
    return [int(value) for value in resized.reshape(-1).tolist()]


def write_clip(folder: Path, name: str, latent: Any, metadata: dict[str, Any]) -> None:
    """Both files are whole or absent, and no .npy stands without its .json: the engine finds clips by their .npy."""
    about = folder / f".{name}.json.part"
    about.write_text(json.dumps(metadata), encoding="utf-8")
    about.replace(folder / f"{name}.json")
    numbers = folder / f".{name}.npy.part"
    with numbers.open("wb") as file:
        numpy.save(file, latent)
    numbers.replace(folder / f"{name}.npy")
