"""What the commands that make files do, from Python. What exists is never written over, what is only shown not written at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .migrate.export import Export
    from .migrate.migration import Migration
    from .starting.draft import Draft
    from .versions.upgrade import Upgraded

Want = Literal["autoencoder", "text-to-audio", "unconditional", "fine-tune"]
"""What a first experiment can be for."""


def first_experiment(*things: str, file: str | Path, want: Want | None = None, model: str | None = None) -> Draft:
    """A commented experiment for what somebody has stands in `file`, as `sat init THINGS...` writes it, and checks clean.

    Args:
        things: a folder of sound or of latents, a model config, a checkpoint.
        file: where it is written; its name without the ending is the experiment's.
        want: what for; None takes what such things are most used for.
        model: a preset or config in the place of the one that fits this machine.

    Raises:
        Refused: a file is there already, something is missing, or the experiment would have errors.
    """
    from .starting import plan
    from .starting.draft import write
    from .starting.having import recognised

    target, having = Path(file), recognised(things, model)
    planned = plan.plan(having, want or plan.natural_want(having), target.stem, plan.has_gpu(), target.parent)
    return write(planned, target)


def migrate_files(*names: str, output: str | Path | None = None, write: bool = False) -> Migration:
    """What becomes of old files of the engine: each new experiment, compared with what the engine got before.

    Args:
        names: INI files, model and dataset JSON, scripts, or folders of them.
        output: the new file, where there is one only.
        write: write the new files; old ones are neither changed nor deleted.

    Raises:
        Refused: there is nothing to migrate, files contradict each other, or a new file cannot be written.
    """
    from .migrate.migration import migrate
    from .migrate.migration import write as write_results
    from .report.finding import Refused

    done = migrate(names, output=None if output is None else Path(output))
    new = [result for result in done.results if result.state == "new"]
    failed = write_results(new) if write and new else {}
    if failed:
        raise Refused(*failed.values())
    return done


def upgrade_file(file: str | Path, *, to_engine: str = "0.0.20", from_engine: str | None = None) -> Upgraded:
    """The text of a file as it would be in today's format and for an engine's version, its comments kept. Nothing is written.

    Raises:
        Refused: it cannot be read.
    """
    from .datamodels.schema_version import SCHEMA_VERSION
    from .versions.upgrade import Ask, upgraded

    return upgraded(Path(file), Ask(SCHEMA_VERSION, from_engine, to_engine))


def export_files(*words: str, folder: str | Path, config_dir: str | None = None) -> Export:
    """The model JSON, dataset JSON and INI of the engine's own script stand in `folder`; read back, they are what was composed.

    Args:
        words: as for `load_experiment`.
        folder: made where it is not there.
        config_dir: the folder of your presets.

    Raises:
        Refused: the experiment has errors, or a file is there already.
    """
    from .api import judged
    from .compose.composer import Request, compose
    from .migrate.export import exported
    from .starting.writing import write_new

    composition = compose(Request(words, "config", config_dir))
    judged(composition)
    done = exported(composition.tree, Path(folder))
    write_new({Path(folder) / name: text for name, text in done.files.items()})
    return done
