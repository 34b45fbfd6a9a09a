"""The optimizers with known keywords: the engine's own and torch's usual ones (engine: `create_optimizer_from_config`).

A default that differs from the shared one is given again without its string: the string stands once, in the base class.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ..base import Count, Data, NonNegativeFloat, Pair, Positive, Probability, Sequence

Beta = Annotated[float, Field(ge=0, lt=1)]
"""Decay rate of a running average."""


class NamedOptimizer(Data):
    """What every optimizer section looks like."""

    type: Any
    """Name of the optimizer class."""
    config: Any
    """Keyword arguments of the optimizer. Must be written, even if it is empty."""


class _Rate(Data):
    lr: NonNegativeFloat
    """Learning rate before any scheduler."""


class _Decay(_Rate):
    weight_decay: NonNegativeFloat = 0.0
    """Strength with which weights are pulled towards zero; 0 turns it off."""


class _Betas(_Decay):
    betas: Pair[Beta] = (0.9, 0.999)
    """Decay rates of the running averages of the gradient and of its square."""
    eps: NonNegativeFloat = 1e-8
    """Added to the denominator, for numerical stability."""


class _Torch(Data):
    foreach: bool | None = None
    """Update all tensors in one call: faster, but needs more memory. `null` lets torch decide."""
    maximize: bool = False
    """Maximise the loss instead of minimising it."""
    differentiable: bool = False
    """Let gradients flow through the step itself. Training never needs that."""


class _Capturable(_Torch):
    capturable: bool = False
    """Make the step safe for capture in a CUDA graph."""


class FusedAdamConfig(_Betas):
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


class CAdamWConfig(_Betas):
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


class AdamW8bitConfig(_Betas):
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


class AdamConfig(_Betas, _Capturable):
    lr: NonNegativeFloat = 1e-3
    amsgrad: bool = False
    """Divide by the largest average of squared gradients so far."""
    fused: bool | None = None
    """Use one fused kernel; excludes `foreach` and `differentiable`. `null` lets torch decide."""
    decoupled_weight_decay: bool = False
    """Apply weight decay to the weights, as AdamW does, instead of to the gradient."""


class AdamOptimizer(NamedOptimizer):
    """Adam, from torch. The engine's choice for diffusion models when only `learning_rate` is given."""

    type: Literal["Adam"]
    config: AdamConfig


class AdamWConfig(_Betas, _Capturable):
    lr: NonNegativeFloat = 1e-3
    weight_decay: NonNegativeFloat = 1e-2
    amsgrad: bool = False
    """Divide by the largest average of squared gradients so far."""
    fused: bool | None = None
    """Use one fused kernel; excludes `foreach` and `differentiable`. `null` lets torch decide."""


class AdamWOptimizer(NamedOptimizer):
    """Adam with decoupled weight decay, from torch."""

    type: Literal["AdamW"]
    config: AdamWConfig


class SGDConfig(_Decay, _Torch):
    lr: NonNegativeFloat = 1e-3
    momentum: NonNegativeFloat = 0.0
    """Share of the last step that is kept."""
    dampening: float = 0.0
    """Share of the gradient that does not enter the momentum. Must be 0 with `nesterov`."""
    nesterov: bool = False
    """Look ahead along the momentum; needs a `momentum` above 0."""
    fused: bool | None = None
    """Use one fused kernel; excludes `foreach` and `differentiable`. `null` lets torch decide."""


class SGDOptimizer(NamedOptimizer):
    """Stochastic gradient descent, from torch."""

    type: Literal["SGD"]
    config: SGDConfig


class RAdamConfig(_Betas, _Capturable):
    lr: NonNegativeFloat = 1e-3
    decoupled_weight_decay: bool = False
    """Apply weight decay to the weights, as AdamW does, instead of to the gradient."""


class RAdamOptimizer(NamedOptimizer):
    """Adam that rectifies the variance of its first steps, from torch."""

    type: Literal["RAdam"]
    config: RAdamConfig


class NAdamConfig(_Betas, _Capturable):
    lr: NonNegativeFloat = 2e-3
    momentum_decay: NonNegativeFloat = 4e-3
    """How fast the momentum's schedule rises."""
    decoupled_weight_decay: bool = False
    """Apply weight decay to the weights, as AdamW does, instead of to the gradient."""


class NAdamOptimizer(NamedOptimizer):
    """Adam with Nesterov momentum, from torch."""

    type: Literal["NAdam"]
    config: NAdamConfig


class AdamaxConfig(_Betas, _Capturable):
    lr: NonNegativeFloat = 2e-3


class AdamaxOptimizer(NamedOptimizer):
    """Adam with the largest instead of the mean squared gradient, from torch."""

    type: Literal["Adamax"]
    config: AdamaxConfig


class AdagradConfig(_Decay, _Torch):
    lr: NonNegativeFloat = 1e-2
    lr_decay: NonNegativeFloat = 0.0
    """The learning rate is divided by one plus this times the steps made."""
    initial_accumulator_value: NonNegativeFloat = 0.0
    """Where the sums of squared gradients start."""
    eps: NonNegativeFloat = 1e-10
    """Added to the denominator, for numerical stability."""
    fused: bool | None = None
    """Use one fused kernel; excludes `foreach` and `differentiable`. `null` lets torch decide."""


class AdagradOptimizer(NamedOptimizer):
    """Adagrad, from torch."""

    type: Literal["Adagrad"]
    config: AdagradConfig


class AdadeltaConfig(_Decay, _Capturable):
    lr: NonNegativeFloat = 1.0
    rho: Probability = 0.9
    """Decay rate of the running average of squared gradients."""
    eps: NonNegativeFloat = 1e-6
    """Added to the denominator, for numerical stability."""


class AdadeltaOptimizer(NamedOptimizer):
    """Adadelta, from torch."""

    type: Literal["Adadelta"]
    config: AdadeltaConfig


class RMSpropConfig(_Decay, _Capturable):
    lr: NonNegativeFloat = 1e-2
    alpha: NonNegativeFloat = 0.99
    """Decay rate of the running average of squared gradients."""
    eps: NonNegativeFloat = 1e-8
    """Added to the denominator, for numerical stability."""
    momentum: NonNegativeFloat = 0.0
    """Share of the last step that is kept."""
    centered: bool = False
    """Divide by an estimate of the gradient's variance instead of its mean square."""


class RMSpropOptimizer(NamedOptimizer):
    """RMSprop, from torch."""

    type: Literal["RMSprop"]
    config: RMSpropConfig


class LBFGSConfig(_Rate):
    lr: NonNegativeFloat = 1.0
    max_iter: int = 20
    """Iterations in one step."""
    max_eval: int | None = None
    """Evaluations of the loss in one step; `null` allows a quarter more than `max_iter`."""
    tolerance_grad: float = 1e-7
    """Stop when no gradient is larger."""
    tolerance_change: float = 1e-9
    """Stop when loss or weights change less."""
    history_size: int = 100
    """Steps remembered; memory grows with it."""
    line_search_fn: Literal["strong_wolfe"] | None = None
    """How the step's length is found; `null` uses `lr`."""


class LBFGSOptimizer(NamedOptimizer):
    """L-BFGS, from torch. Needs the loss again and again in one step, which autoencoders and ARC cannot give it."""

    type: Literal["LBFGS"]
    config: LBFGSConfig
