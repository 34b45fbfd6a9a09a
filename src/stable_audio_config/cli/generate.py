"""`sat generate`"""

from __future__ import annotations

import click

from .composing import composing, print_tree
from .legacy import TakesOldFlags


@click.command("generate", cls=TakesOldFlags)
@composing
def command(words: tuple[str, ...], config_name: str | None, config_dir: str | None, show_config: bool) -> None:
    """Make sounds with a trained model: WAV files, a spectrogram of each, and what they were made with.

    \b
    sat generate inference=tiny ckpt_path=model.ckpt
    sat generate ckpt_path=model.ckpt 'conditions=[{prompt: soft rain, seconds_start: 0, seconds_total: 10}]' steps=50
    """
    from ..compose.composer import Request, compose
    from ..datamodels.inference import InferenceConfig
    from ..validation.installed import require_engine
    from ..validation.structure import checked

    composition = compose(Request(words, config_name or "inference", config_dir))
    if show_config:
        print_tree(composition.tree)
    config = checked(composition.tree, InferenceConfig)
    if show_config:
        return
    require_engine()
    from ..engine.generate import generate
    from ..report.text import print_findings

    done = generate(config)
    if done.findings:
        print_findings(done.findings)
    for file in done.files:
        click.echo(str(file))
