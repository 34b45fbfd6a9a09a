"""Conditional diffusion: the networks and how they are conditioned (engine: `create_diffusion_cond_from_config`).

How a conditioner's output reaches the network is decided by the id list that names it. Tokens and sequences fit
`cross_attention_cond_ids` and `prepend_cond_ids`, tokens fit `global_cond_ids`, and signals fit `input_concat_ids`,
`local_add_cond_ids` and `modular_local_cond_configs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from .adp import ADPCFGUNetConfig, ADPUNetConfig
from .base import Data, Gone, Name, Sequence, Since
from .conditioning import Conditioning
from .dit import DiTConfig
from .kinds import CondDiffusion, DistributionShift, Pretransform
from .model import ModelConfigBase
from .transformer import ModularLocalCond

DiffusionObjective = Literal["v", "rectified_flow", "rf_denoiser"]
"""What the network predicts: the velocity of a cosine schedule, the flow of straight paths, or such a flow treated as a
denoiser (ARC)."""


class _Diffusion(Data):
    diffusion_objective: DiffusionObjective = "v"
    """What the network predicts: `v`, `rectified_flow` or `rf_denoiser`."""
    cross_attention_cond_ids: Sequence[str] = ()
    """Conditioners whose tokens the cross attention sees, one after the other. Needs `cond_token_dim`."""
    global_cond_ids: Sequence[str] = ()
    """Conditioners whose tokens are put beside each other into one vector. Needs `global_cond_dim`."""
    input_concat_ids: Sequence[str] = ()
    """Conditioners whose signals are put beside the input, stretched to its length; also `inpaint_mask` and
    `inpaint_masked_input`. Needs `input_concat_dim`."""
    local_add_cond_ids: Annotated[Sequence[str], Since("0.0.20")] = ()
    """Conditioners whose signals are projected and added in every layer, cut or padded at the front to the length; also
    `inpaint_mask` and `inpaint_masked_input`. Needs `local_add_cond_dim`."""
    modular_local_cond_configs: Annotated[Sequence[ModularLocalCond], Since("0.0.20")] = ()
    """Signals added in every layer, each with a projection of its own. `model.generate` fails with them."""
    prepend_cond_ids: Sequence[str] = ()
    """Conditioners whose tokens are put before the sequence. Needs `prepend_cond_dim`."""
    distribution_shift_options: DistributionShift | None = None
    """Warps the timesteps of training; null means none."""
    sampling_distribution_shift_options: Annotated[DistributionShift | None, Since("0.0.20")] = None
    """Warps the timesteps of demos, metrics and generation; null means `logsnr` with a `rate` of 0, and `none` a plain
    linear schedule."""
    mask_padding_attention: Annotated[bool, Since("0.0.20")] = False
    """Keeps the self attention off the padding; works with `patch_size` 1 only."""
    use_effective_length_for_schedule: Annotated[bool, Since("0.0.20")] = False
    """Shifts by every item's own length (`seconds_total`) in the place of the padded one. In training without effect
    unless `distribution_shift_options` is set."""


class DiTDiffusion(_Diffusion):
    """A diffusion transformer."""

    type: Literal["dit"]
    """`dit`."""
    config: DiTConfig
    """The network; may be empty, but not left out."""


class ADPDiffusion(_Diffusion):
    """A U-Net. It is built, but cannot run in 0.0.20: every step hands it a keyword it does not take."""

    type: Literal["adp_1d"]
    """`adp_1d`."""
    config: ADPUNetConfig
    """The network."""


class ADPCFGDiffusion(_Diffusion):
    """A U-Net with guidance. It is built, but cannot run in 0.0.20: every step hands it a keyword it does not take."""

    type: Literal["adp_cfg_1d"]
    """`adp_cfg_1d`."""
    config: ADPCFGUNetConfig
    """The network."""


class DiffusionCondModel(Data):
    """The `model` dictionary of a conditional diffusion model, with or without inpainting."""

    gone: ClassVar[Mapping[str, Gone]] = {
        "prior_type": Gone("0.0.19", "was removed in 0.0.19, with the model type `diffusion_prior`", "take it out"),
    }

    diffusion: CondDiffusion
    """The network, and which conditioner reaches it how."""
    io_channels: int
    """Channels of the noise that demos and generation start from; must equal the network's own channels."""
    pretransform: Pretransform | None = None
    """Turns audio into latents and back; null means that the network works on audio."""
    conditioning: Conditioning | None = None
    """The conditioners. Training needs the section, if only with an empty list of `configs`."""


class DiffusionCondConfig(ModelConfigBase):
    """A conditional diffusion model, usually over the latents of a frozen autoencoder (its `pretransform`)."""

    model_type: Literal["diffusion_cond"]
    """`diffusion_cond`."""
    model: DiffusionCondModel
    """The networks and how they are conditioned."""
    svd_bases_path: Annotated[Name | None, Since("0.0.20")] = None
    """File of SVD bases for the `-xs` LoRA adapters; read only when `training.lora_config` is set."""


class DiffusionInpaintConfig(DiffusionCondConfig):
    """A conditional diffusion model that can also fill holes: the same networks, with demos that show the holes filled."""

    model_type: Literal["diffusion_cond_inpaint"]  # type: ignore[assignment]
    """`diffusion_cond_inpaint`."""


class NestedDiffusionCondConfig(DiffusionCondConfig):
    """A whole diffusion config standing inside another config (a teacher, the base of a discriminator)."""

    training: dict[str, Any] | None = None
    """Never read here."""


class NestedDiffusionInpaintConfig(DiffusionInpaintConfig):
    """The same for a model that can fill holes."""

    training: dict[str, Any] | None = None
    """Never read here."""
