"""`sat pre-encode`"""

from __future__ import annotations

import click

from .composing import composing, print_tree
from .legacy import TakesOldFlags


@click.command("pre-encode", cls=TakesOldFlags)
@composing
def command(words: tuple[str, ...], config_name: str | None, config_dir: str | None, show_config: bool) -> None:
    """Turn a dataset into latents with an autoencoder, for dataset_type pre_encoded.

    \b
    sat pre-encode ckpt_path=autoencoder.ckpt dataset=/data/music output_path=latents batch_size=8
    sat pre-encode pre_encode=tiny ckpt_path=autoencoder.ckpt output_path=latents
    """
    from ..compose.composer import Request, compose
    from ..datamodels.pre_encode import PreEncodeConfig
    from ..report.finding import Refused
    from ..synthetic.on_demand import ensure_for
    from ..validation.files import dataset_files
    from ..validation.installed import require_engine
    from ..validation.structure import checked

    composition = compose(Request(words, config_name or "pre_encode", config_dir))
    if show_config:
        print_tree(composition.tree)
    config = checked(composition.tree, PreEncodeConfig)
    if show_config:
        return
    require_engine()
    ensure_for(config.dataset)
    found = dataset_files(config.dataset, batch_size=1)
    if found:
        raise Refused(*found)
    from ..engine.pre_encode import pre_encode
    from ..report.text import print_findings

    done = pre_encode(config)
    if done.findings:
        print_findings(done.findings)
    click.echo(f"{done.clips} clips in {done.folder}")
