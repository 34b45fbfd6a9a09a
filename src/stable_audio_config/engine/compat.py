"""Shims: what engine 0.0.20 gets wrong and a run need not die of. Each names the rule in CONTRACT and has a test that fails when
the engine no longer needs it (tests/engine/test_compat.py). Nothing else changes the engine, but for `extension.py`.
"""

from __future__ import annotations

import copy
import math
import os as real_os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
import torchaudio as real_torchaudio
from stable_audio_tools.data.dataset import create_dataloader_from_config
from stable_audio_tools.models import autoencoders as networks
from stable_audio_tools.training import autoencoders, diffusion
from stable_audio_tools.training import utils as training_utils

from ..datamodels.base import plain
from ..datamodels.kinds import DatasetConfig

WRITTEN_FOR = "0.0.20"
"""The engine version that these shims are for."""

_DEMO_MODULES = (autoencoders, diffusion)

_REPLACED = ("torchaudio", "os", "log_audio", "log_image", "log_metric", "logger_project_name", "append_random_linear_chirps",
             "calc_update_to_weight_ratio")  # fmt: skip
"""The names in those modules that shims put something else under."""


@contextmanager
def engine_restored() -> Iterator[None]:
    """What shims replace inside is the engine's own again afterwards, so that one process can do several runs."""
    before = [(module, name, vars(module)[name]) for module in _DEMO_MODULES for name in _REPLACED if name in vars(module)]
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


@contextmanager
def same_network_every_time() -> Iterator[None]:
    """R-AE-26: the engine reverses the `ratios` of a SEANet encoder in the config that it is given, so that every second build from
    one config is another network, and a moving average does not fit its model. Inside, encoders are built from a copy."""
    original = networks.create_encoder_from_config
    networks.create_encoder_from_config = lambda config: original(copy.deepcopy(config))
    try:
        yield
    finally:
        networks.create_encoder_from_config = original


@contextmanager
def _loader_options_that_work() -> Iterator[None]:
    """R-DS-1: the engine hard-codes `persistent_workers=True` (an error without workers) and `pin_memory=True` (needs a GPU)."""
    original = torch.utils.data.DataLoader.__init__

    def init(self: Any, *args: Any, **options: Any) -> None:
        if options.get("num_workers", 0) == 0:
            options.update(persistent_workers=False, prefetch_factor=None)
        if not torch.cuda.is_available():
            options["pin_memory"] = False
        original(self, *args, **options)

    torch.utils.data.DataLoader.__init__ = init
    try:
        yield
    finally:
        torch.utils.data.DataLoader.__init__ = original


def build_dataloader(
    dataset: DatasetConfig | dict[str, Any],
    *,
    batch_size: int,
    sample_size: int,
    sample_rate: int,
    audio_channels: int,
    num_workers: int,
    shuffle: bool = True,
) -> Any:
    """The engine's data loader; any number of workers will do."""
    with _loader_options_that_work():
        return create_dataloader_from_config(
            plain(dataset),
            batch_size=batch_size,
            sample_size=sample_size,
            sample_rate=sample_rate,
            audio_channels=audio_channels,
            num_workers=num_workers,
            shuffle=shuffle,
        )


def update_to_weight_ratio(module: torch.nn.Module, lr: float, scaler: Any = None) -> float:
    """R-AE-28: the norm of the update over that of the weights, on whatever device they are (the engine says `cuda`)."""
    with torch.no_grad():
        weights = [parameter for parameter in module.parameters() if parameter.requires_grad]
        if not weights:
            return 0.0
        weight_norm = torch.stack([weight.float().norm() for weight in weights]).norm().clamp_min(1e-12)
        gradients = [weight.grad.float().norm() for weight in weights if weight.grad is not None]
        gradient_norm = torch.stack(gradients).norm() if gradients else torch.zeros(())
        scale = scaler.get_scale() if scaler is not None else 1.0
        return float(gradient_norm.to(weight_norm.device) / scale * lr / weight_norm)


def chirps_below_nyquist(original: Callable[..., Any]) -> Callable[..., Any]:
    """R-AE-12: the demo adds a chirp up to 22 kHz, which a rate of 44 kHz or less cannot hold; here it ends below Nyquist."""

    def append(batch: torch.Tensor, sr: float, *args: Any, fmax: float | None = 22000.0, **options: Any) -> Any:
        highest = 0.45 * sr
        return original(batch, sr, *args, fmax=min(fmax or highest, highest) if sr <= 44000 else fmax, **options)

    return append


def without_cuda() -> None:
    """The engine's autoencoder wrapper and demo run on any device and sample rate, until `engine_restored` ends."""
    if not torch.cuda.is_available():
        autoencoders.calc_update_to_weight_ratio = update_to_weight_ratio
    autoencoders.append_random_linear_chirps = chirps_below_nyquist(autoencoders.append_random_linear_chirps)


def give_parameters(pretransform: Any) -> None:
    """R-DC-6: sampling asks the pretransform's first parameter for its dtype; one without parameters (wavelet, patched) would
    end the epoch with StopIteration. It answers with a number of its own that is in no state dict and no optimizer."""
    if pretransform is None or next(pretransform.parameters(), None) is not None:
        return
    stand_in = torch.nn.Parameter(torch.zeros(1), requires_grad=False)
    pretransform.parameters = lambda *_, **__: iter((stand_in,))


def gathered_on_one_device(wrapper: Any) -> None:
    """CLAP's validation joins what all devices have gathered along a dimension for the devices, which Lightning leaves out where
    there is one device only: the first validation would fail."""
    original = wrapper.all_gather

    def all_gather(data: Any, *args: Any, **options: Any) -> Any:
        gathered = original(data, *args, **options)
        return gathered.unsqueeze(0) if wrapper.trainer.world_size == 1 else gathered

    wrapper.all_gather = all_gather


