"""The discriminator of ARC: the layers of its backbone that it judges, and whether its head can be built and gets enough frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil

from ..conditions import output_of
from ..geometry import counted, pretransform_ratio
from ..id_lists import conditioners
from ..rule import WHOLE, Problem, removing, rule, setting
from ..setup import Setup
from ..view import Absent, Node
from .arc import arc_of, backbone, only_warms_up
from .data import holds_latents
from .diffusion_training import conditional

UNBUILT = "no wrapper could be built"
CHUNK = 128
"""Frames that a head of `multi_scale` without a window takes at once."""


def layers(discriminator: Node) -> list[int]:
    """The layers whose hidden states the head judges."""
    listed = discriminator.given("dit_hidden_layer")
    return [listed] if isinstance(listed, int) else list(listed)


@rule("discriminator-layer", on=WHOLE, mirrors="training.arc.ARCTrainingWrapper._filter_hidden_states", contract=("R-AR-2",))
def layers_of_the_backbone(setup: Setup) -> Iterator[Problem]:
    """`dit_hidden_layer` counts the layers of the backbone from 0, or from its end below 0.

    The engine looks them up in the first step after the warm-up, and fails there.
    """
    arc = arc_of(setup)
    discriminator, config = arc.part("discriminator"), backbone(setup, arc).part("diffusion.config")
    depth = config.given("depth")
    missing = [index for index in layers(discriminator) if not -depth <= index < depth]
    if missing and not only_warms_up(setup, arc):
        at, related = discriminator.at("dit_hidden_layer"), ((config.at("depth"), f"depth: {depth}"),)
        has = f"the backbone has {counted(depth, 'layer')}, 0 to {depth - 1}"
        message = f"`dit_hidden_layer` is {missing[0]}, but {has}: the first step of ARC proper would fail"
        yield Problem(at, message, help=f"choose a layer from 0 to {depth - 1}", related=related)


@rule("discriminator-head", on="ConvNeXtHeadConfig", mirrors="models.convnext.ConvNeXtEncoder")
def convnext(head: Node) -> Iterator[Problem]:
    """The settings of a discriminator's head fit each other, and the hidden states that it judges.

    `c_mults` says how many levels `convnext` has; `strides` and `num_blocks` need an entry for each, and its kernels must be odd.
    """
    levels = len(head("c_mults"))
    related = ((head.at("c_mults"), f"{levels} entries"),)
    for key in ("strides", "num_blocks"):
        count = None if head(key) is None else len(head(key))
        if count is not None and count < levels:
            message = f"`{key}` has {count} entries, but `c_mults` has {levels}: {UNBUILT}"
            yield Problem(key, message, help="give each level an entry", related=related)
        elif count is not None and count > levels and head.written(key):
            message = f"`{key}` has {count} entries, but `c_mults` has {levels}: the engine leaves out the others"
            yield Problem(key, message, help="give each level an entry", related=related, severity="warning")
    kernel = head("conv_args.kernel_size")
    if kernel % 2 == 0:
        message = f"`kernel_size` is {kernel}, but an even kernel changes the length: the first step would fail"
        yield Problem("conv_args.kernel_size", message, help=f"set it to {kernel - 1} or {kernel + 1}")


@rule("discriminator-head", on=WHOLE, mirrors="models.convnext.ConvNeXtEncoder")
def heads_that_cannot_start_afresh(setup: Setup) -> Iterator[Problem]:
    """The settings of a discriminator's head fit each other, and the hidden states that it judges.

    `reset_every` makes a head start afresh, which `convnext` cannot: training fails at that step.
    """
    arc = arc_of(setup)
    discriminator = arc.part("discriminator")
    every, at = discriminator.given("reset_every"), discriminator.at("reset_every")
    if discriminator("type") == "convnext" and not _ends_by(setup, every):
        message = f"`reset_every` is {every}, but a `convnext` head cannot be reset: training would fail at that step"
        yield Problem(at, message, help="leave it out, or choose another type of head", fix=removing(at))


def _ends_by(setup: Setup, step: int) -> bool:
    """Whether the run ends before that step is made."""
    try:
        return bool(0 < setup.run("max_steps") <= step)
    except Absent:
        return False


@rule("discriminator-head", on="TransformerHeadConfig", mirrors="models.transformer.Attention")
def transformer(head: Node) -> Iterator[Problem]:
    """The settings of a discriminator's head fit each other, and the hidden states that it judges.

    `dim_heads` divides `hidden_dim` into attention heads.
    """
    if head("depth"):
        yield from _attention(head, head.given("hidden_dim"), head.given("dim_heads"))


@rule("discriminator-head", on="MultiScaleHeadConfig", mirrors="models.autoencoders.TransformerResamplingBlock")
def multi_scale(config: Node) -> Iterator[Problem]:
    """The settings of a discriminator's head fit each other, and the hidden states that it judges.

    Each head of `multi_scale` takes what it does not say from the config around it. Without a window a head works in chunks of 128
    frames, which its `stride` must divide.
    """
    if not config.has("heads"):
        yield from _attention(config, 256, config.given("dim_heads"))
        return
    for head in config.parts("heads"):
        window = head("sliding_window") if head.written("sliding_window") else config("sliding_window")
        stride, depth = head.given("stride"), _own(head, config, "depth")
        if window is None and CHUNK % stride:
            message = (
                f"`stride` {stride} does not divide the {CHUNK} frames that a head without `sliding_window` works on: {UNBUILT}"
            )
            yield Problem(head.at("stride"), message, help="choose a power of 2 up to 128, or set sliding_window")
        if depth:
            yield from _attention(head, _own(head, config, "hidden_dim"), _own(head, config, "dim_heads"))


def _own(head: Node, config: Node, key: str) -> int:
    return int(head(key) if head.has(key) else config.given(key))


def _attention(node: Node, width: int, wanted: int) -> Iterator[Problem]:
    size = min(wanted, width)
    if width % size:
        message = f"`dim_heads` {wanted} does not divide `hidden_dim` {width}: the first step of ARC proper would fail"
        yield Problem(node.at("dim_heads"), message, help=f"choose a divisor of {width}")
    elif size // 2 == 2:
        message = f"heads {size} wide are what the rotary position embedding cannot do: {UNBUILT}"
        yield Problem(node.at("dim_heads"), message, help="set it to 8 or more")


@rule("discriminator-head", on=WHOLE, mirrors="models.arc.ConvDiscriminator")
def width_of_states(setup: Setup) -> Iterator[Problem]:
    """The settings of a discriminator's head fit each other, and the hidden states that it judges.

    A `conv` head without `hidden_dim` is as wide as what it judges (all layers together, unless `layer_combine_mode` is `stack`),
    which must be a multiple of 32.
    """
    arc = arc_of(setup)
    discriminator = arc.part("discriminator")
    if discriminator("type") != "conv" or discriminator("config.hidden_dim") is not None:
        return
    config = backbone(setup, arc).part("diffusion.config")
    judged = 1 if discriminator("layer_combine_mode") == "stack" else len(layers(discriminator))
    width = config.given("embed_dim") * judged
    if width % 32:
        message = f"the hidden states are {width} wide, but a `conv` head needs a multiple of 32: {UNBUILT}"
        related = ((config.at("embed_dim"), f"embed_dim: {config('embed_dim')}"),)
        at = discriminator.at("config.hidden_dim")
        yield Problem(at, message, help=f"set hidden_dim to {ceil(width / 32) * 32}", related=related)


@rule("discriminator-length", on=WHOLE, mirrors="training.arc.ARCTrainingWrapper.get_disc_scores", contract=("R-AR-3",))
def frames_for_the_head(setup: Setup) -> Iterator[Problem]:
    """The latents are long enough for the head.

    `convnext` narrows time by its strides, all together by 512 unless they are set, and `conv` by 16 down to a kernel of 4: it
    needs 64 frames. With fewer the first step after the warm-up fails. The other heads take any length.
    """
    arc = arc_of(setup)
    discriminator = arc.part("discriminator")
    kind = discriminator("type")
    if kind not in ("convnext", "conv") or only_warms_up(setup, arc):
        return
    model = backbone(setup, arc)
    latents, at = _latents(setup)
    frames = _tokens(model, latents) * (len(layers(discriminator)) if discriminator("layer_combine_mode") == "stack" else 1)
    strides = list(discriminator("config.strides"))[: len(discriminator("config.c_mults"))] if kind == "convnext" else [2, 2, 2, 2]
    scores = _narrowed if kind == "convnext" else _convolved
    if scores(frames, strides) < 1:
        needed = _least(scores, strides, frames)
        message = f"the `{kind}` head needs {needed} frames, but gets {frames}: the first step of ARC proper would fail"
        where = "config.strides" if kind == "convnext" and discriminator.written("config.strides") else "type"
        place = discriminator.at(where) if discriminator.written(where) else discriminator.path
        help = "choose smaller strides, or the type `transformer`" if kind == "convnext" else "choose the type `transformer`"
        yield Problem(place, message, help=help, related=((at, counted(latents, "latent frame")),))


def _latents(setup: Setup) -> tuple[int, tuple[str | int, ...]]:
    """Latent frames of an example, and the key that says so.

    Raises:
        Absent: files that are not known here say so.
    """
    model = conditional(setup)
    try:
        data = setup.dataset
    except Absent:
        data = None
    if data is not None and holds_latents(data):
        return int(data.given("latent_crop_length")), data.at("latent_crop_length")
    ratio = pretransform_ratio(model.part("pretransform")) if model.has("pretransform") else 1
    return int(setup.model.given("sample_size")) // ratio, setup.model.at("sample_size")


def _tokens(model: Node, latents: int) -> int:
    """Hidden states for so many latents: patches, and what the network puts before them."""
    return latents // int(model.part("diffusion.config").given("patch_size")) + prepended(model)


def prepended(model: Node) -> int:
    """Tokens before the sequence, other than memory tokens, which ARC leaves out.

    Raises:
        Absent: that depends on texts.
    """
    diffusion, nodes = model.part("diffusion"), conditioners(model)
    config, found = diffusion.part("config"), 0
    for name in diffusion("prepend_cond_ids"):
        tokens = output_of(nodes[name]).tokens if name in nodes else None
        if tokens is None:
            raise Absent(diffusion.at("prepend_cond_ids"))
        found += tokens
    first = config("global_cond_type") == "prepend"
    return found + int(first and (config("timestep_cond_type") == "global" or bool(diffusion("global_cond_ids"))))


def _narrowed(frames: int, strides: list[int]) -> int:
    for stride in strides:
        padded = frames + 2 * ceil(stride / 2) - 2 * stride
        frames = padded // stride + 1 if padded >= 0 else 0
    return frames


def _convolved(frames: int, strides: list[int]) -> int:
    for stride in strides:
        frames //= stride
    return max(frames - 3, 0)


def _least(scores: Callable[[int, list[int]], int], strides: list[int], frames: int) -> int:
    while scores(frames, strides) < 1:
        frames += 1
    return frames


@rule("discriminator-length", on=WHOLE, mirrors="training.arc.ARCTrainingWrapper.calculate_feature_matching_loss")
def masks_of_states(setup: Setup) -> Iterator[Problem]:
    """The latents are long enough for the head.

    With `mask_padding_attention`, `feature_matching_weight` lays the mask of the latents over hidden states, which are longer where
    the backbone puts tokens before them: the first step after the warm-up fails.
    """
    arc, training = arc_of(setup), setup.training
    discriminator, model = arc.part("discriminator"), backbone(setup, arc)
    masks = training("mask_padding_attention") or conditional(setup).part("diffusion")("mask_padding_attention")
    if discriminator("feature_matching_weight") > 0 and masks and prepended(model):
        at = discriminator.at("feature_matching_weight")
        message = "`feature_matching_weight` needs hidden states as long as the latents under `mask_padding_attention`"
        more = f"but the backbone puts {counted(prepended(model), 'token')} before them: the first step of ARC proper would fail"
        kind = model.part("diffusion.config").at("global_cond_type")
        help = "set it to 0, or use a backbone with global_cond_type: adaLN"
        yield Problem(
            at, f"{message}, {more}", help=help, related=((kind, "global_cond_type: prepend"),), fix=setting(at, 0.0, sure=False)
        )
