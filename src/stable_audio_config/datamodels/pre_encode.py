"""Pre-encoding: a dataset and an autoencoder checkpoint become a folder of latents (`sat pre-encode`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .autoencoder import NestedAutoencoderConfig
from .base import Count, Data, Name, Positive, Sequence
from .kinds import DatasetConfig


class PreEncodeConfig(Data):
    """Every option of the engine's `pre_encode.py`, under the same names, and what that script lacks."""

    ckpt_path: Name
    """Checkpoint of the autoencoder: a model checkpoint, or a training checkpoint (its weights are taken out, EMA first)."""
    model: NestedAutoencoderConfig | None = None
    """Config of the autoencoder; `null` takes the one inside the checkpoint."""
    dataset: DatasetConfig
    """The audio to encode."""
    output_path: Name
    """Folder for the latents. It must be empty or absent, unless `overwrite` is set."""
    overwrite: bool = False
    """Write into `output_path` although it holds latents of an earlier run. Files of the same name are replaced."""
    batch_size: Positive = 1
    """Clips encoded at once."""
    sample_size: Positive = 1320960
    """Length of every clip in audio samples; longer files are cut, shorter ones padded. Use a multiple of the autoencoder's
    `downsampling_ratio`."""
    is_discrete: bool = False
    """Save the token numbers of a discrete bottleneck instead of latents."""
    model_half: bool = False
    """Encode in 16 bit floats."""
    num_workers: Count = 4
    """Processes that load data; 0 loads in the main process."""
    limit_batches: Positive | None = None
    """Stop after this many batches per process; `null` encodes everything."""
    shuffle: bool = False
    """Encode in random order."""
    accelerator: Literal["auto", "cpu", "gpu", "cuda", "mps", "tpu"] = "auto"
    """What to compute on; `auto` takes a GPU where there is one."""
    devices: Literal["auto"] | Annotated[int, Field(ge=-1)] | Sequence[Count] = "auto"
    """How many devices of one node; `auto` takes all."""
    num_nodes: Positive = 1
    """Machines."""
    strategy: Name = "auto"
    """How several devices share the work."""
    seed: Count = 42
    """Start of the random numbers (random crops)."""
    schema_version: Literal[1] = 1
    """Version of this format."""
