"""A metadata module for a user's own sounds: the engine asks it for the prompt of each."""

from __future__ import annotations

PROMPTS = '''\
"""The prompt of each sound, for the engine: what `get_custom_metadata` returns joins the metadata of the sound.

The engine runs this file by its path, in every process that loads data. Change it to where your descriptions are.
"""


def get_custom_metadata(info, audio):
    """`rain.txt` beside `rain.wav` holds its prompt; without one the file's name is the prompt, `soft_rain.wav` as `soft rain`."""
    from pathlib import Path

    sound = Path(info["path"])
    description = sound.with_suffix(".txt")
    if description.is_file():
        prompt = " ".join(description.read_text(encoding="utf-8").split())
    else:
        prompt = " ".join(sound.stem.replace("_", " ").replace("-", " ").split())
    return {"prompt": prompt}
'''
"""The text of that module."""
