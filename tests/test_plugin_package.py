"""The plugin package of the tests without the engine: its parts are checked like built-in ones, by programs of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from plugin_record import PACKAGE, write_record

BOTTLENECK = "model.model.bottleneck={type: %s, config: {dim: 16}}"
WIDTH = "model.model.encoder.config.latent_dim=16"
"""Only a VAE needs an encoder that is twice as wide as the latent."""


@pytest.fixture
def python(tmp_path: Path) -> dict[str, str]:
    """The environment of a Python that has the package installed."""
    folders = [str(PACKAGE), str(write_record(tmp_path / "site"))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(folders), "COLUMNS": "100"}


def sat(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stable_audio_config", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_an_experiment_with_parts_of_an_installed_plugin_is_right(python: dict[str, str]) -> None:
    done = sat(python, "train", "experiment=quick_test", BOTTLENECK % "leaky", WIDTH, "--cfg")
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr
    assert "type: leaky" in done.stdout


def test_without_the_plugin_its_tag_is_a_mistake() -> None:
    done = sat(dict(os.environ), "train", "experiment=quick_test", BOTTLENECK % "leaky", "--cfg")
    assert done.returncode == 1
    assert "error[unknown-type]: `model.model.bottleneck.type` is `leaky`, which does not exist" in done.stderr


def test_a_tag_of_the_plugin_is_suggested(python: dict[str, str]) -> None:
    done = sat(python, "train", "experiment=quick_test", BOTTLENECK % "leaki", "--cfg")
    assert done.returncode == 1
    assert "did you mean `leaky`?" in done.stderr
    none_like_it = sat(python, "train", "experiment=quick_test", BOTTLENECK % "xyz", "--cfg")
    assert "`leaky`" in none_like_it.stderr, "it stands in the list of what there is"


def test_the_keys_of_the_plugin_are_checked(python: dict[str, str]) -> None:
    words = "model.model.bottleneck={type: leaky, config: {dim: 0, laek: 0.2}}"
    done = sat(python, "train", "experiment=quick_test", words, "--cfg")
    assert "unknown key `laek` in `model.model.bottleneck.config`" in done.stderr
    assert "did you mean `leak`?" in done.stderr
    assert "`model.model.bottleneck.config.dim` is 0, but must be greater than 0" in done.stderr


def test_checking_imports_no_networks(python: dict[str, str]) -> None:
    program = (
        "import sys; from stable_audio_config import load_experiment\n"
        f"load_experiment('experiment=quick_test', {BOTTLENECK % 'leaky'!r}, {WIDTH!r})\n"
        "assert 'gentle_parts' in sys.modules\n"
        "assert not {'gentle_parts.networks', 'torch', 'stable_audio_tools'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], env=python, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
