"""What training an autoencoder needs: something that is compared, something that is trained, and parts that fit each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..geometry import autoencoder_ratio, bottleneck_type, counted, outward
from ..latents import claims
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Absent, Node

_SAME = ("same", "taae_v2")

WRAPPER = "training.autoencoders.AutoencoderTrainingWrapper"

_EMA_COPIES = 20_000
"""Steps during which the engine's average of an autoencoder is a plain copy: 2000 updates, one at every tenth step."""


def trained(setup: Setup) -> tuple[Node, Node]:
    """The autoencoder that this config trains, and its training section.

    Raises:
        Absent: it is about another kind of model, or about none that is trained.
    """
    if setup.model_type != "autoencoder":
        raise Absent(())
    return setup.model.part("model"), setup.training


@rule("frozen-pretransform", on=WHOLE, mirrors="models.autoencoders.AudioAutoencoder.decode", contract=("R-AE-7",))
def frozen_pretransform(setup: Setup) -> Iterator[Problem]:
    """An autoencoder around a pretransform is trained through it, which needs `enable_grad`.

    Without it the engine decodes the pretransform with gradients switched off, and with them everything before it: no weight of the
    decoder ever changes. Where the bottleneck adds a loss of its own (KL, codebooks), training goes on and looks normal; otherwise
    the first step fails.
    """
    model, _ = trained(setup)
    pretransform = model.part("pretransform")
    if pretransform("enable_grad") is not True:
        at = pretransform.at("enable_grad")
        says = "is false" if pretransform.written("enable_grad") else "is not set"
        message = f"`enable_grad` of the pretransform {says}, so the decoder would get no gradient and never learn"
        yield Problem(at, message, help="set it to true", fix=setting(at, True))


@rule("reconstruction-loss", on=WHOLE, mirrors=f"{WRAPPER}.training_step", contract=("R-AE-17",))
def something_compared(setup: Setup) -> Iterator[Problem]:
    """At least one loss must compare the reconstruction with the original.

    Without any loss the first step fails. With losses on the latent alone (KL, codebooks, `jepa`, ...) training goes on, but no
    weight of the decoder ever changes.
    """
    model, training = trained(setup)
    losses = training.part("loss_configs")
    weights = _comparing(losses)
    if not weights:
        on_latents = any(losses.has(name) for name in ("contrastive", "jepa", "generative", "semantic_regressors"))
        learns = on_latents or bottleneck_type(model) in _WITH_LOSSES
        then = "the decoder would get no gradient" if learns else "the first step would fail"
        message = f"no loss compares the reconstruction with the original: {then}"
        yield Problem(losses.path, message, help="add `spectral`, or set time.weights.l1 above 0")
    elif not any(weights.values()):
        name = next(iter(weights))
        message = "every loss that compares the reconstruction with the original has the weight 0: the decoder cannot learn"
        yield Problem(losses.at(name), message, help="give one of them a weight above 0", severity="warning")


_WITH_LOSSES = ("vae", "rvq", "rvq_vae", "dac_rvq", "dac_rvq_vae", "wasserstein", "softnorm")
"""Bottlenecks that add a loss of their own."""


def _comparing(losses: Node) -> dict[str, float]:
    """The weights of the losses that look at the reconstruction. Those of waveforms and features are there above 0 only."""
    found = {f"time.weights.{name}": losses(f"time.weights.{name}") for name in ("l1", "l2", "mmd")}
    found |= {
        f"{name}.weights.{name}": losses(f"{name}.weights.{name}") for name in ("mrmel", "hubert", "clap") if losses.has(name)
    }
    found = {name: weight for name, weight in found.items() if weight > 0}
    if losses.has("spectral"):
        found["spectral.weights.mrstft"] = losses("spectral.weights.mrstft")
    if losses.has("discriminator"):
        weights = losses.part("discriminator.weights")
        found["discriminator.weights"] = abs(weights("adversarial")) + abs(weights("feature_matching"))
    return found


