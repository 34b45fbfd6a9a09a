"""`sat show`, `pre-encode`, `generate` and `unwrap` as commands, up to the engine's door."""

from __future__ import annotations

import json
import pickle
import sys
import zipfile
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import yaml

from stable_audio_config.report.finding import Finding
from stable_audio_config.validation import installed

Sat = Callable[..., Any]


def checkpoint(path: Path, **content: Any) -> Path:
    """A torch file that holds plain data only."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"state_dict": {}, **content}, 2))
    return path


def stand_in(monkeypatch: pytest.MonkeyPatch, name: str, result: Any) -> list[Any]:
    """A module of the engine room whose one function remembers what it was given."""
    calls: list[Any] = []

    def work(*arguments: Any, **options: Any) -> Any:
        calls.append((*arguments, options) if options else arguments)
        return result

    module = ModuleType(name)
    setattr(module, name, work)
    monkeypatch.setitem(sys.modules, f"stable_audio_config.engine.{name}", module)
    monkeypatch.setattr(installed, "find_spec", lambda name: ModuleSpec(name, None))
    return calls


def test_show_prints_the_experiment_inside_a_checkpoint(sat: Sat, tmp_path: Path) -> None:
    inside = {"schema_version": 1, "experiment": {"name": "Übung", "seed": 1}, "versions": {"python": "3.10"}}
    file = checkpoint(tmp_path / "a.ckpt", stable_audio_config=inside)
    result = sat("show", str(file))
    assert (result.code, result.out, result.err) == (0, "name: Übung\nseed: 1\n", "")
    assert yaml.safe_load(sat("show", str(file), "--versions").out) == {"python": "3.10"}


def test_show_prints_the_model_config_of_the_engines_own_checkpoint(sat: Sat, tmp_path: Path) -> None:
    file = checkpoint(tmp_path / "a.ckpt", model_config={"model_type": "autoencoder"})
    assert sat("show", str(file)).out == "model_type: autoencoder\n"


def test_show_reads_the_metadata_of_a_safetensors_file(sat: Sat, tmp_path: Path) -> None:
    inside = {"experiment": {"name": "mine"}, "versions": {"python": "3.10"}}
    header = json.dumps({"__metadata__": {"format": "pt", "stable_audio_config": json.dumps(inside)}}).encode()
    (tmp_path / "a.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    assert sat("show", "a.safetensors").out == "name: mine\n"
    assert yaml.safe_load(sat("show", "a.safetensors", "--versions").out) == {"python": "3.10"}


def test_show_prints_what_stands_in_a_runs_folder(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "experiment.yaml").write_text("# written by sat\nname: mine\n")
    (tmp_path / "versions.json").write_text('{"python": "3.10"}\n')
    assert sat("show", str(tmp_path)).out == "# written by sat\nname: mine\n"
    assert json.loads(sat("show", str(tmp_path), "--versions").out) == {"python": "3.10"}


def test_show_refuses_what_holds_no_experiment(sat: Sat, tmp_path: Path) -> None:
    file = checkpoint(tmp_path / "a.ckpt")
    result = sat("show", str(file))
    assert result.code == 1
    assert f"error[checkpoint]: `{file}` holds no experiment: it was not written by sat train" in result.err
    assert "no such file" in sat("show", "gone.ckpt").err
    (tmp_path / "text.ckpt").write_text("hello")
    assert "it is neither a torch file nor a safetensors file" in sat("show", "text.ckpt").err


@pytest.mark.parametrize(
    ("command", "missing"),
    [("pre-encode", ["ckpt_path", "output_path"]), ("generate", ["ckpt_path", "conditions"])],
)
def test_what_has_no_default_is_asked_for(sat: Sat, command: str, missing: list[str]) -> None:
    result = sat(command)
    assert result.code == 1
    assert [line for line in result.err.splitlines() if line.startswith("error")] == [
        f"error[missing-value]: `{key}` has no value yet" for key in missing
    ]


def test_pre_encode_prints_its_configuration(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "sounds").mkdir()
    result = sat("pre-encode", "ckpt_path=a.ckpt", "output_path=latents", "dataset=sounds", "limit_batches=2", "--cfg")
    assert (result.code, result.err) == (0, "")
    tree = yaml.safe_load(result.out)
    assert (tree["limit_batches"], tree["dataset"]["datasets"][0]["path"]) == (2, "sounds")


def test_pre_encode_asks_for_a_dataset(sat: Sat) -> None:
    result = sat("pre-encode", "ckpt_path=a.ckpt", "output_path=latents")
    assert result.code == 1
    assert result.err.startswith("error[missing-key]: `dataset` is missing\n  --> `dataset`\n   = help: choose one: ")


def test_pre_encode_looks_at_the_sounds_before_the_engine_is_loaded(
    sat: Sat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = stand_in(monkeypatch, "pre_encode", SimpleNamespace(clips=3, folder="latents", findings=[]))
    (tmp_path / "sounds").mkdir()
    arguments = ("pre-encode", "ckpt_path=a.ckpt", "output_path=latents", "dataset=sounds")
    result = sat(*arguments)
    assert (result.code, calls) == (1, [])
    assert "error[no-files]" in result.err
    (tmp_path / "sounds" / "a.wav").touch()
    result = sat(*arguments)
    assert (result.code, result.out, result.err) == (0, "3 clips in latents\n", "")
    assert calls[0][0].ckpt_path == "a.ckpt"


def test_generate_prints_its_configuration_and_its_mistakes(sat: Sat) -> None:
    result = sat("generate", "inference=tiny", "ckpt_path=a.ckpt", "steps=0", "--cfg")
    assert result.code == 1
    assert yaml.safe_load(result.out)["steps"] == 0
    assert result.err.startswith("error[wrong-value]: `steps` is 0, but must be greater than 0\n")
    assert sat("generate", "inference=tiny", "ckpt_path=a.ckpt", "--cfg").code == 0


def test_generate_takes_a_model_config(sat: Sat) -> None:
    result = sat("generate", "inference=tiny", "ckpt_path=a.ckpt", "model=tiny_diffusion_cond", "--cfg")
    assert (result.code, result.err) == (0, "")


def test_generate_names_its_files_and_prints_warnings(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> None:
    warning = Finding(rule="r", message="m", severity="warning")
    calls = stand_in(monkeypatch, "generate", SimpleNamespace(files=[Path("a.wav"), Path("a.png")], findings=[warning]))
    result = sat("generate", "ckpt_path=a.ckpt", "conditions=[{prompt: soft rain, seconds_total: 10}]")
    assert (result.code, result.out, result.err) == (0, "a.wav\na.png\n", "warning[r]: m\n\n1 warning\n")
    assert calls[0][0].conditions == ({"prompt": "soft rain", "seconds_total": 10},)


def test_unwrap_names_the_new_file(sat: Sat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = SimpleNamespace(path=Path("new.ckpt"), parameters=1234567, used_ema=True)
    calls = stand_in(monkeypatch, "unwrap", result)
    (tmp_path / "a.ckpt").touch()
    assert sat("unwrap", "a.ckpt").out == "new.ckpt: 1,234,567 parameters (moving average of the weights)\n"
    result.used_ema = False
    assert sat("unwrap", "a.ckpt", "--safetensors", "--no-ema").out == "new.ckpt: 1,234,567 parameters (weights)\n"
    assert calls == [
        (Path("a.ckpt"), Path("a-model.ckpt"), {"use_ema": True}),
        (Path("a.ckpt"), Path("a-model.safetensors"), {"use_ema": False}),
    ]


def test_unwrap_replaces_nothing(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "a-model.ckpt").touch()
    result = sat("unwrap", "a.ckpt")
    assert result.code == 1
    assert result.err.startswith("error[not-writable]: `a-model.ckpt` exists already\n   = help: choose another name with --output")


def test_unwrap_takes_the_newest_checkpoint_of_a_run(sat: Sat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = stand_in(monkeypatch, "unwrap", SimpleNamespace(path=Path("new.ckpt"), parameters=1, used_ema=True))
    run = tmp_path / "run"
    (run / "checkpoints").mkdir(parents=True)
    (run / "experiment.yaml").touch()
    result = sat("unwrap", "run")
    assert result.code == 1
    assert "error[checkpoint]: the run `run` has no complete checkpoint" in result.err
    for step in (9, 10):
        checkpoint(run / "checkpoints" / f"step={step:08}.ckpt")
    assert sat("unwrap", "run", "-o", "out.ckpt").code == 0
    assert calls == [(Path("run/checkpoints/step=00000010.ckpt"), Path("out.ckpt"), {"use_ema": True})]


@pytest.mark.parametrize(
    "arguments",
    [
        ("pre-encode", "pre_encode=tiny", "ckpt_path=a.ckpt", "output_path=latents"),
        ("generate", "inference=tiny", "ckpt_path=a.ckpt"),
        ("unwrap", "a.ckpt"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_without_the_engine_a_command_says_how_to_install_it(
    sat: Sat, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setattr(installed, "find_spec", lambda _name: None)
    result = sat(*arguments)
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        "error[not-installed]: the engine (stable-audio-tools) is not installed: nothing can be trained, encoded or generated\n"
        "   = help: install it: uv sync --extra engine (Python 3.10), or pip install 'stable-audio-config[engine]'\n\n1 error\n"
    )
