"""Reads and parses every JSON of a folder, as every command here does, and does nothing with them."""

from __future__ import annotations

import sys
from pathlib import Path

from stable_audio_config.source.reading import plain_tree

for file in sorted(Path(sys.argv[1]).glob("*.json")):
    plain_tree(file)
