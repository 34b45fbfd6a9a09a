"""Hydra's loader over the folders of presets, and what it merged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import CachingConfigRepository, IConfigRepository
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.default_element import ResultDefault
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from omegaconf import DictConfig

from .source import PresetSource


def search_path(folders: list[Path]) -> ConfigSearchPathImpl:
    """Hydra's own configs, then the preset folders."""
    Plugins.instance()  # Registers Hydra's own sources and finds installed launchers and sweepers.
    SourcesRegistry.instance().register(PresetSource)
    path = ConfigSearchPathImpl()
    path.append("hydra", "pkg://hydra.conf")
    for index, folder in enumerate(folders):
        path.append("main" if index == 0 else f"presets{index}", f"presets://{folder}")
    path.append("schema", "structured://")
    return path


@dataclass(frozen=True)
class Merged:
    """What Hydra laid over each other."""

    defaults: list[ResultDefault]
    """The files, in the order in which they were merged."""
    overrides: list[Override]
    """The overrides of single keys, which come after them."""


class Loader(ConfigLoaderImpl):
    """Hydra's own loader, which remembers what it merged last."""

    merged: Merged

    def _parse_overrides_and_create_caching_repo(
        self, config_name: str | None, overrides: list[str]
    ) -> tuple[list[Override], CachingConfigRepository]:
        parsed, repository = super()._parse_overrides_and_create_caching_repo(config_name, overrides)
        self._parsed = parsed
        return parsed, repository

    def _compose_config_from_defaults_list(self, defaults: list[ResultDefault], repo: IConfigRepository) -> DictConfig:
        keys = [each for each in self._parsed if isinstance(each.value(), dict) or not repo.group_exists(each.key_or_group)]
        self.merged = Merged(defaults, keys)
        return super()._compose_config_from_defaults_list(defaults, repo)
