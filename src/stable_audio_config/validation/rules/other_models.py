"""Unconditional models and diffusion autoencoders: what reaches the network, and what training ignores."""

from __future__ import annotations

from collections.abc import Iterator

from ...report.finding import Path, Severity
from ..geometry import Width, audio_channels, counted, decoder_out, inner_ratio, nearest, noise_dim, ratio
from ..latents import claims, encoded_width
from ..rule import WHOLE, Problem, removing, rule, setting
from ..setup import Setup
from ..view import Absent, Node
from .data import holds_latents

FAILS = "the first step would fail"


@rule(
    "objective",
    on="UnconditionedDiT",
    severity="warning",
    mirrors="training.diffusion.DiffusionUncondTrainingWrapper",
    contract=("R-UN-2",),
)
def always_v(config: Node) -> Iterator[Problem]:
    """The objective that a config names is the one that is trained.

    Unconditional models and diffusion autoencoders are trained to predict `v`, and sampled so, whatever `diffusion_objective` says.
    """
    objective = config.given("diffusion_objective")
    if objective != "v":
        at = config.at("diffusion_objective")
        message = f"`diffusion_objective` is `{objective}`, but this model type is trained to predict `v` whatever stands here"
        yield Problem(at, message, help="set it to v", fix=setting(at, "v"))


@rule("unfed-network", on="DiTUncondConfig", mirrors="models.dit.DiffusionTransformer.forward")
def nothing_beside(config: Node) -> Iterator[Problem]:
    """A network without conditions is built for none.

    Nothing is put beside the input of an unconditional model, and nothing conditions the U-Net of one: where its config has room
    for that, the first step misses it. What a U-Net gives must be as wide as what it takes, because it is compared with it.
    """
    channels = config("input_concat_dim")
    if channels:
        at = config.at("input_concat_dim")
        message = f"`input_concat_dim` is {channels}, but nothing is put beside the input of an unconditional model: {FAILS}"
        yield Problem(at, message, help="leave it out", fix=removing(at))


@rule("unfed-network", on="ADPUncondModel", mirrors="models.adp.UNet1d")
def unet_without_signals(model: Node) -> Iterator[Problem]:
    """A network without conditions is built for none."""
    unet = model.part("config")
    if unet("context_channels"):
        at = unet.at("context_channels")
        message = f"`context_channels` needs signals, which an unconditional model has none of: {FAILS}"
        yield Problem(at, message, help="leave it out", fix=removing(at))
    yield from _unfed(unet)


@rule("unfed-network", on="ADPDecoder", mirrors="models.adp.UNet1d")
def unet_of_latents(diffusion: Node) -> Iterator[Problem]:
    """A network without conditions is built for none."""
    yield from _unfed(diffusion.part("config"))


def _unfed(unet: Node) -> Iterator[Problem]:
    """What the U-Net of a model without conditioners cannot have."""
    if unet.has("context_features"):
        at = unet.at("context_features")
        message = f"`context_features` needs a global condition, which this model type has none of: {FAILS}"
        yield Problem(at, message, help="leave it out", fix=removing(at))
    if unet.has("context_embedding_features") and unet("context_embedding_features") > 0 and any(unet("attentions")):
        at = unet.at("context_embedding_features")
        message = f"`context_embedding_features` needs cross attention tokens, which this model type has none of: {FAILS}"
        yield Problem(at, message, help="leave it out", fix=removing(at))
    takes, gives = unet.given("in_channels"), unet("out_channels")
    if gives is not None and gives != takes:
        at = unet.at("out_channels")
        message = f"the U-Net gives {counted(gives, 'channel')}, but is compared with the {takes} that it takes: {FAILS}"
        related = ((unet.at("in_channels"), f"in_channels: {takes}"),)
        yield Problem(at, message, help="leave it out", related=related, fix=removing(at))


