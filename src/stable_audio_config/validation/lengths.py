"""Lengths worked out from a config alone: how many frames a signal has after every part that it passes.

0 stands for a signal that is too short for a part, which then fails. The functions take nodes of the view and raise `Absent`
where a number that they need is missing or broken.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from math import ceil, lcm, prod

from .geometry import STAGED, coder_type, inner_ratio, outward
from .view import Absent, Node

_DAC_STRIDES = {"44khz": (2, 4, 8, 8), "24khz": (2, 4, 5, 8), "16khz": (2, 4, 5, 8)}
"""Of the published DAC models."""


def complete(*coders: Node) -> bool:
    """Whether the stages of all are as written and can be built; where not, the rules `stages` and `chunk-size` say so."""
    for coder in coders:
        kind = coder_type(coder)
        if kind in STAGED and not _one_for_each_stage(coder.part("config")):
            return False
        if kind in ("same", "taae_v2") and len(coder("config.transformer_depths")) < len(coder("config.c_mults")):
            return False
        chunked = kind in ("same", "taae_v2") and coder("config.sliding_window") is None
        if chunked and any(coder("config.chunk_size") % factor for factor in outward(coder)):
            return False
    return True


def _one_for_each_stage(config: Node) -> bool:
    spare = len(config("strides")) - len(config("c_mults"))
    return spare == 0 or (spare > 0 and not config.written("strides"))  # The default is cut to the stages without a word from us.


def latent_frames(encoder: Node, frames: int) -> int:
    """What an encoder makes of a signal of `frames`; 0 where it is too short."""
    kind = encoder("type")
    if kind in ("same", "taae_v2"):
        for factor, chunk in _stages(encoder):
            frames = ceil(frames / chunk) * chunk // factor
        return frames
    steps = {"seanet": _rounding_up, "taae": _skipping_1}
    return reduce(steps.get(kind, _convolved), outward(encoder), frames)


def decoded_frames(decoder: Node, frames: int) -> int:
    """What a decoder makes of a latent of `frames`; 0 where it is too short."""
    kind = decoder("type")
    if kind in ("same", "taae_v2"):
        for factor, chunk in reversed(_stages(decoder)):
            frames = ceil(frames * factor / chunk) * chunk
        return frames
    exact = kind == "seanet" or (kind == "oobleck" and decoder("config.use_nearest_upsample"))
    factors = outward(decoder)[::-1]
    if exact:
        return frames * prod(factors)
    kept = [factor for factor in factors if factor > 1 or kind != "taae"]
    return reduce(_transposed, kept, frames)


def encoded_frames(pretransform: Node, samples: int) -> int:
    """What a pretransform makes of `samples` of audio; 0 where it fails, because they are too few or do not divide."""
    kind = pretransform("type")
    if kind == "autoencoder":
        return autoencoder_frames(pretransform.part("config"), samples)
    if kind == "wavelet":
        return 0 if samples % whole(pretransform) else samples // whole(pretransform)
    if kind == "patched":
        patch, times = pretransform.given("config.patch_size"), max(pretransform("config.oversampling"), 1)
        return ceil(samples * times / patch) if samples * times >= -samples * times % patch else 0
    if kind == "dac_pretrained":
        return reduce(_convolved, _DAC_STRIDES[pretransform("config.model_type")], samples)
    raise Absent(pretransform.path)


def autoencoder_frames(model: Node, samples: int) -> int:
    """Latent frames that an autoencoder really makes of `samples` of audio."""
    inner = encoded_frames(model.part("pretransform"), samples) if model.has("pretransform") else samples
    return latent_frames(model.part("encoder"), inner) if inner else 0


def whole(pretransform: Node) -> int:
    """What the audio's length must be a multiple of, for the pretransform not to fail."""
    return 2 ** int(pretransform.given("config.levels")) if pretransform("type") == "wavelet" else 1


def wavelets(pretransform: Node) -> int:
    """What the audio's length must be a multiple of, for every wavelet transform at the front of a chain of pretransforms."""
    inside = pretransform.part("config") if pretransform("type") == "autoencoder" else None
    if inside is not None and inside.has("pretransform"):
        return wavelets(inside.part("pretransform"))
    return whole(pretransform)


def chunks(coder: Node) -> int:
    """What the length at the audio's side must be a multiple of, for every stage of a `same` encoder to fill whole chunks."""
    before, unit = 1, 1
    for factor, chunk in _stages(coder):
        unit = lcm(unit, before * chunk)
        before *= factor
    return unit


def _stages(coder: Node) -> list[tuple[int, int]]:
    """(factor, frames at the higher rate that are taken at once) of the stages of a `same` coder, from the audio's side."""
    slides, chunk = coder("config.sliding_window") is not None, int(coder("config.chunk_size"))
    stages = zip(outward(coder), coder("config.transformer_depths"), strict=False)
    return [(factor, factor if slides else chunk) if depth else (1, 1) for factor, depth in stages]


def _convolved(frames: int, stride: int) -> int:
    padded = frames + 2 * ceil(stride / 2) - 2 * stride
    return padded // stride + 1 if padded >= 0 else 0


def _skipping_1(frames: int, stride: int) -> int:
    return frames if stride == 1 else _convolved(frames, stride)


def _rounding_up(frames: int, stride: int) -> int:
    return ceil(frames / stride)


def _transposed(frames: int, stride: int) -> int:
    return max(frames * stride + stride - 2 * ceil(stride / 2), 0)


@lru_cache(maxsize=8)  # Several rules ask the same node.
def trained_length(config: Node) -> int:
    """Samples that the losses of a trained autoencoder compare: the crop, or what the decoder makes of it where that is longer."""
    size, model = int(config.given("sample_size")), config.part("model")
    try:
        decoded = decoded_frames(model.part("decoder"), autoencoder_frames(model, size)) * inner_ratio(model)
    except Absent:
        return size
    return max(size, decoded)
