"""Numbers beyond the range in which they mean something: the engine takes most of them without a word, some fail in use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ...report.finding import Path
from ..rule import WHOLE, Problem, rule
from ..setup import Setup
from ..view import Absent, Node

LEAST: dict[str, dict[str, float]] = {
    "AutoencoderTraining": {"clip_grad_norm": 0, "num_synthetic_chirps": 0, "tail_masking_max_patches": 0},
    "DiffusionCondTraining": {"clip_grad_norm": 0, "cfg_dropout_prob": 0},
    "ADPUNet": {"num_blocks": 0, "attention_multiplier": 1},
    "SEANetEncoderConfig": {"n_residual_layers": 0, "dilation_base": 1},
    "SEANetDecoderConfig": {"n_residual_layers": 0, "dilation_base": 1},
    "TAAEEncoderConfig": {"strides": 1, "transformer_depths": 0},
    "TAAEDecoderConfig": {"strides": 1, "transformer_depths": 0},
    "SAMEEncoderConfig": {"sinusoidal_blocks": 0, "ff_mult": 0.01},
    "SAMEDecoderConfig": {"sinusoidal_blocks": 0, "ff_mult": 0.01},
    "SourceMixConditionerConfig": {"source_length": 0},
    "ClapModel": {"joint_embed_dim": 1},
    "InpaintDemo": {"num_demos": 0},
    "SpectralConfig": {"win_lengths": 1, "n_bins": 1},
    "PreEncodedDataset": {"min_length_sec": 0},
    "WebDataset": {"min_length_sec": 0},
}
"""Data model -> key -> the least number that means something there. What is smaller is taken, or read by nobody."""


@rule("out-of-range", on=WHOLE, severity="warning", mirrors="models.factory")
def too_small(setup: Setup) -> Iterator[Problem]:
    """A probability or a share lies between 0 and 1, a weight is not below 0.

    The same holds for sizes and counts: fewer than none mean nothing. Where the engine takes them it does without what they count,
    or does something that nobody asked for; where it fails, this is an error.
    """
    for name, bounds in LEAST.items():
        for node in setup.named(name):
            for key, least in bounds.items():
                value = _smallest(node.tree.get(key))
                if value is not None and value < least and node.at(key) not in node.broken:
                    message = f"`{key}` is {value:g}, which means nothing: it begins at {least:g}"
                    yield Problem(node.at(key), message, help="leave it out, or write what is meant")


def _smallest(value: Any) -> float | None:
    numbers = value if isinstance(value, (list, tuple)) else [value]
    known = [number for number in numbers if isinstance(number, (int, float)) and not isinstance(number, bool)]
    return min(known, default=None)


_DIVISORS = ("demo.demo_every", "arc.disc_update_interval")
"""Keys of a training section that steps are divided by."""


def _divisors(setup: Setup) -> Iterator[tuple[str, Path, int]]:
    """Name, key path and value of each that is set."""
    for key in _DIVISORS if setup.model_type != "clap" else ():  # Its callback does nothing.
        with suppress(Absent):
            yield key.rpartition(".")[2], setup.training.at(key), setup.training.given(key)


@rule("wrong-value", on=WHOLE, mirrors="training.diffusion.DiffusionCondDemoCallback", contract=("R-DM-5",))
def steps_divided_by_none(setup: Setup) -> Iterator[Problem]:
    """A value lies in the range of its key: steps are divided by some, which cannot be 0."""
    for name, at, steps in _divisors(setup):
        if steps == 0:
            message = f"`{name}` is 0, and steps are divided by it: training would fail"
            yield Problem(at, message, help="set it to 1 or more")


@rule("out-of-range", on=WHOLE, severity="warning", mirrors="training.diffusion.DiffusionCondDemoCallback")
def steps_below_none(setup: Setup) -> Iterator[Problem]:
    """A probability or a share lies between 0 and 1, a weight is not below 0."""
    for name, at, steps in _divisors(setup):
        if steps < 0:
            yield Problem(at, f"`{name}` is {steps}: steps are counted from 1", help="leave it out")


@rule("learning-rate", on=WHOLE, mirrors="torch.optim")
def negative_rate(setup: Setup) -> Iterator[Problem]:
    """With a learning rate of 0 nothing is learned. One below 0 is refused by the optimizer."""
    training = setup.training
    if "optimizer_configs" in training.model.fields and training.has("optimizer_configs"):
        return  # Nothing reads it then.
    if training.given("learning_rate") < 0:
        message = f"`learning_rate` is {training('learning_rate'):g}, below 0: training would fail when it starts"
        yield Problem(training.at("learning_rate"), message, help="set it above 0, for example to 1e-4")


@rule("out-of-range", on="_SEANet", mirrors="models.autoencoders.create_encoder_from_config")
def dilations(config: Node) -> Iterator[Problem]:
    """A probability or a share lies between 0 and 1, a weight is not below 0."""
    if config("n_residual_layers") > 1 and config("dilation_base") < 1:
        message = (
            f"`dilation_base` is {config('dilation_base')}, and dilates all residual layers but the first: the step would fail"
        )
        yield Problem("dilation_base", message.replace("the step", "the first step"), help="leave it out, for 2")


@rule("out-of-range", on="RVQConfig", mirrors="models.bottleneck.RVQBottleneck.encode")
def divisors_of_quantizers(config: Node) -> Iterator[Problem]:
    """A probability or a share lies between 0 and 1, a weight is not below 0."""
    if config("quantize_dropout") and config("quantize_dropout_multiple_of") == 0:
        message = "`quantize_dropout_multiple_of` is 0, and numbers of codebooks are divided by it: the first step would fail"
        yield Problem("quantize_dropout_multiple_of", message, help="leave it out, for 1")
    if config("orthogonal_reg_weight") > 0 and config("orthogonal_reg_max_codes") == 0:
        message = "`orthogonal_reg_max_codes` is 0, which leaves no entry to make orthogonal: the first step would fail"
        yield Problem("orthogonal_reg_max_codes", message, help="leave it out, for all")


@rule("out-of-range", on="PreEncodedDataset", mirrors="data.dataset.PreEncodedDataset.__getitem__")
def cropped_to_nothing(dataset: Node) -> Iterator[Problem]:
    """A probability or a share lies between 0 and 1, a weight is not below 0."""
    frames = dataset.given("latent_crop_length")
    if frames == 0:
        yield Problem(
            "latent_crop_length", "`latent_crop_length` is 0: nothing is left, and the first step would fail", help="leave it out"
        )
    elif frames < 0:
        message = f"`latent_crop_length` is {frames}: so many frames would be cut from the end"
        yield Problem("latent_crop_length", message, help="leave it out", severity="warning")


@rule("out-of-range", on="MaskKwargs", mirrors="models.inpainting.random_inpaint_mask")
def numbers_of_holes(section: Node) -> Iterator[Problem]:
    """A probability or a share lies between 0 and 1, a weight is not below 0."""
    shares = [*(section("mask_type_probabilities") or (0.1, 0.8, 0.1)), 0, 0, 0, 0]
    for key, share in (("max_mask_segments", shares[0]), ("max_spans", shares[3])):
        count = section(key)
        if count < 1:
            then = f"every mask with holes, {share:.0%} of all, would end the run" if share > 0 else "no such mask is drawn"
            at_once = share >= 0.5
            message = f"`{key}` is {count}, and a mask has 1 hole or more: {then}"
            yield Problem(key, message, help="leave it out", severity="error" if at_once else "warning")