@rule("broken-in-engine", on=WHOLE, mirrors="models.autoencoders.DiffusionAutoencoder.decode", contract=("R-DA-2",))
def decoder_of_diffusion(setup: Setup) -> Iterator[Problem]:
    """With a `decoder`, a diffusion autoencoder calls itself without end when it decodes, demos included."""
    if setup.model_type == "diffusion_autoencoder" and setup.model.has("model.decoder"):
        at = setup.model.at("model.decoder")
        message = "a diffusion autoencoder with a `decoder` can be trained, but never decodes: it calls itself without end"
        severity = _where_demos(setup)
        yield Problem(at, message, help="leave it out", fix=removing(at), severity=severity)


def _where_demos(setup: Setup) -> Severity:
    """The severity of what only demos and generation meet."""
    try:
        return "error" if setup.training.has("demo") else "warning"
    except Absent:
        return "warning"


@rule(
    "diffusion-latents",
    on=WHOLE,
    mirrors="training.diffusion.DiffusionAutoencoderTrainingWrapper.training_step",
    contract=("R-DA-1",),
)
def latents_beside(setup: Setup) -> Iterator[Problem]:
    """The network of a diffusion autoencoder takes as many channels of latents as the encoder and its bottleneck give.

    A DiT takes them beside its input (`input_concat_dim`), a U-Net at its first level (`context_channels`, one entry). The first
    step fails where the number differs. A U-Net without `context_channels` is trained, but never sees the latents.
    """
    if setup.model_type != "diffusion_autoencoder":
        return
    model = setup.model.part("model")
    latents, config = _latents(setup, model), model.part("diffusion.config")
    unet = "context_channels" in config.model.fields
    taken = list(config("context_channels") or ()) if unet else [config("input_concat_dim")]
    if taken != [latents.value]:
        key = "context_channels" if unet else "input_concat_dim"
        wanted = [latents.value] if unet else latents.value
        then = "it never sees them" if unet and not taken else FAILS
        says = ", ".join(map(str, taken)) or "none"
        message = f"the latents have {counted(latents.value, 'channel')}, but the network takes {says}: {then}"
        at, related = config.at(key), [(latents.at, counted(latents.value, "channel"))]
        if not model.has("encoder") and not model.has("decoder"):
            related.append((model.at("encoder"), "no encoder makes them"))
        yield Problem(at, message, help=f"set {key} to {wanted}", related=tuple(related), fix=setting(at, wanted))


def _latents(setup: Setup, model: Node) -> Width:
    """What the network of a diffusion autoencoder gets."""
    if model.has("decoder"):
        return decoder_out(model.part("decoder"))
    if model.has("encoder"):
        return Width(claims(model).agreed, model.at("encoder"))
    audio = audio_channels(setup.model)
    if model.has("pretransform"):
        return encoded_width(model.part("pretransform"), audio)
    return Width(audio, setup.model.at("audio_channels"))


@rule("diffusion-latents", on=WHOLE, mirrors="models.autoencoders.DiffusionAutoencoder.decode")
def noise_after_training(setup: Setup) -> Iterator[Problem]:
    """The network of a diffusion autoencoder takes as many channels of latents as the encoder and its bottleneck give.

    `noise_augment_dim` adds channels of noise when latents are decoded, but not in training: every decoding then fails.
    """
    if setup.model_type != "diffusion_autoencoder":
        return
    model = setup.model.part("model")
    if noise_dim(model):
        at = model.at("bottleneck.config.noise_augment_dim")
        message = f"`noise_augment_dim` adds {counted(noise_dim(model), 'channel')} when latents are decoded, but not in training"
        help, severity = "leave it out", _where_demos(setup)
        yield Problem(at, f"{message}: every decoding would fail", help=help, fix=removing(at), severity=severity)


