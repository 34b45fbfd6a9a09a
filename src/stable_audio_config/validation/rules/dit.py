"""The diffusion transformer: heads, patches, timesteps, and what its masks and guidance need."""

from __future__ import annotations

from collections.abc import Iterator

from ..id_lists import TOKEN_LISTS, is_dit, network
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Absent, Node
from ..wiring import wirings
from .condition_shapes import modular_width

FAILS = "the first step would fail"
ROTARY = 32
"""The engine's rotary embedding turns at least so many features of every head."""

NORMED = ("ln", "rms", "dyt")
"""Values of `qk_norm` that are built for heads as wide as was asked for."""


@rule("attention-heads", on="DiT", mirrors="models.transformer.Attention", contract=("R-DIT-1",))
def heads(dit: Node) -> Iterator[Problem]:
    """`num_heads` divides `embed_dim` into heads of a width that attention can work with.

    A head is `embed_dim // num_heads` wide, and there are as many as fit into `embed_dim`. What is left over makes attention fail;
    where nothing is left over the engine may use another number of heads than was asked for. With `rotary_pos_emb`, the default, a
    head must be at least 32 wide.
    """
    width, wanted, layers = dit.given("embed_dim"), dit.given("num_heads"), dit("depth")
    head = width // wanted
    at, related = dit.at("num_heads"), ((dit.at("embed_dim"), f"embed_dim: {width}"),)
    best = _nearest_heads(width, wanted, ROTARY if dit("rotary_pos_emb") else 1)
    help, fix = (
        (f"set it to {best}", setting(at, best, sure=False)) if best else (f"choose an embed_dim of at least {ROTARY}", None)
    )
    problem = _heads_problem(width, wanted, head, rotary=dit("rotary_pos_emb") is True)
    if layers < 1:
        return
    if problem is not None:
        yield Problem(at, problem, help=help, related=related, fix=fix)
    elif width // head != wanted:
        message = (
            f"`num_heads` is {wanted}, but heads of {head} make {width // head} of an `embed_dim` of {width}: so many are used"
        )
        yield Problem(at, message, help=f"set it to {width // head}", related=related, severity="warning")


def _heads_problem(width: int, wanted: int, head: int, *, rotary: bool) -> str | None:
    if head == 0:
        return f"`num_heads` is {wanted}, more than the {width} of `embed_dim`: the model cannot be built"
    if width % head:
        return f"`num_heads` {wanted} does not divide `embed_dim` {width}: heads of {head} leave {width % head} over, and {FAILS}"
    if rotary and head < ROTARY:
        return f"`num_heads` {wanted} makes heads of {head}, but the rotary position embedding needs {ROTARY}: {FAILS}"
    return None


