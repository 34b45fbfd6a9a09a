"""CLAP, as a model of its own and as the ear of ARC: widths, losses, devices."""

from __future__ import annotations

from collections.abc import Iterator

from ..geometry import Width, audio_channels, counted
from ..latents import encoded_width
from ..rule import WHOLE, Problem, removing, rule, setting
from ..setup import Setup
from ..view import Absent, Node
from .arc import arc_of, only_warms_up
from .data import holds_latents

FAILS = "the first step would fail"
BLOCK = 256
"""The contrastive loss works on embeddings of multiples of this."""

NO_CUDA = ("cpu", "mps", "tpu")


def _models(setup: Setup) -> Iterator[tuple[Node, Width]]:
    """Each CLAP model that hears what this config trains on, and the channels of what it hears."""
    if setup.model_type == "clap":
        model, audio = setup.model.part("model"), audio_channels(setup.model)
        if model.has("pretransform"):
            yield model, encoded_width(model.part("pretransform"), audio)
        elif not holds_latents(setup.dataset):
            yield model, Width(audio, setup.model.at("audio_channels"))
    else:
        arc = arc_of(setup)
        if not only_warms_up(setup, arc):
            network = setup.model.part("model.diffusion.config")
            yield arc.part("clap_config.model"), Width(network.given("io_channels"), network.at("io_channels"))


@rule("clap-width", on=WHOLE, mirrors="models.clap.LatentTransformerCLAPAudioBranch", contract=("R-CL-1",))
def hears_the_latents(setup: Setup) -> Iterator[Problem]:
    """The audio branch takes as many channels as the latents have, and ends in `embed_dim`.

    `dim_in` says how many it takes; left out it is `embed_dim`. A model of its own hears the latents of its pretransform, or the
    sound itself; the ear of ARC hears the latents of the diffusion model. `dim_out` is left out, or `embed_dim`.
    """
    for model, comes in _models(setup):
        branch = model.part("audio.model.config")
        width, takes = branch.given("embed_dim"), branch("dim_in") if branch.has("dim_in") else branch.given("embed_dim")
        if takes != comes.value:
            at = branch.at("dim_in")
            takes_words = f"takes {counted(takes, 'channel')}" + ("" if branch.has("dim_in") else " (`embed_dim`)")
            message = f"the audio branch {takes_words}, but is given {comes.value}: {FAILS}"
            related = [(comes.at, counted(comes.value, "channel")), *_mono_or_stereo(setup, comes)]
            if setup.model_type == "clap" and not model.has("pretransform"):
                related.append((model.at("pretransform"), "no pretransform makes latents of the sound"))
            yield Problem(at, message, help=f"set dim_in to {comes.value}", related=tuple(related), fix=setting(at, comes.value))
        if branch.has("dim_out") and branch("dim_out") != width:
            at = branch.at("dim_out")
            message = f"`dim_out` is {branch('dim_out')}, but the projection after it takes `embed_dim` {width}: {FAILS}"
            yield Problem(
                at, message, help="leave it out", related=((branch.at("embed_dim"), f"embed_dim: {width}"),), fix=removing(at)
            )