@rule("sample-size", on=WHOLE, mirrors="training.diffusion.DiffusionAutoencoderDemoCallback.on_train_batch_end")
def whole_latents(setup: Setup) -> Iterator[Problem]:
    """A demo of a diffusion autoencoder puts each sound beside its reconstruction, which is as long as whole latents are.

    The first demo fails where `sample_size` is no multiple of the ratio of the encoder, times that of the pretransform.
    """
    if setup.model_type != "diffusion_autoencoder" or not setup.training.has("demo") or setup.model.has("model.decoder"):
        return
    model, size = setup.model.part("model"), setup.model.given("sample_size")
    unit = ratio(model.part("encoder")) * inner_ratio(model)
    if size % unit and model.given("downsampling_ratio") * inner_ratio(model) == unit:
        at = setup.model.at("sample_size")
        message = f"`sample_size` {size} is not a multiple of {unit} ({nearest(size, unit)}): the first demo would fail"
        yield Problem(at, message, help=f"set it to {size // unit * unit or unit}")


@rule("no-effect", on=WHOLE, severity="warning", mirrors="training.losses.losses.AuralossLoss", contract=("R-DA-3",))
def nothing_to_reconstruct(setup: Setup) -> Iterator[Problem]:
    """`use_reconstruction_loss` compares what the pretransform decodes: without one the engine leaves the loss out."""
    if setup.model_type != "diffusion_autoencoder" or not setup.training("use_reconstruction_loss"):
        return
    at = setup.training.at("use_reconstruction_loss")
    if not setup.model.has("model.pretransform"):
        message = "`use_reconstruction_loss` is true, but compares what a `pretransform` decodes, and the model has none"
        yield Problem(at, message, help="leave it out", fix=removing(at))


LONGEST_WINDOW = 2048
"""Samples of the longest window of `use_reconstruction_loss`; its half is what a sound must be longer than."""


@rule("reconstructed-length", on=WHOLE, mirrors="training.diffusion.DiffusionAutoencoderTrainingWrapper", contract=("R-DA-3",))
def longer_than_half_a_window(setup: Setup) -> Iterator[Problem]:
    """`use_reconstruction_loss` takes spectra of 2048 samples, each mirrored by half of that: sounds must be longer than 1024."""
    if setup.model_type != "diffusion_autoencoder" or not setup.training("use_reconstruction_loss"):
        return
    size, at = setup.model.given("sample_size"), setup.model.at("sample_size")
    if setup.model.has("model.pretransform") and size <= LONGEST_WINDOW // 2:
        message = f"`sample_size` is {size}, but `use_reconstruction_loss` needs sounds longer than {LONGEST_WINDOW // 2}: {FAILS}"
        related = ((setup.training.at("use_reconstruction_loss"), "use_reconstruction_loss: true"),)
        yield Problem(at, message, help=f"set it to {LONGEST_WINDOW} or more", related=related)


@rule("pre-encoded", on=WHOLE, mirrors="training.diffusion.DiffusionAutoencoderTrainingWrapper.training_step")
def sounds_to_encode(setup: Setup) -> Iterator[Problem]:
    """A diffusion autoencoder trains on sounds: it has no switch for latents, and encodes whatever the dataset holds."""
    if setup.model_type != "diffusion_autoencoder":
        return
    for data in setup.datasets:
        if holds_latents(data):
            at: Path = data.at("dataset_type")
            message = f"`{data.path[-1]}` holds latents, but a diffusion autoencoder trains on sounds"
            yield Problem(at, message, help="choose a dataset of sounds")


@rule("validation", on=WHOLE, severity="warning", mirrors="pytorch_lightning.Trainer.fit")
def nothing_validates(setup: Setup) -> Iterator[Problem]:
    """Validation needs a wrapper that has one.

    Those of unconditional models, diffusion autoencoders, language models and ARC have none: Lightning prints a line and leaves
    the validation out.
    """
    run, kind = setup.run, setup.model_type
    arc = "arc" in setup.training.model.fields and setup.training.has("arc")
    if run("val_every") > 0 and run.has("val_dataset") and (arc or kind in ("diffusion_uncond", "diffusion_autoencoder", "lm")):
        who = "ARC" if arc else f"`{kind}`"
        message = f"`val_every` is {run('val_every')}, but the engine has no validation for {who}: it would be left out"
        yield Problem(run.at("val_every"), message, help="set it to -1", fix=setting(run.at("val_every"), -1, sure=False))
