"""The U-Nets: lists that describe one level each, groups, attention."""

from __future__ import annotations

from collections.abc import Iterator

from ..rule import Problem, removing, rule, setting
from ..view import Absent, Node

UNBUILT = "the model cannot be built"
ATTENTION_GROUPS = 32
"""Groups of the norm in front of every transformer layer; fixed in the engine."""


@rule("unet-levels", on="ADPUNet", mirrors="models.adp.UNet1d")
def levels(unet: Node) -> Iterator[Problem]:
    """`factors` and `num_blocks` have one entry less than `multipliers`, and `attentions` at least as many as `factors`.

    `multipliers` has an entry for every resolution, the input's included; the other lists describe the steps between them. The last
    entry of `attentions` is the bottleneck's. The engine only says that an assertion failed.
    """
    steps = len(unet("multipliers")) - 1
    if steps < 0:
        yield Problem("multipliers", f"`multipliers` is empty: {UNBUILT}", help="give one entry for every resolution")
        return
    lengths = {key: len(unet(key)) for key in ("factors", "num_blocks")}
    wrong = [key for key, length in lengths.items() if length != steps]
    related = ((unet.at("multipliers"), f"{steps + 1} entries"),)
    if len(wrong) == 2 and len(set(lengths.values())) == 1:
        count = lengths["factors"]
        message = (
            f"`multipliers` has {steps + 1} entries, but `factors` and `num_blocks` have {count} and need {count + 1}: {UNBUILT}"
        )
        places = tuple((unet.at(key), f"{count} entries") for key in lengths)
        yield Problem("multipliers", message, help=f"give it {count + 1} entries", related=places)
        wrong, steps = [], count
    for key in wrong:
        message = f"`{key}` has {lengths[key]} entries, but the {steps + 1} of `multipliers` need {steps}: {UNBUILT}"
        yield Problem(key, message, help=f"give it {steps} entries", related=related)
    yield from _attentions(unet, steps)


def _attentions(unet: Node, steps: int) -> Iterator[Problem]:
    count, needed = len(unet("attentions")), max(steps, 1)
    if count < needed:
        message = f"`attentions` has {count} entries, but needs {needed}, and one more for the bottleneck: {UNBUILT}"
        yield Problem("attentions", message, help=f"give it {steps + 1} entries")
    elif count > steps + 1:
        message = f"`attentions` has {count} entries: the first {steps} are read, and the last one, for the bottleneck"
        yield Problem("attentions", message, help=f"give it {steps + 1} entries", severity="warning")


@rule("unet-groups", on="ADPUNet", mirrors="models.adp.ConvBlock1d")
def groups(unet: Node) -> Iterator[Problem]:
    """`resnet_groups` divides the channels of every level, and 32 those of every level with attention.

    The channels of a level are `channels` times its entry in `multipliers`, and at a level with `context_channels` those too. The
    first level, the input's, has no groups.
    """
    number = unet.given("resnet_groups")
    if _is_odd(unet):
        return
    for level in _levels(unet):
        for channels in _normed(unet, level):
            if channels % number:
                yield _ungrouped(unet, level, channels, number, "resnet_groups")
                return
        if _attends(unet, level) and _wide(unet, level) % ATTENTION_GROUPS:
            yield _ungrouped(unet, level, _wide(unet, level), ATTENTION_GROUPS, "attentions")
            return


def _levels(unet: Node) -> list[int]:
    """The levels with groups: all but the input's, where there is another.

    Raises:
        Absent: the lists do not fit together, so that nothing can be said about levels.
    """
    steps = len(unet("multipliers")) - 1
    if steps < 0 or any(len(unet(key)) != steps for key in ("factors", "num_blocks")) or len(unet("attentions")) < max(steps, 1):
        raise Absent(unet.path)
    return list(range(1, steps + 1)) or [0]


def _wide(unet: Node, level: int) -> int:
    return int(unet.given("channels") * unet("multipliers")[level])


def _normed(unet: Node, level: int) -> Iterator[int]:
    """Channels that some norm of a level works on."""
    last = level == len(unet("multipliers")) - 1
    if last or unet("num_blocks")[level - 1] > 0 or unet("attentions")[level - 1]:
        yield _wide(unet, level)
    context = unet("context_channels") or ()
    if level and level < len(context) and unet("num_blocks")[level - 1] > 0:
        yield _wide(unet, level) + context[level]


def _attends(unet: Node, level: int) -> bool:
    """Whether a level, or the bottleneck at the last one, has transformer layers."""
    attentions = unet("attentions")
    return bool((level and attentions[level - 1]) or (level == len(unet("multipliers")) - 1 and attentions[-1]))


