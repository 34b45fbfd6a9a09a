"""The transformer that the DiT, the language model and CLAP share: options that exclude each other."""

from __future__ import annotations

from collections.abc import Iterator

from ..conditions import frames, output_of
from ..id_lists import TOKEN_LISTS, conditioners
from ..rule import WHOLE, Problem, removing, rule, setting
from ..setup import Setup
from ..view import Absent, Node, names_of

FAILS = "the first step would fail"
UNBUILT = "the model cannot be built"

_REFUSED = {"layer_norm": ("init_alpha",), "rms_norm": ("bias", "init_alpha"), "dyt": ()}
"""`norm_type` -> what it refuses among `norm_kwargs`, even with the default value."""


def has_cross_attention(transformer: Node) -> bool:
    """Whether at least one layer has cross attention."""
    keys = {
        "DiT": "cond_token_dim",
        "TransformerBackboneConfig": "cross_attn_cond_dim",
        "ClapAudioTransformerConfig": "cross_attend",
    }
    key = next((key for name, key in keys.items() if name in names_of(transformer.model)), None)
    return (
        key is not None and bool(transformer(key)) and bool(transformer("depth") > 0) and transformer("final_cross_attn_ix") >= -1
    )


def head_width(transformer: Node) -> int:
    """Features of one attention head."""
    if "num_heads" in transformer.model.fields:
        return int(transformer.given("embed_dim") // transformer.given("num_heads"))
    return int(min(transformer.given("dim_heads"), transformer.given("embed_dim")))


@rule("norm-options", on="TransformerOptions", mirrors="models.transformer.TransformerBlock")
def norm_options(transformer: Node) -> Iterator[Problem]:
    """`norm_kwargs` holds only what its `norm_type` knows.

    `layer_norm` refuses `init_alpha`, `rms_norm` also `bias`, and the model is not built, even where the default is written. `dyt`
    ignores what it does not know; but the convolution module of `conformer` always has layer norms, which get the same settings
    and refuse `init_alpha`.
    """
    kind, module = transformer("norm_type"), transformer("conformer") and "init_alpha"
    if transformer("depth") < 1:
        return
    for key in transformer.part("norm_kwargs").tree:
        at = transformer.at(f"norm_kwargs.{key}")
        if key in _REFUSED.get(kind, ()):
            related = ((transformer.at("norm_type"), f"norm_type: {kind}"),)
            message = f"`{key}` is refused by `norm_type` `{kind}`: {UNBUILT}"
        elif key == module:
            related = ((transformer.at("conformer"), "conformer: true"),)
            message = f"`{key}` is refused by the layer norms of `conformer`: {UNBUILT}"
        else:
            continue
        yield Problem(at, message, help="leave it out", related=related, fix=removing(at))


@rule("attention-context", on="TransformerOptions", mirrors="models.transformer.TransformerBlock")
def self_attention_width(transformer: Node) -> Iterator[Problem]:
    """`attn_kwargs.dim_context` is left out.

    The settings go to the self attention, whose keys and values come from the transformer itself: no other width than its own can
    work. They go to the cross attention too, which is told a width already, so that with cross attention the model is not built.
    """
    width, own = transformer.given("attn_kwargs.dim_context"), transformer.given("embed_dim")
    at = transformer.at("attn_kwargs.dim_context")
    if transformer("depth") < 1:
        return
    if has_cross_attention(transformer):
        yield Problem(at, f"`dim_context` is given to the cross attention twice: {UNBUILT}", help="leave it out", fix=removing(at))
    elif width != own:
        message = f"`dim_context` is {width}, but the self attention can only look at the transformer itself, {own} wide: {FAILS}"
        related = ((transformer.at("embed_dim"), f"embed_dim: {own}"),)
        yield Problem(at, message, help="leave it out", related=related, fix=removing(at))


@rule("feed-forward", on="TransformerOptions", mirrors="models.transformer.FeedForward")
def feed_forward(transformer: Node) -> Iterator[Problem]:
    """The feed-forward layers give back what they get: as many frames, as wide.

    Their result is added to their input. Another `dim_out` than `embed_dim` fails, and so does a convolution with an even kernel,
    which gives one frame more. A `mult` so small that no hidden channel is left makes layers that do nothing.
    """
    settings, own = transformer.part("ff_kwargs"), transformer.given("embed_dim")
    if transformer("depth") < 1:
        return
    kernel, out = settings("conv_kernel_size"), settings("dim_out")
    if settings("use_conv") and kernel % 2 == 0:
        message = f"`conv_kernel_size` is {kernel}, but an even kernel changes the length: {FAILS}"
        yield Problem(settings.at("conv_kernel_size"), message, help=f"set it to {kernel - 1} or {kernel + 1}")
    if out is not None and out != own:
        then = "the same number is added to every channel" if out == 1 else FAILS
        message = f"`dim_out` is {out}, but the result is added to what is {own} wide: {then}"
        related = ((transformer.at("embed_dim"), f"embed_dim: {own}"),)
        yield Problem(
            settings.at("dim_out"),
            message,
            help="leave it out",
            related=related,
            fix=removing(settings.at("dim_out")),
            severity="warning" if out == 1 else "error",
        )
    if int(own * settings("mult")) == 0:
        message = f"`mult` is {settings('mult'):g}: the feed-forward layers would have no hidden channels and do nothing"
        yield Problem(settings.at("mult"), message, help="leave it out, for 4", severity="warning")


@rule("rotary-embedding", on="TransformerOptions", mirrors="models.transformer.RotaryEmbedding")
def tiny_rotary(transformer: Node) -> Iterator[Problem]:
    """A rotary position embedding has something to turn, and something to number.

    `add_rope` turns half of every head and divides by that half less 2: heads 4 or 5 wide fail. `cross_attn_rotary_pos_emb` numbers
    the cross attention tokens, so there must be some; and because the engine takes the width of the tokens for their number, there
    must be no more of them than the network is wide.
    """
    head = head_width(transformer)
    if transformer("add_rope") and transformer("depth") > 0 and head // 2 == 2:
        message = f"`add_rope` divides by zero for heads {head} wide: {UNBUILT}"
        yield Problem("add_rope", message, help="choose heads at least 6 wide, or leave it out")


@rule("rotary-embedding", on="TransformerOptions", mirrors="models.transformer.ContinuousTransformer.forward")
def rotary_without_tokens(transformer: Node) -> Iterator[Problem]:
    """A rotary position embedding has something to turn, and something to number."""
    if transformer("cross_attn_rotary_pos_emb") is not True or _listed(transformer):
        return
    at, message = transformer.at("cross_attn_rotary_pos_emb"), "`cross_attn_rotary_pos_emb` numbers cross attention tokens"
    yield Problem(at, f"{message}, but there are none: {FAILS}", help="leave it out", fix=removing(at))


@rule("rotary-embedding", on="DiTDiffusion", mirrors="models.transformer.Attention.forward")
def rotary_over_tokens(diffusion: Node) -> Iterator[Problem]:
    """A rotary position embedding has something to turn, and something to number."""
    config = diffusion.part("config")
    if config("cross_attn_rotary_pos_emb") is not True or not diffusion(TOKEN_LISTS[0]):
        return
    if not config("rotary_pos_emb"):
        if not config("add_rope"):
            message = "`cross_attn_rotary_pos_emb` has no effect without `rotary_pos_emb`"
            yield Problem("config.cross_attn_rotary_pos_emb", message, help="leave it out", severity="warning")
        return
    tokens = _tokens(diffusion, TOKEN_LISTS[0])
    key = "embed_dim" if config("project_cond_tokens") else "cond_token_dim"
    if tokens > config.given(key):
        message = f"`cross_attn_rotary_pos_emb` numbers {config(key)} tokens (`{key}`), but the conditioners give {tokens}: {FAILS}"
        related = ((config.at(key), f"{key}: {config(key)}"),)
        yield Problem("config.cross_attn_rotary_pos_emb", message, help="leave it out", related=related)


def _listed(transformer: Node) -> bool:
    """Whether any conditioner feeds the cross attention."""
    around = transformer.parent
    return around is not None and TOKEN_LISTS[0] in around.model.fields and bool(around(TOKEN_LISTS[0]))


def _tokens(diffusion: Node, name: str) -> int:
    """How many tokens a list of conditioners gives.

    Raises:
        Absent: that cannot be told of one of them.
    """
    nodes = conditioners(diffusion.above("DiffusionCondModel"))
    if any(id not in nodes for id in diffusion(name)):
        raise Absent(diffusion.at(name))
    return sum(output_of(nodes[id]).channels for id in diffusion(name))


@rule("position-embedding", on="TransformerOptions", mirrors="models.transformer.ScaledSinusoidalEmbedding")
def even_width(transformer: Node) -> Iterator[Problem]:
    """Position embeddings added to the input fit its width and its length.

    `use_sinusoidal_emb` needs an even `embed_dim`, or the model is not built. `use_abs_pos_emb` has a learned vector for each of
    `abs_pos_emb_max_length` places: the latent frames (divided by `patch_size`), every prepended token, and one more for timestep
    and global conditions where `global_cond_type` is `prepend`.
    """
    if transformer("use_sinusoidal_emb") and transformer.given("embed_dim") % 2:
        message = f"`use_sinusoidal_emb` needs an even `embed_dim`, but it is {transformer('embed_dim')}: {UNBUILT}"
        yield Problem("embed_dim", message, help=f"set it to {transformer('embed_dim') + 1}")


@rule("position-embedding", on=WHOLE, mirrors="models.transformer.AbsolutePositionalEmbedding.forward", contract=("R-DIT-17",))
def enough_places(setup: Setup) -> Iterator[Problem]:
    """Position embeddings added to the input fit its width and its length."""
    model = setup.model.part("model")
    diffusion = model.part("diffusion") if "diffusion" in model.model.fields else model
    config = diffusion.part("config")
    if "DiT" not in names_of(config.model) or not config("use_abs_pos_emb"):
        return
    length, before = frames(setup) // config.given("patch_size"), _prepended(diffusion)
    needed, places = length + before, config("abs_pos_emb_max_length")
    if needed > places:
        at = config.at("abs_pos_emb_max_length")
        said = f"{length} frames" + (f" and {before} token{'s'[: before > 1]} before them" if before else "")
        message = f"`abs_pos_emb_max_length` is {places}, but the sequence has {said}: {FAILS}"
        places = [(node, key) for node, key in ((setup.model, "sample_size"), (config, "patch_size")) if node.written(key)]
        related = tuple((node.at(key), f"{key}: {node(key)}") for node, key in places)
        yield Problem(at, message, help=f"set it to at least {needed}", related=related, fix=setting(at, needed))


def _prepended(diffusion: Node) -> int:
    """Tokens before the latent frames; memory tokens have places of their own."""
    config, lists = diffusion.part("config"), diffusion.model.fields
    own = _tokens(diffusion, TOKEN_LISTS[1]) if TOKEN_LISTS[1] in lists else 0
    timestep, ids = config("timestep_cond_type") == "global", "global_cond_ids" in lists and bool(diffusion("global_cond_ids"))
    return own + int(config("global_cond_type") == "prepend" and (timestep or ids))


@rule("cross-attention-layers", on="TransformerOptions", mirrors="models.transformer.ContinuousTransformer")
def last_layer(transformer: Node) -> Iterator[Problem]:
    """`final_cross_attn_ix` is -1, for all layers, or the index of one of them.

    Below -1 no layer has cross attention, and the conditions never reach the network. From `depth` - 1 on all layers have it.
    """
    last, layers = transformer("final_cross_attn_ix"), transformer.given("depth")
    if last < -1 and _listed(transformer):
        message = f"`final_cross_attn_ix` is {last}: no layer has cross attention, and its conditions never reach the network"
        yield Problem(
            "final_cross_attn_ix",
            message,
            help="set it to -1, for all layers",
            fix=setting(transformer.at("final_cross_attn_ix"), -1),
        )
    elif last >= layers > 0 and has_cross_attention(transformer):
        message = (
            f"`final_cross_attn_ix` is {last}, but the last of {layers} layers is {layers - 1}: all of them have cross attention"
        )
        yield Problem("final_cross_attn_ix", message, help="leave it out, for all layers", severity="warning")


@rule(
    "causal-attention", on="DiTDiffusion", severity="warning", mirrors="models.transformer.TransformerBlock", contract=("R-DIT-20",)
)
def causal_conditions(diffusion: Node) -> Iterator[Problem]:
    """`causal` makes the cross attention causal too.

    With `causal: true` a frame sees only the frames before it. The engine hands the same switch to the cross attention: the first
    frame then sees the first token only, the second frame two, and so on, as if the tokens of a text came one for each frame.
    """
    if diffusion("config.causal") and diffusion(TOKEN_LISTS[0]):
        message = "`causal` holds for the cross attention too: the first frame sees only the first of the condition's tokens"
        yield Problem("config.causal", message, help="leave it out, or condition through `global_cond_ids` or `prepend_cond_ids`")


@rule("sliding-window", on="TransformerOptions", severity="warning", mirrors="models.transformer.Attention.apply_attn")
def windows(transformer: Node) -> Iterator[Problem]:
    """`sliding_window` counts frames to the left and to the right, 0 or more.

    Below 0 means no limit to flash-attn. The code that takes its place where flash-attn is not installed takes the number as it is,
    so that a frame does not even see itself; it also forgets `causal`.
    """
    window = transformer.given("sliding_window")
    if min(window) < 0:
        message = f"`sliding_window` is {list(window)}: below 0 means no limit to flash-attn, but a smaller window without it"
        yield Problem("sliding_window", message, help="count frames from 0; leave it out for no limit")
    if "causal" in transformer.model.fields and transformer("causal"):
        message = "beside `sliding_window`, `causal` has an effect with flash-attn only"
        yield Problem("causal", message, help="set the second number of sliding_window to 0 instead")


@rule("depth", on="TransformerOptions", severity="warning", mirrors="models.transformer.ContinuousTransformer")
def no_layers(transformer: Node) -> Iterator[Problem]:
    """A transformer has layers: with a `depth` of 0 it is built and trained, and only its projections are left."""
    if transformer.given("depth") <= 0:
        yield Problem("depth", f"`depth` is {transformer('depth')}: the network would have no layers", help="set it to 1 or more")


@rule("out-of-range", on="TransformerOptions", mirrors="models.transformer.ContinuousTransformer.forward")
def negative_memory(transformer: Node) -> Iterator[Problem]:
    """A probability or a share lies between 0 and 1, a weight is not below 0."""
    tokens = transformer("num_memory_tokens")
    if tokens >= 0:
        return
    message = f"`num_memory_tokens` is {tokens}, which keeps the last {-tokens} of the sequence only"
    fails = "DiT" in names_of(transformer.model) and not _one_is_left(transformer, -tokens)
    then = f": {FAILS}" if fails else ""
    yield Problem("num_memory_tokens", message + then, help="set it to 0, for none", severity="error" if fails else "warning")


def _one_is_left(dit: Node, kept: int) -> bool:
    """Whether a single frame is left of the kept end, which is compared with all frames of the target."""
    try:
        return dit.parent is not None and kept - _prepended(dit.parent) == 1
    except Absent:
        return False