def no_silent_epoch_end(function: Callable[..., Any], where: str) -> Callable[..., Any]:
    """R-DC-6, R-CO-5: Lightning takes a StopIteration out of a step or a demo for the end of the epoch, without a word."""

    def call(*args: Any, **options: Any) -> Any:
        try:
            return function(*args, **options)
        except StopIteration as error:
            raise RuntimeError(f"StopIteration in {where}: something was asked for its first parameter and has none") from error

    return call


def with_frozen_discriminator(demo: Callable[..., Any]) -> Callable[..., Any]:
    """The autoencoder's demo runs backwards through the discriminator. After a step of the discriminator its weights take part in
    that, behind DDP's back, and DDP fails at the next step; the demo's picture needs the gradient of the sound alone."""

    def call(trainer: Any, module: Any, *args: Any) -> Any:
        discriminator = getattr(module, "discriminator", None)
        trained = [] if discriminator is None else [weight for weight in discriminator.parameters() if weight.requires_grad]
        for weight in trained:
            weight.requires_grad_(False)
        try:
            return demo(trainer, module, *args)
        finally:
            for weight in trained:
                weight.requires_grad_(True)

    return call


class _Redirected(ModuleType):
    """A module seen through replaced functions."""

    def __init__(self, original: ModuleType, **replaced: Callable[..., Any]) -> None:
        super().__init__(original.__name__)
        self._original = original
        self.__dict__.update(replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


def _no_folder_of_the_logger(_logger: Any) -> str:
    """The autoencoder's demo asks this to find a folder in the logger's own tree; on any error it uses a plain file name."""
    raise LookupError("demos go to the run's folder")


class DemoFolder:
    """The engine writes demos into the working directory, hands them to wandb or comet only, and deletes them. Here they are
    written to one folder and stay there; wandb and comet still get theirs."""

    def __init__(self, folder: Path, step: Callable[[], int], note_metric: Callable[[str, float], None]) -> None:
        self.folder, self.step, self.note_metric = folder, step, note_metric

    def install(self) -> None:
        """Every demo from here on lands in the folder."""
        for module in _DEMO_MODULES:
            module.torchaudio = _Redirected(real_torchaudio, save=self.save)
            module.os = _Redirected(real_os, remove=self.remove)
            module.log_audio = self.log_audio
            module.log_image = self.log_image
            module.log_metric = self.log_metric
        autoencoders.logger_project_name = _no_folder_of_the_logger

    def save(self, filename: str, audio: torch.Tensor, sample_rate: int) -> None:
        """Stands for `torchaudio.save`."""
        place = self._place(filename)
        place.parent.mkdir(parents=True, exist_ok=True)
        real_torchaudio.save(str(place), torch.nan_to_num(audio) if audio.is_floating_point() else audio, sample_rate)

    def remove(self, filename: str) -> None:
        """Stands for `os.remove`, which would take the demo away again."""
        if Path(filename).is_absolute():
            Path(filename).unlink()

    def log_audio(self, logger: Any, key: str, audio_path: str, sample_rate: int, **options: Any) -> None:
        """Stands for the engine's `log_audio`."""
        training_utils.log_audio(logger, key, str(self._place(audio_path)), sample_rate, **options)

    def log_image(self, logger: Any, key: str, img_data: Any, **options: Any) -> None:
        """Stands for the engine's `log_image`: also keeps the picture."""
        if hasattr(img_data, "save"):
            self.folder.mkdir(parents=True, exist_ok=True)
            img_data.save(self.folder / f"{key}_{self.step():08}.png")
        training_utils.log_image(logger, key, img_data, **options)

    def log_metric(self, logger: Any, key: str, value: Any, step: int | None = None) -> None:
        """Stands for the engine's `log_metric`, which knows only wandb and comet: the others get the number too."""
        training_utils.log_metric(logger, key, value, step=step)
        number = float(value)
        self.note_metric(key, number)
        if logger is not None and type(logger).__name__ not in ("WandbLogger", "CometLogger") and math.isfinite(number):
            logger.log_metrics({key: number}, step=step)

    def _place(self, filename: str) -> Path:
        return Path(filename) if Path(filename).is_absolute() else self.folder / filename


def resumable_lora(wrapper: Any) -> None:
    """R-TR-11: a LoRA run's checkpoint keeps only its LoRA weights, under names that the wrapper does not have, and drops optimizer
    and step count, so it cannot go on. Here it keeps everything but the frozen base weights, and its weights find their places. An
    unconditional model's wrapper leaves its checkpoints whole."""
    if getattr(wrapper, "lora_config", None) is None or "on_save_checkpoint" not in vars(type(wrapper)):
        return
    original = wrapper.on_save_checkpoint

    def on_save_checkpoint(checkpoint: dict[str, Any]) -> None:
        everything = dict(checkpoint)
        original(checkpoint)
        everything.update(checkpoint)
        checkpoint.update(everything)

    def on_load_checkpoint(checkpoint: dict[str, Any]) -> None:
        saved = checkpoint["state_dict"]
        parts = ("diffusion.model.", "diffusion.conditioner.")
        own = {name: name.removeprefix(part) for name in wrapper.state_dict() for part in parts if name.startswith(part)}
        checkpoint["state_dict"] = {name: saved[short] for name, short in own.items() if short in saved}
        lost = len(saved) - len(checkpoint["state_dict"])
        if lost:
            raise ValueError(f"{lost} of the {len(saved)} LoRA weights in the checkpoint have no place in this model")

    wrapper.on_save_checkpoint, wrapper.on_load_checkpoint = on_save_checkpoint, on_load_checkpoint
    wrapper.strict_loading = False