def _nearest_heads(width: int, wanted: int, least: int) -> int | None:
    """The number of heads nearest to `wanted` that divides `width` into heads of `least` or more."""
    fitting = [number for number in range(1, width // least + 1) if width % number == 0]
    return min(fitting, key=lambda number: (abs(number - wanted), number), default=None)


@rule("attention-heads", on="StandaloneTransformer", mirrors="models.transformer.Attention", contract=("R-DIT-1",))
def head_width(transformer: Node) -> Iterator[Problem]:
    """`num_heads` divides `embed_dim` into heads of a width that attention can work with."""
    width, asked = transformer.given("embed_dim"), transformer.given("dim_heads")
    if transformer("depth") < 1:
        return
    rotary, at = transformer("rotary_pos_emb"), transformer.at("dim_heads")
    why = _narrow_or_uneven(width, asked, rotary=rotary is True, norm=str(transformer("attn_kwargs.qk_norm")))
    if why is None:
        return
    fitting = [size for size in range(ROTARY if rotary else 1, width + 1) if width % size == 0]
    best = min(fitting, key=lambda size: (abs(size - asked), size), default=None)
    yield Problem(
        at,
        f"{why}: {FAILS}",
        help=f"set it to {best}" if best else f"choose an embed_dim of at least {ROTARY}",
        related=((transformer.at("embed_dim"), f"embed_dim: {width}"),),
        fix=setting(at, best, sure=False) if best else None,
    )


def _narrow_or_uneven(width: int, asked: int, *, rotary: bool, norm: str) -> str | None:
    """What is wrong with heads of `asked` channels. As many are made as fit, and they share the whole width among them."""
    count = max(width // asked, 1)
    head, turned = width // count, max(asked // 2, ROTARY)
    if width % count:
        return f"`dim_heads` {asked} makes {count} heads, which do not divide `embed_dim` {width}"
    if norm in NORMED and head != min(asked, width):
        return f"`dim_heads` {asked} makes heads of {head} out of `embed_dim` {width}, but `qk_norm` {norm} is built for {asked}"
    if rotary and head < turned:
        return f"heads of {head} are too narrow for the rotary position embedding, which turns {turned}"
    return None


@rule("patch-size", on=WHOLE, mirrors="models.transformer.Attention.apply_attn", contract=("R-DIT-9",))
def padding_mask_per_frame(setup: Setup) -> Iterator[Problem]:
    """Masks and local conditioning need a `patch_size` of 1.

    A larger patch folds several latent frames into one token. The padding mask still has one entry for each frame, so that
    attention fails. Local conditioning has one entry for each frame too: only its end is used, at the wrong places.
    """
    for model in setup.named("DiffusionCondModel"):
        yield from _masked_patches(model.part("diffusion"), "mask_padding_attention", model.part("diffusion"))
    if setup.model_type.startswith("diffusion_cond"):
        yield from _masked_patches(setup.model.part("model.diffusion"), "training.mask_padding_attention", setup.training)


def _masked_patches(diffusion: Node, name: str, holder: Node) -> Iterator[Problem]:
    if diffusion("type") != "dit" or holder("mask_padding_attention") is not True:
        return
    patch, at = diffusion.given("config.patch_size"), diffusion.at("config.patch_size")
    if patch > 1:
        message = f"`patch_size` is {patch}, but `{name}` works with 1 only: {FAILS}"
        related = ((holder.at("mask_padding_attention"), "mask_padding_attention: true"),)
        yield Problem(at, message, help=f"set it to 1, or {name} to false", related=related, fix=setting(at, 1, sure=False))


@rule("patch-size", on="DiTDiffusion", severity="warning", mirrors="models.transformer._left_pad_to_match", contract=("R-DIT-11",))
def local_per_frame(diffusion: Node) -> Iterator[Problem]:
    """Masks and local conditioning need a `patch_size` of 1."""
    patch = diffusion.given("config.patch_size")
    for name in ("local_add_cond_ids", "modular_local_cond_configs"):
        if patch > 1 and diffusion(name):
            message = f"`patch_size` is {patch}, but `{name}` works with 1: only the last {patch}th of the frames would be used"
            related = ((diffusion.at(name), name),)
            yield Problem("config.patch_size", message.replace("2th", "half"), help="set it to 1", related=related)
            return


@rule("project-cond-tokens", on=WHOLE, mirrors="models.transformer.Attention", contract=("R-DIT-3",))
def tokens_as_they_are(setup: Setup) -> Iterator[Problem]:
    """With `project_cond_tokens: false`, `cond_token_dim` is cut into heads as wide as the network's own.

    Keys and values then keep the width of the tokens. It must be a whole number of heads, `embed_dim // num_heads` wide each, and
    the network must have as many heads as that or a multiple: Stable Audio Open has 24 heads of 64 over tokens of 12 heads.
    """
    for wiring in wirings(setup):
        port = wiring.ports.get(TOKEN_LISTS[0])
        if is_dit(wiring.model) and port and all(entry.output.width == port.expected for entry in port.given) and port.named:
            yield from _unprojected(network(wiring.model).part("config"))


def _unprojected(config: Node) -> Iterator[Problem]:
    width, tokens = config.given("embed_dim"), config.given("cond_token_dim")
    head = width // config.given("num_heads")
    if config("project_cond_tokens") or not tokens or not head or width % head:
        return
    if tokens % head or tokens < head:
        why = f"heads of {head} (`embed_dim` // `num_heads`) do not divide `cond_token_dim` {tokens}"
    elif (width // head) % (tokens // head):
        why = (
            f"the {width // head} heads of the network are no multiple of the {tokens // head} that `cond_token_dim` {tokens} makes"
        )
    else:
        return
    at = config.at("project_cond_tokens")
    related = tuple((config.at(key), f"{key}: {config(key)}") for key in ("cond_token_dim", "num_heads", "embed_dim"))
    yield Problem(
        at, f"without `project_cond_tokens`, {why}: {FAILS}", help="set it to true", related=related, fix=setting(at, True)
    )


@rule("project-global-cond", on="DiTDiffusion", mirrors="models.dit.DiffusionTransformer._forward", contract=("R-DIT-5",))
def global_as_it_is(diffusion: Node) -> Iterator[Problem]:
    """With `project_global_cond: false`, `global_cond_dim` equals `embed_dim`.

    The global condition is then added to the timestep, or put before the sequence, as it is.
    """
    config = diffusion.part("config")
    width, own, at = config.given("global_cond_dim"), config.given("embed_dim"), config.at("project_global_cond")
    if not config("project_global_cond") and width and width != own and diffusion("global_cond_ids"):
        message = f"without `project_global_cond`, `global_cond_dim` {width} must equal `embed_dim` {own}: {FAILS}"
        related = ((config.at("global_cond_dim"), f"global_cond_dim: {width}"), (config.at("embed_dim"), f"embed_dim: {own}"))
        yield Problem(at, message, help="set it to true", related=related, fix=setting(at, True))


@rule("timestep-width", on="DiT", mirrors="models.dit.DiffusionTransformer", contract=("R-DIT-15",))
def timestep_channels(dit: Node) -> Iterator[Problem]:
    """`timestep_cond_type: input_concat` needs `timestep_embed_dim` channels, and the timestep needs features.

    Without the width the model is not built. With a width of 0, or with no `timestep_features_dim`, it is built and trained, but
    the network is never told how noisy its input is.
    """
    concat = dit("timestep_cond_type") == "input_concat"
    if concat and dit("timestep_embed_dim") is None:
        help = "set it, for example to 64; or write timestep_cond_type: global"
        message = "`timestep_embed_dim` is missing, but `timestep_cond_type` `input_concat` needs it: the model cannot be built"
        related = ((dit.at("timestep_cond_type"), "timestep_cond_type: input_concat"),)
        yield Problem("timestep_embed_dim", message, help=help, related=related)
    if concat and (dit("timestep_embed_dim") or 0) < 0:
        message = f"`timestep_embed_dim` is {dit('timestep_embed_dim')}, and no layer can be so wide: the model cannot be built"
        yield Problem("timestep_embed_dim", message, help="set it, for example to 64")
    zero = "timestep_embed_dim" if concat and dit("timestep_embed_dim") == 0 else "timestep_features_dim"
    if dit(zero) == 0:
        message = f"`{zero}` is 0: the network is never told how noisy its input is"
        yield Problem(zero, message, help="leave it out" if zero == "timestep_features_dim" else "set it to 64", severity="warning")


@rule("global-cond-type", on="DiTDiffusion", severity="warning", mirrors="models.transformer.TransformerBlock.forward")
def nothing_to_scale_by(diffusion: Node) -> Iterator[Problem]:
    """`global_cond_type: adaLN` scales every layer by the timestep and the global conditions, so one of them must be there.

    With `timestep_cond_type: input_concat` the timestep goes elsewhere. Without `global_cond_ids` nothing is left: the weights of
    the scaling are never trained.
    """
    config = diffusion.part("config")
    if (
        config("global_cond_type") == "adaLN"
        and config("timestep_cond_type") == "input_concat"
        and not diffusion("global_cond_ids")
    ):
        message = "`global_cond_type` is `adaLN`, but neither the timestep nor any of `global_cond_ids` is there to scale by"
        yield Problem("config.global_cond_type", message, help="leave it out, or name conditioners in global_cond_ids")


@rule("guidance", on=WHOLE, severity="warning", mirrors="models.dit.DiffusionTransformer.forward", contract=("R-DIT-18",))
def nothing_to_guide(setup: Setup) -> Iterator[Problem]:
    """Classifier-free guidance acts on cross attention and prepended tokens only.

    `cfg_dropout_prob` hides their tokens now and then while training, and the scales of demos and generation strengthen what they
    say. Global conditions and signals are never hidden: a model that has only those trains and sounds the same at every scale.
    """
    model = setup.model.part("model")
    if not is_dit(model) or any(network(model)(name) for name in TOKEN_LISTS):
        return
    if not any(network(model)(name) for name in ("global_cond_ids", "input_concat_ids", "local_add_cond_ids")):
        return
    why = "no id stands in `cross_attention_cond_ids` or `prepend_cond_ids`, and guidance acts on nothing else"
    training = setup.training
    if training.written("cfg_dropout_prob") and training("cfg_dropout_prob") not in (0, 0.1):
        message = f"`cfg_dropout_prob` is {training('cfg_dropout_prob')}, but {why}"
        yield Problem(training.at("cfg_dropout_prob"), message, help="leave it out")
    if any(scale != 1 for scale in training("demo.demo_cfg_scales")):
        at, scales = training.at("demo.demo_cfg_scales"), list(training("demo.demo_cfg_scales"))
        message = f"`demo_cfg_scales` is {scales}, but {why}: all of them sound the same"
        yield Problem(at, message, help="set it to [1]", fix=setting(at, [1]))


@rule("cannot-generate", on=WHOLE, severity="note", mirrors="inference.generation.generate_diffusion_cond", contract=("R-DIT-24",))
def cannot_generate(setup: Setup) -> Iterator[Problem]:
    """A model that should generate has no `modular_local_cond_configs`.

    Such a model trains and makes demos, but the engine's function for generating stumbles over its conditions, which come in a
    dictionary of their own. `local_add_cond_ids` do not have this problem.
    """
    diffusion = setup.model.part("model.diffusion")
    if diffusion("type") == "dit" and diffusion("modular_local_cond_configs") and not list(modular_width(setup)):
        message = "a model with `modular_local_cond_configs` trains and makes demos, but engine 0.0.20 cannot generate with it"
        yield Problem(
            diffusion.at("modular_local_cond_configs"), message, help="use `local_add_cond_ids` where you want to generate"
        )


@rule("padding-mode", on="DiTDiffusion", severity="note", mirrors="models.dit.DiffusionTransformer.forward", contract=("R-DIT-19",))
def padding_is_attended_to(diffusion: Node) -> Iterator[Problem]:
    """Cross attention sees padding tokens, whatever their mask says.

    The DiT drops the masks of cross attention. With `padding_mode: none` the raw embeddings of padding tokens are attended to like
    words, and the length of a text changes what the network sees; `zero` and `learned` make all padding alike.
    """
    for conditioner in diffusion.above("DiffusionCondModel").part("conditioning").parts("configs"):
        try:
            listed = conditioner("id") in diffusion(TOKEN_LISTS[0])
        except Absent:
            continue
        if listed and _raw_padding(conditioner):
            message = f"`{conditioner('id')}` keeps its padding tokens as they are, and cross attention takes them for words"
            at = conditioner.at("config.padding_mode")
            yield Problem(at, message, help="write padding_mode: zero", fix=setting(at, "zero", sure=False))


def _raw_padding(conditioner: Node) -> bool:
    return conditioner.written("config.padding_mode") and conditioner.tree["config"]["padding_mode"] == "none"
