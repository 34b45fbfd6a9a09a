"""The optimizers that the engine adds, by itself or through other packages (engine: `create_optimizer_from_config`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ...base import Count, Data, NonNegativeFloat, Pair, Positive, Probability, Sequence
from .base import Betas, NamedOptimizer


class FusedAdamConfig(Betas):
    lr: NonNegativeFloat = 1e-3
    bias_correction: bool = True
    """Correct the running averages for their start at zero."""
    adam_w_mode: bool = True
    """`true` decouples weight decay from the gradient (AdamW), `false` adds it to the gradient (Adam)."""
    amsgrad: bool = False
    """Must stay `false`: deepspeed raises otherwise."""
    set_grad_none: bool = True
    """Set gradients to nothing instead of zero between steps."""


class FusedAdamOptimizer(NamedOptimizer):
    """Adam in fused CUDA kernels, from deepspeed, which must be installed."""

    type: Literal["FusedAdam"]
    config: FusedAdamConfig


class CAdamWConfig(Betas):
    lr: NonNegativeFloat = 1e-3
    eps: NonNegativeFloat = 1e-6
    correct_bias: bool = True
    """Correct the running averages for their start at zero."""
    no_deprecation_warning: bool = False
    """Nothing reads it."""


class CAdamWOptimizer(NamedOptimizer):
    """Cautious AdamW: leaves out the part of an update that disagrees with the gradient's sign."""

    type: Literal["CAdamW"]
    config: CAdamWConfig


class CLionConfig(Data):
    lr: Annotated[float, Field(gt=0)] = 1e-4
    """Learning rate before any scheduler. Lion needs a smaller one than Adam."""
    betas: Pair[Probability] = (0.9, 0.99)
    """Weights of the running average in the update and in the average itself."""
    weight_decay: float = 0.0
    """Strength with which weights are pulled towards zero; 0 turns it off."""


class CLionOptimizer(NamedOptimizer):
    """Cautious Lion: steps by the sign of the momentum, only where it agrees with the gradient."""

    type: Literal["CLion"]
    config: CLionConfig


class AdamW8bitConfig(Betas):
    lr: NonNegativeFloat = 1e-3
    weight_decay: NonNegativeFloat = 1e-2
    amsgrad: bool = False
    """Nothing uses it; newer versions of bitsandbytes raise if it is `true`."""
    optim_bits: int = 32
    """Without effect, the state always has 8 bits; newer versions of bitsandbytes raise if it is not 32."""
    args: Any = None
    """An object with further arguments of bitsandbytes; leave it `null`."""
    min_8bit_size: Count = 4096
    """Tensors with fewer elements keep a 32 bit state."""
    percentile_clipping: Positive = 100
    """Clip at this percentile of the last 100 gradient norms; 100 turns it off. Gone from bitsandbytes 0.50."""
    block_wise: bool = True
    """Quantise each block of a tensor by itself. Gone from bitsandbytes 0.50."""
    is_paged: bool = False
    """Move the state to main memory when the GPU's is full."""


class AdamW8bitOptimizer(NamedOptimizer):
    """AdamW with an 8 bit state, from bitsandbytes, which must be installed; needs CUDA."""

    type: Literal["AdamW8bit"]
    config: AdamW8bitConfig


class MuonAdamWConfig(Data):
    muon_lr: float = 0.02
    """Learning rate of the weights with two or more dimensions."""
    muon_momentum: float = 0.95
    """Decay rate of their running average of gradients."""
    muon_nesterov: bool = True
    """Look ahead along the momentum."""
    muon_weight_decay: float = 0.0
    """Weight decay of the weights with two or more dimensions; 0 turns it off."""
    ns_steps: Count = 5
    """Newton-Schulz iterations that make an update orthogonal."""
    adam_lr: float = 3e-4
    """Learning rate of all other parameters (biases, norms)."""
    adam_betas: Pair[float] = (0.9, 0.95)
    """Decay rates of AdamW's running averages."""
    adam_eps: float = 1e-8
    """Added to AdamW's denominator, for numerical stability."""
    adam_weight_decay: float = 0.01
    """Weight decay of all other parameters; 0 turns it off."""
    fused_layer_patterns: Sequence[str] | None = None
    """Patterns (`*.to_qkv.weight`) of parameter names whose matrices are several in one and are made orthogonal piece
    by piece. Without effect for autoencoders and language models, whose optimizers are not told the names."""


class MuonAdamWOptimizer(NamedOptimizer):
    """Muon for matrices, AdamW for everything else. There is no `lr`: each of the two has its own."""

    type: Literal["MuonAdamW"]
    config: MuonAdamWConfig
