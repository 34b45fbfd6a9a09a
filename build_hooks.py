"""What hatchling does besides packing files: a wheel holds the schemas that its own data models make."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Schemas(BuildHookInterface):  # type: ignore[type-arg]
    """Brings the generated schemas up to date before they are packed. An editable install reads the tree as it is."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """The schema files are current after the call.

        Raises:
            Refused: one cannot be written.
        """
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root) / "src"))
        try:
            from stable_audio_config.schemas.files import refresh, stale

            old = stale({})
            refresh(old)
        finally:
            sys.path.pop(0)
        for file in old:
            self.app.display_info(f"brought up to date: {file.relative_to(self.root)}")
