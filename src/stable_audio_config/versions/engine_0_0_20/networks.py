"""What changed in the networks themselves."""

from __future__ import annotations

from collections.abc import Iterator

from ...source.edit import Change
from ..step import Part, Parts, Unequal

OLD_INIT_ALPHA = 10.0
"""Where 0.0.19 starts the tanh that stands for norms; 0.0.20 starts it at 4."""


def remove_norms_up(old: Parts) -> Iterator[Change | Unequal]:
    """The tanh in the norms' place has a name of its own, and starts where it did."""
    for part in _networks(old):
        if "remove_norms" not in part:
            continue
        if part("remove_norms") is not True:
            yield part.remove("remove_norms")
            continue
        options = part("norm_kwargs")
        yield part.rename("remove_norms", "norm_type")
        yield part.set("norm_type", "dyt")
        if not isinstance(options, dict):
            yield part.set("norm_kwargs", {"init_alpha": OLD_INIT_ALPHA})
        elif "init_alpha" not in options:
            yield Change("set", part.at("norm_kwargs", "init_alpha"), OLD_INIT_ALPHA)


def remove_norms_down(new: Parts) -> Iterator[Change | Unequal]:
    """Only the tanh has an equal, and only where it starts at 10."""
    for part in _networks(new):
        if part("norm_type") != "dyt":
            continue
        options = part("norm_kwargs")
        alpha = options.get("init_alpha", 4.0) if isinstance(options, dict) else 4.0
        if alpha != OLD_INIT_ALPHA:
            message = f"`norm_type: dyt` starts at {alpha:g}, and in engine 0.0.19 always at {OLD_INIT_ALPHA:g}"
            yield Unequal(part.at("norm_type"), message)
        yield part.rename("norm_type", "remove_norms")
        yield part.set("remove_norms", True)
        if isinstance(options, dict) and options.keys() <= {"init_alpha"}:
            yield part.remove("norm_kwargs")


def _networks(parts: Parts) -> Iterator[Part]:
    for part in (parts.model, parts.training):
        if part is not None:
            yield from part.below()
        if part is not None and part is parts.model and parts.training is not None and parts.training.path[:-1] == part.path:
            return  # The training section stands inside of what has just been gone through.


def parts_removed_up(old: Parts) -> Iterator[Change | Unequal]:
    """Nothing can be written instead that would give the same network."""
    if old.model is None:
        return
    for key in ("encoder", "decoder"):
        coder = old.model.group("model", key)
        if coder is not None and coder("type") == "local_attn":
            message = f"the {key} `local_attn` was removed in engine 0.0.20"
            yield Unequal(coder.at("type"), message, "error", "train it with engine 0.0.19, or use `same` or `taae`")
    diffusion = old.model.group("model", "diffusion")
    if diffusion is not None and old.is_conditional and diffusion("type") in ("adp_1d", "adp_cfg_1d"):
        message = f"engine 0.0.20 builds `{diffusion('type')}`, but fails at its first step"
        yield Unequal(diffusion.at("type"), message, "error", "train it with engine 0.0.19, or use `dit`")
