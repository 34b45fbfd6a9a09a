"""The logger that an experiment asks for."""

from __future__ import annotations

from typing import Any

from pytorch_lightning.loggers import CometLogger, CSVLogger, TensorBoardLogger, WandbLogger

from ..datamodels.experiment import ExperimentConfig
from .run_folder import RunFolder


def build_logger(experiment: ExperimentConfig, folder: RunFolder) -> Any:
    """A Lightning logger, or False for none. Files go into the run's folder."""
    project = experiment.project or experiment.name
    if experiment.logger == "wandb":
        return WandbLogger(project=project, name=experiment.name, save_dir=str(folder.path))
    if experiment.logger == "comet":
        return CometLogger(project_name=project, experiment_name=experiment.name, save_dir=str(folder.path))
    if experiment.logger == "tensorboard":
        return TensorBoardLogger(save_dir=str(folder.path), name="tensorboard", version="")
    if experiment.logger == "csv":
        return CSVLogger(save_dir=str(folder.path), name="csv", version="")
    return False


def end_logging(logger: Any) -> None:
    """The run of the logger is over: the next one in this process begins its own. Lightning would go on with the one of wandb,
    and wandb with the settings that it once read from the environment."""
    if isinstance(logger, WandbLogger):
        import wandb
        from wandb.sdk.wandb_setup import teardown

        wandb.finish()
        teardown()