def _mono_or_stereo(setup: Setup, comes: Width) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What says how many channels the sound has, where that counts."""
    at = setup.model.at("audio_channels")
    if setup.model_type == "clap" and setup.model.written("audio_channels") and comes.at != at:
        yield at, f"audio_channels: {setup.model('audio_channels')}"


def _contrasted(setup: Setup) -> tuple[Node, tuple[str | int, ...]]:
    """The CLAP model that is trained, or heard, by contrast, and the key that says so.

    Raises:
        Absent: none is.
    """
    if setup.model_type == "clap":
        training = setup.training
        key = "loss_config.contrastive"
        if not training.has("loss_config") or training(key) > 0:
            return setup.model.part("model"), training.at(key)
    else:
        arc = arc_of(setup)
        if arc.has("clap_config") and arc("clap_loss_type") == "audio_contrastive" and not only_warms_up(setup, arc):
            return arc.part("clap_config.model"), arc.at("clap_loss_type")
    raise Absent(())


def _words(setup: Setup) -> str:
    """What turns contrast on."""
    return "contrastive is on" if setup.model_type == "clap" else "clap_loss_type: audio_contrastive"


@rule("contrastive-loss", on=WHOLE, mirrors="inf_cl.cal_inf_loss", contract=("R-CL-2",))
def contrast_on_cuda(setup: Setup) -> Iterator[Problem]:
    """The contrastive loss runs on CUDA only, over embeddings of a multiple of 256.

    It is on in CLAP training unless `loss_config.contrastive` is 0, and in ARC with `clap_loss_type: audio_contrastive`.
    """
    model, at = _contrasted(setup)
    width, place = model.given("joint_embed_dim"), model.at("joint_embed_dim")
    if width % BLOCK:
        above = (width // BLOCK + 1) * BLOCK
        message = f"`joint_embed_dim` is {width}, but the contrastive loss needs a multiple of {BLOCK}: {FAILS}"
        yield Problem(place, message, help=f"set it to {above}, or turn the loss off", related=((at, _words(setup)),))
    else:
        accelerator = setup.run("accelerator")
        if accelerator in NO_CUDA:
            message = f"the contrastive loss runs on CUDA only, but `accelerator` is {accelerator}: {FAILS}"
            off = "set loss_config.contrastive to 0" if setup.model_type == "clap" else "use `audio_cosine_sim`"
            fix = setting(at, 0, sure=False) if setup.model_type == "clap" else setting(at, "audio_cosine_sim", sure=False)
            related = ((setup.run.at("accelerator"), f"accelerator: {accelerator}"),)
            yield Problem(at, message, help=off, related=related, fix=fix)


@rule("clap-losses", on=WHOLE, mirrors="training.clap.CLAPTrainingWrapper.training_step")
def losses_of_clap(setup: Setup) -> Iterator[Problem]:
    """At least one loss is on, and `uniformity` has sounds to spread.

    With all losses off the first step has nothing to learn from and fails. `uniformity` measures distances within a batch: a batch
    of 1 has none, and the loss is no number.
    """
    if setup.model_type != "clap":
        return
    training = setup.training
    losses = ("contrastive", "uniformity", "cross_uniformity", "alignment")
    if training.has("loss_config") and all(training(f"loss_config.{name}") <= 0 for name in losses):
        message = f"every loss is off, so that there is nothing to learn from: {FAILS}"
        yield Problem(training.at("loss_config"), message, help="leave one of them at its default")
    if _uniformity(training) > 0 and setup.run("batch_size") == 1:
        at, batch = training.at("loss_config.uniformity"), setup.run.at("batch_size")
        message = "`batch_size` is 1, and `uniformity` measures distances within a batch: the loss would be no number"
        yield Problem(
            batch,
            message,
            help="raise it, or set loss_config.uniformity to 0",
            related=((at, f"uniformity: {_uniformity(training):g}"),),
        )


def _uniformity(training: Node) -> float:
    """Its weight; `loss_config: null` keeps all defaults."""
    return float(training("loss_config.uniformity")) if training.has("loss_config") else 0.1


@rule("clap-pooling", on=WHOLE, mirrors="models.clap.LatentTransformerCLAPAudioBranch.forward", contract=("R-CL-4",))
def pooled_twice(setup: Setup) -> Iterator[Problem]:
    """With `mask_padding_attention`, `avg_pool` allows no memory tokens.

    The transformer takes them out by itself, and the masked mean takes as many frames out once more: the first step fails.
    """
    if setup.model_type == "clap":
        masks, model = setup.training("mask_padding_attention"), setup.model.part("model")
    else:
        arc = arc_of(setup)
        masks = setup.training("mask_padding_attention") or setup.model("model.diffusion.mask_padding_attention")
        model = arc.part("clap_config.model")
    branch = model.part("audio.model.config")
    if masks and branch("embed_type") == "avg_pool" and branch("num_memory_tokens") > 0:
        at = branch.at("num_memory_tokens")
        message = f"`num_memory_tokens` is {branch('num_memory_tokens')}, but `avg_pool` under `mask_padding_attention` allows none"
        yield Problem(at, f"{message}: {FAILS}", help="set it to 0, or embed_type to cls_prepend", fix=setting(at, 0, sure=False))


@rule("broken-in-engine", on="ClapTraining", mirrors="training.clap.CLAPTrainingWrapper.training_step")
def prepared_sounds(training: Node) -> Iterator[Problem]:
    """`htsat_dataset` hands the audio branch a keyword that no audio branch of engine 0.0.20 takes."""
    if training("htsat_dataset") is True:
        at = training.at("htsat_dataset")
        message = "`htsat_dataset` fails with every audio network of engine 0.0.20"
        yield Problem(at, message, help="leave it out", fix=removing(at))


@rule("arc-clap", on=WHOLE, mirrors="training.factory.create_training_wrapper_from_config")
def ear_of_arc(setup: Setup) -> Iterator[Problem]:
    """The CLAP model that ARC listens with is a trained one, over the latents of the model.

    `use_model_pretransform` needs a model with a pretransform, or no wrapper is built. Without `ckpt_path` its weights are random,
    and what it hears means nothing.
    """
    arc = arc_of(setup)
    clap = arc.part("clap_config")
    if clap("use_model_pretransform") and not setup.model.has("model.pretransform"):
        at = clap.at("use_model_pretransform")
        message = "`use_model_pretransform` is true, but the model has no `pretransform`: no wrapper could be built"
        yield Problem(at, message, help="set it to false", fix=setting(at, False))
    if not clap.has("ckpt_path"):
        message = "`clap_config` has no `ckpt_path`: its weights are random, and what it hears means nothing"
        yield Problem(clap.path, message, help="set ckpt_path to a trained CLAP model", severity="warning")
