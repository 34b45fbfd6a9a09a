"""`sat unwrap`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .legacy import TakesOldFlags


@click.command("unwrap", cls=TakesOldFlags)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The new file (default: CHECKPOINT-model.ckpt beside it).")
@click.option("--model-config", type=click.Path(path_type=Path), help="What goes inside where the checkpoint carries no config.")
@click.option("--safetensors", is_flag=True, help="Write .safetensors.")
@click.option("--no-ema", is_flag=True, help="Take the trained weights even where there is a moving average of them.")
def command(checkpoint: Path, output: Path | None, model_config: Path | None, safetensors: bool, no_ema: bool) -> None:
    """Take the model out of a training checkpoint, with its config inside.

    The result loads as pretrained_ckpt_path, as pretransform_ckpt_path, in sat pre-encode and sat generate, and in the engine. A
    run's folder stands for its newest checkpoint.
    """
    from ..report.finding import refuse

    if checkpoint.is_dir() and (checkpoint / "experiment.yaml").is_file():
        checkpoint = _newest(checkpoint)
    suffix = ".safetensors" if safetensors else ".ckpt"
    output = output or checkpoint.with_name(f"{checkpoint.stem}-model{suffix}")
    if output.exists():
        raise refuse("not-writable", f"`{output}` exists already", help="choose another name with --output")
    from ..validation.installed import require_engine

    require_engine()
    from ..engine.unwrap import unwrap

    given = {} if model_config is None else {"model_config": _config(model_config, checkpoint)}
    done = unwrap(checkpoint, output, use_ema=not no_ema, **given)
    kind = "moving average of the weights" if done.used_ema else "weights"
    click.echo(f"{done.path}: {done.parameters:,} parameters ({kind})")


def _config(file: Path, checkpoint: Path) -> dict[str, Any]:
    """The config in the file. One that the checkpoint carries counts more, and a warning says so if they differ."""
    from ..report.finding import Finding
    from ..report.text import print_findings
    from ..source.reading import plain_tree
    from ..versions.checkpoint import carried

    config, own = plain_tree(file), carried(checkpoint).model_config
    if own is not None and _weights_of(own) != _weights_of(config):
        message = f"`{file}` is not the config that `{checkpoint}` carries, which is kept"
        print_findings([Finding(rule="checkpoint", severity="warning", message=message, help="leave --model-config out")])
    return config


def _weights_of(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key != "training"}


def _newest(folder: Path) -> Path:
    from ..engine.run_folder import RunFolder
    from ..report.finding import refuse

    complete = RunFolder(folder).complete_checkpoints()
    if not complete:
        raise refuse("checkpoint", f"the run `{folder}` has no complete checkpoint", help="train on until checkpoint_every")
    return complete[-1]
