"""Many runs from one command line, through Hydra's own sweepers and launchers (`hydra/launcher=submitit_slurm`, joblib, ray)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.hydra import Hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig

from .composer import Composition, Prepared, Request, finish, guarded, loaded, prepare
from .loading import Loader, search_path

STAY = "hydra.job.chdir=false"
"""Every run stays in the folder that the sweep was started in, so that relative paths mean what they meant when checked."""

Check = Callable[[Composition], Any]
Run = Callable[[Any, tuple[str, ...], Path], int]


def sweep(request: Request, check: Check, run: Run) -> int:
    """Every combination is composed and checked, then each is run in a folder of its own below `hydra.sweep.dir`; the largest
    exit code.

    Raises:
        Refused: before the first run, if any combination has an error.
    """
    prepared = prepare(request)
    if not any(word.startswith("hydra/sweeper=") for word in prepared.words):  # Others choose their points as they go.
        for point in points(prepared):
            check(point)

    def task(config: DictConfig) -> int:
        folder = Path(HydraConfig.get().runtime.output_dir)
        overrides = tuple(word.lstrip("+") for word in HydraConfig.get().overrides.task)
        with_hydra = config.copy()
        with_hydra._set_flag("struct", False)
        with_hydra["hydra"] = HydraConfig.instance().cfg.hydra  # type: ignore[union-attr]
        point = replace(prepared, words=list(HydraConfig.get().overrides.task), typed=overrides)
        return run(check(finish(with_hydra, point)), overrides, folder)

    GlobalHydra.instance().clear()
    hydra = Hydra.create_main_hydra2("sat", search_path(prepared.folders))
    try:
        batches = hydra.multirun(prepared.root, task, [STAY, *prepared.words], with_log_configuration=False)
    finally:
        GlobalHydra.instance().clear()
    return max((job.return_value for batch in batches or () for job in batch), default=0)


def points(prepared: Prepared) -> list[Composition]:
    """Every combination of a sweep, composed, in the order in which Hydra's basic sweeper runs them."""
    loader = Loader(config_search_path=search_path(prepared.folders))

    def compose_point(words: list[str]) -> Composition:
        return loaded(loader, replace(prepared, words=words, typed=tuple(word.lstrip("+") for word in words)))

    def split() -> Any:
        return BasicSweeper.split_arguments(OverridesParser.create().parse_overrides(prepared.words), None)[0]

    return [compose_point(words) for words in guarded(split, prepared.folders)]