def _ungrouped(unet: Node, level: int, channels: int, groups: int, key: str) -> Problem:
    own = f"{unet('channels')} times {unet('multipliers')[level]}"
    whose = own if channels == _wide(unet, level) else f"{own}, and its `context_channels`"
    message = f"level {level} has {channels} channels ({whose}), which {groups} groups do not divide: {UNBUILT}"
    lists = f"multipliers: {list(unet('multipliers'))}"
    related = ((unet.at("channels"), f"channels: {unet('channels')}"), (unet.at("multipliers"), lists))
    cure = f"choose a divisor of {channels}" if key == "resnet_groups" else "make them a multiple, or take the attention out"
    return Problem(key, message, help=cure, related=related)


@rule("unet-channels", on="ADPUNet", mirrors="models.adp.UNet1d")
def first_channels(unet: Node) -> Iterator[Problem]:
    """`channels` is even, and its first level can be folded into patches.

    The timestep is described by `channels` features, half of them sines, so that an odd number fails unless `use_context_time` is
    off. `patch_size` must divide `channels` times the first of `multipliers`.
    """
    channels, patch = unet.given("channels"), unet.given("patch_size")
    if _is_odd(unet):
        message = f"`channels` is {channels}, but describing the timestep needs an even number: {UNBUILT}"
        yield Problem("channels", message, help=f"set it to {channels + 1}")
        return
    first = channels * unet("multipliers")[0] if unet("multipliers") else 0
    if first % patch:
        message = f"`patch_size` {patch} does not divide the {first} channels of the first level: {UNBUILT}"
        related = ((unet.at("channels"), f"channels: {channels}"),)
        yield Problem("patch_size", message, help=f"choose a divisor of {first}", related=related)


def _is_odd(unet: Node) -> bool:
    """Whether the timestep cannot be described: nothing else about the channels is then worth saying."""
    return bool(unet("use_context_time") and unet.given("channels") % 2)


@rule("unet-attention", on="ADPUNet", mirrors="models.adp.DownsampleBlock1d")
def attention(unet: Node) -> Iterator[Problem]:
    """Where `attentions` are above 0, heads and `attention_multiplier` are set, and no head is wider than its level.

    One of `attention_heads` and `attention_features` is enough, the other follows from the channels of the level; with more heads
    than channels, or wider heads, nothing is left of the other.
    """
    attended = [level for level in _levels(unet) if _attends(unet, level)]
    if not attended:
        return
    heads, features = unet("attention_heads"), unet("attention_features")
    related = ((unet.at("attentions"), f"attentions: {list(unet('attentions'))}"),)
    if heads is None and features is None:
        message = f"`attentions` are above 0, but neither `attention_heads` nor `attention_features` is set: {UNBUILT}"
        yield Problem("attention_heads", message, help="set attention_heads, for example to 8", related=related)
    if unet("attention_multiplier") is None:
        message = f"`attentions` are above 0, but `attention_multiplier` is not set: {UNBUILT}"
        yield Problem("attention_multiplier", message, help="set it, for example to 4", related=related)
    key, value = ("attention_heads", heads) if features is None else ("attention_features", features)
    narrowest = min(_wide(unet, level) for level in attended)
    if value is not None and (heads is None or features is None) and value > narrowest:
        message = f"`{key}` is {value}, more than the {narrowest} channels of a level with attention: {UNBUILT}"
        yield Problem(key, message, help=f"set it to a divisor of {narrowest}", related=related)


@rule("unet-stft", on="ADPUNet", mirrors="models.adp.UNet1d")
def spectrograms(unet: Node) -> Iterator[Problem]:
    """`use_stft` is off, and no key that begins with `stft_` is set.

    In engine 0.0.20 a U-Net on spectrograms fails in its first step, when torch refuses what is to be transformed back. Without
    `use_stft` the keys that begin with `stft_` are refused as unknown.
    """
    if unet("use_stft"):
        at = unet.at("use_stft")
        yield Problem(
            at, "`use_stft` cannot run in engine 0.0.20: the first step would fail", help="leave it out", fix=setting(at, False)
        )
        return
    for key in unet.tree:
        if str(key).startswith("stft_") and key in unet.model.fields and unet.at(str(key)) not in unet.broken:
            at = unet.at(str(key))
            yield Problem(at, f"`{key}` is refused without `use_stft`: {UNBUILT}", help="leave it out", fix=removing(at))
