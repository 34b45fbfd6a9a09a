"""Low-rank adapters: `lora_config`, and the `lora` sections of ARC (engine: `add_lora`)."""

from __future__ import annotations

from typing import Literal

from ..absent import OrAbsent
from ..base import Data, Positive, Probability, Sequence

AdapterType = Literal[
    "lora", "dora", "dora-rows", "dora-cols", "bora", "lora-xs", "dora-rows-xs", "dora-cols-xs", "bora-xs"
]  # fmt: skip
"""The adapters that the engine can build."""


class LoRAConfig(Data):
    """Adapters on the Linear and Conv1d layers of the model and its conditioners; all else is frozen."""

    rank: Positive = 8
    """Width of the adapter. For the `-xs` types at most the smaller side of every adapted layer."""
    alpha: OrAbsent[float] = None
    """The adapter is scaled by `alpha` / `rank`; left out, `alpha` is `rank`."""
    adapter_type: AdapterType = "lora"
    """Kind of adapter. `dora` means `dora-rows`, or what the checkpoint in `lora_ckpt_path` holds (not under `arc`);
    the `-xs` types train a small core between frozen SVD bases, read from the model config's `svd_bases_path` (not
    under `arc`) or else computed layer by layer."""
    include: Sequence[str] | None = None
    """Adapt only layers whose name contains one of these; `layers.[0-3].` stands for four. `null` adapts all. If no
    layer is left, training cannot start."""
    exclude: Sequence[str] | None = None
    """Leave out layers whose name contains one of these, written as in `include` and stronger than it."""


class ArcLoRAConfig(LoRAConfig):
    """Adapters as ARC builds them, on the generator or on the discriminator's backbone."""

    dropout: Probability = 0.0
    """Share of the adapter's inputs that is dropped while training; 0 is none."""