@rule("nothing-trained", on=WHOLE, mirrors=f"{WRAPPER}.training_step")
def something_trained(setup: Setup) -> Iterator[Problem]:
    """Something on the way from the sound to its reconstruction must be trained.

    `requires_grad: false` freezes a part, `decoder_finetune` and `encoder_freeze_on_warmup` (once the warmup is over) keep the
    encoder as it is. Where nothing is left, a step has no gradient and fails.
    """
    model, training = trained(setup)
    if model("decoder.requires_grad") or (model.has("pretransform") and has_parameters(model.part("pretransform"))):
        return
    after = int(training("warmup_steps"))
    why = {
        "its `requires_grad` is false": model("encoder.requires_grad") is False,
        "`decoder_finetune` trains the decoder only": training("decoder_finetune") is True,
        "`encoder_freeze_on_warmup` freezes it": training("encoder_freeze_on_warmup") is True,
    }
    reason = next((words for words, holds in why.items() if holds), None)
    if reason is not None:
        when = f"step {after}" if reason.startswith("`encoder_freeze") and after > 0 else "the first step"
        message = f"nothing would be trained: the decoder's `requires_grad` is false, and the encoder stays as it is ({reason})"
        yield Problem(model.at("decoder.requires_grad"), f"{message}; {when} would fail", help="set it to true")


@rule("stride-curriculum", on=WHOLE, mirrors=f"{WRAPPER}.training_step", contract=("R-AE-22",))
def stride_curriculum(setup: Setup) -> Iterator[Problem]:
    """`stride_curriculum` changes the strides from step to step, which few parts can follow.

    Encoder and decoder must be of type `same` (`taae_v2`) with `variable_stride: true`, and the bottleneck must be `vae`, `rvq`,
    `softnorm` or none: the others get an argument that they do not take, and the first step fails. A factor is applied in one step
    of nine, so that strides which do not fit `chunk_size` fail somewhat later.
    """
    model, training = trained(setup)
    factors = training.given("stride_curriculum")
    if training("decoder_finetune") is True:  # Then nothing reads it.
        return
    at = training.at("stride_curriculum")
    for side in ("encoder", "decoder"):
        coder = model.part(side)
        if coder("type") not in _SAME:
            message = f"`stride_curriculum` works with `same` only, but the {side} is `{coder('type')}`: the first step would fail"
            yield Problem(at, message, help="leave it out", related=((coder.at("type"), str(coder("type"))),))
            return
        if coder("config.variable_stride") is not True:
            place = coder.at("config.variable_stride")
            message = f"`stride_curriculum` needs `variable_stride` in the {side}: one of the first steps would fail"
            yield Problem(place, message, help="set it to true", fix=setting(place, True), related=((at, "stride_curriculum"),))
        yield from _odd_chunks(coder, factors, at)
    if bottleneck_type(model) not in (None, "vae", "rvq", "softnorm"):
        kind = bottleneck_type(model)
        message = f"`stride_curriculum` needs a bottleneck that lets it pass, but this is `{kind}`: the first step would fail"
        yield Problem(at, message, help="use vae, rvq or softnorm, or leave it out")


def _odd_chunks(coder: Node, factors: Any, at: tuple[str | int, ...]) -> Iterator[Problem]:
    if coder("config.sliding_window") is not None:
        return
    chunk = coder("config.chunk_size")
    for factor in factors:
        odd = next((new for stride in outward(coder) if chunk % (new := max(int(stride * factor), 1))), None)
        if odd is not None:
            message = (
                f"the factor {factor:g} makes a stride of {odd}, which does not divide `chunk_size` {chunk}: training would fail"
            )
            yield Problem(
                at, message, help="choose factors whose strides do", related=((coder.at("config.chunk_size"), str(chunk)),)
            )
            return


@rule("teacher", on=WHOLE, mirrors=f"{WRAPPER}.training_step", contract=("R-AE-24",))
def teacher(setup: Setup) -> Iterator[Problem]:
    """A teacher decodes the latents of the model that learns from it, and the other way round.

    So both must have latents of one width and one ratio, and the teacher needs its weights (`teacher_model_ckpt`): without them
    training cannot start, with other latents the first step fails.
    """
    model, training = trained(setup)
    config = training.part("teacher_model")
    if not training.has("teacher_model_ckpt"):
        at = training.at("teacher_model_ckpt")
        yield Problem(at, "`teacher_model` has no `teacher_model_ckpt`: training could not start", help="name its checkpoint")
    theirs = config.part("model")
    widths, ratios = (claims(model).agreed, claims(theirs).agreed), (autoencoder_ratio(model), autoencoder_ratio(theirs))
    for what, (own, other), key in (
        ("latents of {} channels", widths, "latent_dim"),
        ("a ratio of {}", ratios, "downsampling_ratio"),
    ):
        if own != other:
            message = f"the teacher has {what.format(other)}, but this model {what.format(own)}: the first step would fail"
            related = ((model.at(key), f"{key}: {own}"),)
            yield Problem(theirs.at(key), message, help="choose a teacher with the same latents", related=related)


