"""The Hydra config source that reads our presets: YAML and JSON, by name or by path."""

from __future__ import annotations

from pathlib import Path

from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from omegaconf import DictConfig, OmegaConf

from ..report.finding import Finding, Refused
from ..source.modeline import MARK
from ..source.reading import read_text
from .overrides import NOTHING
from .places import GROUPS, SUFFIXES, find_preset, preset_names
from .reading import dataset_of_folder, read_config

GLOBAL_GROUPS = ("experiment", "pre_encode", "inference")
"""Groups whose presets hold keys of the top level."""


class PresetSource(ConfigSource):
    """One folder of presets. `model/NAME` is `model/NAME.yaml` or `.json`; `model/some/file.json` is that file itself."""

    @staticmethod
    def scheme() -> str:
        """The scheme under which Hydra knows this source."""
        return "presets"

    def load_config(self, config_path: str) -> ConfigResult:
        """The preset, its header and its content."""
        if config_path.endswith(f"/{NOTHING}"):
            return self._result(OmegaConf.create({}), {})
        found = self._find(config_path)
        if found is None:
            raise ConfigLoadError(f"no preset {config_path} in {self.path}")
        if found.is_dir():
            return self._result(dataset_of_folder(found), {})
        header = {} if found.suffix == ".json" else _header(found)
        config = read_config(found)
        if header.get("package") is None and config_path.split("/")[0] in GLOBAL_GROUPS and "/" in config_path:
            header["package"] = "_global_"
        return self._result(config, header)

    def _result(self, config: DictConfig, header: dict[str, str | None]) -> ConfigResult:
        header.setdefault("package", None)
        return ConfigResult(config=config, path=f"{self.scheme()}://{self.path}", provider=self.provider, header=header)

    def _find(self, config_path: str) -> Path | None:
        root = Path(self.path)
        group, _, name = config_path.partition("/")
        if group not in GROUPS or not name:
            return find_preset(root, config_path.removesuffix(".yaml"))
        if name.endswith(SUFFIXES):
            candidates = (root / group / name, root / name, Path(name).expanduser())
            return next((file for file in candidates if file.is_file()), None)
        preset = find_preset(root, config_path)
        if preset is None and group == "dataset" and Path(name).expanduser().is_dir():
            return Path(name).expanduser()
        return preset

    def available(self) -> bool:
        """True when the folder exists."""
        return Path(self.path).is_dir()

    def is_group(self, config_path: str) -> bool:
        """True for a folder of presets."""
        return (Path(self.path) / config_path).is_dir()

    def is_config(self, config_path: str) -> bool:
        """True for a preset, or a file or folder standing in its place."""
        return config_path.endswith(f"/{NOTHING}") or self._find(config_path) is not None

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """The names below a group."""
        if results_filter == ObjectType.GROUP:
            return []
        return preset_names([Path(self.path)], config_path)


def _header(file: Path) -> dict[str, str | None]:
    """What the first lines of a preset say: `# @package _global_`.

    Raises:
        Refused: that is not one package.
    """
    text = read_text(file)[:512]
    lines = [line for line in text.splitlines() if not line.startswith(MARK)]  # Editors put a modeline above everything else.
    try:
        return ConfigSource._get_header_dict("\n".join(lines))
    except ValueError:
        number, line = next((at, line) for at, line in enumerate(text.splitlines(), 1) if _is_odd(line))
        message = f"`{line.strip()}` must name one package"
        help = "write `# @package _global_`, or take the line out"
        raise Refused(Finding(rule="composition", message=message, help=help, source=str(file), line=number)) from None


def _is_odd(line: str) -> bool:
    """Whether Hydra takes the line for a header, and cannot read it: `# @` and not exactly a name and a value."""
    words = line.strip().lstrip("#").split()
    return line.lstrip().startswith("#") and words[:1] != [] and words[0].startswith("@") and len(words) != 2
