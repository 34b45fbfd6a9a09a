"""One experiment: everything a training run needs, as one validated object."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, ValidatorFunctionWrapHandler, field_validator

from .base import Count, Data, Name, NonNegativeFloat, Positive, Sequence
from .kinds import TRAINING, AnyTraining, DatasetConfig, ModelConfig
from .schema_version import SCHEMA_VERSION as SCHEMA_VERSION
from .tagged import typed

Precision = Literal[
    "16-mixed", "bf16-mixed", "32-true", "64-true", "16-true", "bf16-true", "transformer-engine",
    "transformer-engine-float16", "16", "32", "64", "bf16",
]  # fmt: skip
"""The precisions that Lightning knows."""


class RunOptions(Data):
    """How the run goes: flat at the top of an experiment, under the names known from the engine's `defaults.ini`."""

    name: Name = "stable_audio_tools"
    """Name of the run: its folder below `save_dir`, and its name in the logger."""
    project: Name | None = None
    """Project in the logger; `null` uses `name`."""
    save_dir: Name = "runs"
    """Folder below which every run gets a folder of its own, `save_dir/name/<when>`."""
    seed: Count = 42
    """Start of all random numbers. Under Slurm each process adds its rank."""

    batch_size: Positive = 4
    """Samples per step and process."""
    max_steps: Annotated[int, Field(ge=-1)] = -1
    """Optimizer steps after which training ends; -1 trains until stopped. With a discriminator, its steps count too."""
    accum_batches: Positive = 1
    """Batches whose gradients are added up before one optimizer step. Must be 1 for autoencoders and ARC."""
    gradient_clip_val: NonNegativeFloat = 0.0
    """Largest norm of the gradient; 0 does not clip. Autoencoders and ARC need `training.clip_grad_norm` instead."""
    precision: Precision = "16-mixed"
    """Number format of the computation. On a CPU `16-mixed` runs as `32-true`."""

    accelerator: Literal["auto", "cpu", "gpu", "cuda", "mps", "tpu"] = "auto"
    """What to train on; `auto` takes a GPU where there is one."""
    devices: Literal["auto"] | Annotated[int, Field(ge=-1)] | Sequence[Count] = "auto"
    """How many devices of one node, or a list of their numbers; `auto` and -1 take all."""
    num_nodes: Positive = 1
    """Machines."""
    strategy: Name = "auto"
    """How several devices share the work: a Lightning strategy (`ddp`, `ddp_find_unused_parameters_true`, `fsdp`, ...) or
    `deepspeed` (stage 2, as in the engine's script)."""
    num_workers: Count = 6
    """Processes that load data; 0 loads in the training process."""

    checkpoint_every: Positive = 10000
    """Optimizer steps between checkpoints. One more is written when training ends or is stopped."""
    save_top_k: Annotated[int, Field(ge=-1)] = -1
    """How many checkpoints to keep, the newest ones; -1 keeps all, 0 writes none."""
    recover: bool = False
    """Go on from the newest complete checkpoint of the newest run of this `name` in `save_dir`; start afresh if there is none."""
    ckpt_path: Name | None = None
    """Training checkpoint to go on from: weights, optimizer, step count."""
    pretrained_ckpt_path: Name | None = None
    """Model checkpoint whose weights the model starts with; weights that do not fit are left out and counted."""
    pretransform_ckpt_path: Name | None = None
    """Model checkpoint of the autoencoder in `model.pretransform`; every weight must fit."""
    remove_pretransform_weight_norm: Literal["pre_load", "post_load"] | None = None
    """Fold weight normalisation into the pretransform's weights before or after `pretransform_ckpt_path` is read."""

    val_every: Annotated[int, Field(ge=-1)] = -1
    """Batches between validations over `val_dataset`; -1 and 0 never validate."""
    logger: Literal["wandb", "comet", "tensorboard", "csv", "none"] = "wandb"
    """Where losses and demos go. The run's folder holds a `metrics.csv` and the demos in any case."""
    log_every: Positive = 1
    """Steps between two rows in the logger."""


class ExperimentConfig(RunOptions):
    """Everything one run needs. Building it changes nothing; the engine is handed fresh plain dictionaries."""

    schema_version: Literal[1] = 1
    """Version of this format."""
    plugins: Sequence[Name] = ()
    """Python modules that add types of their own; imported before the experiment is checked.
    Installed plugins need not stand here."""
    accept_unknown: Sequence[Name] = ()
    """Keys that your fork of the engine reads and we do not know, by their place: `model.model.diffusion.config.my_key`. They
    reach the engine unchecked."""
    model: ModelConfig
    """What the engine's model JSON holds, without `training`."""
    training: AnyTraining
    """The training section that belongs to `model.model_type`."""
    dataset: DatasetConfig
    """What the engine's dataset JSON holds."""
    val_dataset: DatasetConfig | None = None
    """A dataset for validation, read every `val_every` batches; demos then use it too."""

    def __repr__(self) -> str:
        """What it is, on one line; the whole of it would fill pages."""
        from ..report.notebook import experiment_text  # Words are made there; nothing here needs them before they are asked for.

        return experiment_text(self)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        from ..report.notebook import experiment_html

        return experiment_html(self)

    @field_validator("training", mode="wrap")
    @classmethod
    def _by_model_type(cls, value: Any, _handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """The section itself has no tag: `model.model_type` says which data model it must fit."""
        model = info.data.get("model")
        if model is None:  # The model has findings of its own; without its type nothing can be said about this section.
            return value
        section = TRAINING.branch(model.model_type)
        if section is None:
            raise ValueError(f"there is no training section for `{model.model_type}`")
        return value if isinstance(value, section) else typed(section, value)