@rule("ema-copy", on=WHOLE, severity="note", mirrors="training.ema.EMA.update", contract=("R-AE-20",))
def short_average(setup: Setup) -> Iterator[Problem]:
    """The average of the weights begins late: for 20000 steps it is a plain copy of them.

    Steps are those of both optimizers: with a discriminator every other step trains the autoencoder, and `warmup_steps`,
    `checkpoint_every` and `max_steps` count both.
    """
    _, training = trained(setup)
    steps = setup.run("max_steps")
    if training("use_ema") is True and 0 < steps <= _EMA_COPIES:
        message = f"`use_ema` has no effect within {steps} steps: the average is a plain copy for the first {_EMA_COPIES}"
        related = ((setup.run.at("max_steps"), f"max_steps: {steps}"),)
        yield Problem(training.at("use_ema"), message, help="leave it out of short runs", related=related)


@rule("silent-validation", on=WHOLE, severity="note", mirrors=f"{WRAPPER}.on_validation_epoch_end")
def silent_validation(setup: Setup) -> Iterator[Problem]:
    """A validation of an autoencoder logs what `eval_loss_configs` asks for, and nothing without it."""
    _, training = trained(setup)
    every = setup.run("val_every")
    if every <= 0 or not setup.run.has("val_dataset"):
        return
    asked = training("eval_loss_configs") or {}
    if not any(asked.get(name) is not None for name in ("stft", "sisdr", "mel")):
        often = f"a validation after every {counted(every, 'batch', 'batches')}"
        message = f"{often} would log nothing: there are no `eval_loss_configs`"
        yield Problem(setup.run.at("val_every"), message, help="for example training.eval_loss_configs={sisdr: {}}")


@rule(
    "chirp-rate", on=WHOLE, severity="warning", mirrors="training.autoencoders.append_random_linear_chirps", contract=("R-AE-12",)
)
def chirp_rate(setup: Setup) -> Iterator[Problem]:
    """The demo of an autoencoder adds a chirp up to 22 kHz, which a sample rate of 44000 or less cannot hold.

    The engine's own training script fails at the first demo, and with `num_synthetic_chirps` at the first step. Runs of `sat` let
    the chirp end below half the sample rate, so this is said about model files only.
    """
    trained(setup)
    rate = setup.model("sample_rate")
    if rate <= 44000 and not _is_run(setup):
        message = f"`sample_rate` is {rate}, but demos add a chirp up to 22 kHz: the engine's own training script fails there"
        yield Problem(
            setup.model.at("sample_rate"), message, help="train with sat, which ends the chirp sooner, or use 44100 or more"
        )


@rule("no-parameters", on=WHOLE, severity="warning", mirrors="inference.sampling.sample_diffusion", contract=("R-DC-6",))
def parameterless(setup: Setup) -> Iterator[Problem]:
    """Demos of a diffusion model ask the pretransform's first parameter for its number format, and some have none.

    Wavelet transforms and patches without `postfilter_channels` have no parameters. With the engine's own training script that ends
    the epoch in place of the first demo, without a word. Runs of `sat` answer for them, so this is said about model files only.
    """
    if not setup.model_type.startswith("diffusion_") or _is_run(setup):
        return
    _ = setup.training
    pretransform = setup.model.part("model.pretransform")
    if not has_parameters(pretransform):
        kind = pretransform("type")
        message = f"a `{kind}` pretransform has no parameters: the engine's own training script ends the epoch in place of a demo"
        yield Problem(pretransform.at("type"), message, help="train with sat, or turn demos off")


def has_parameters(pretransform: Node) -> bool:
    """Whether a pretransform has weights: wavelets have none, and patches only those of a filter behind them."""
    kind = pretransform("type")
    return bool(kind != "wavelet" and (kind != "patched" or pretransform("config.postfilter_channels") > 0))


def _is_run(setup: Setup) -> bool:
    try:
        return setup.run is not None
    except Absent:
        return False
