"""Weight normalisation folded into the weights that it stands for."""

from __future__ import annotations

from typing import Any

from torch.nn.utils import remove_weight_norm
from torch.nn.utils.weight_norm import WeightNorm


def fold_weight_norm(model: Any) -> int:
    """No layer of `model` has weight normalisation, and all compute what they did; gives back how many had it.

    The engine's own `remove_weight_norm_from_model` raises at the first layer with a weight that is not normalised, and leaves a
    frozen model with trainable weights, since torch makes new ones.
    """
    folded = 0
    for module in model.modules():
        for hook in [hook for hook in module._forward_pre_hooks.values() if isinstance(hook, WeightNorm)]:
            trainable = getattr(module, f"{hook.name}_v").requires_grad
            remove_weight_norm(module, hook.name)
            getattr(module, hook.name).requires_grad_(trainable)
            folded += 1
    return folded
