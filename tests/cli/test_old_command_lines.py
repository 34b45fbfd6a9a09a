"""Command lines of the engine's scripts: each flag is understood, and the new spelling, which is shown, is the same command."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import yaml

from stable_audio_config.cli import legacy
from stable_audio_config.migrate.flags import FLAGS

Sat = Callable[..., Any]
SHOWN = "this is now: "


@pytest.fixture
def files(tmp_path: Path, autoencoder_tree: dict[str, Any]) -> Path:
    """`model.json` and `data.json`, as the engine takes them."""
    model = {**autoencoder_tree["model"], "training": autoencoder_tree["training"]}
    (tmp_path / "model.json").write_text(json.dumps(model))
    (tmp_path / "data.json").write_text(json.dumps({"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "sounds"}]}))
    return tmp_path


@pytest.fixture
def script(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> Sat:
    """`script("train", ...)` runs `sat-train ...`."""

    def run(name: str, *arguments: str) -> Any:
        import stable_audio_config.cli as cli

        main = cli.main
        with monkeypatch.context() as patch:
            patch.setattr(cli, "main", lambda: main([{"pre_encode": "pre-encode"}.get(name, name), *sys.argv[1:]], legacy.FORCED))
            return sat(*arguments)

    return run


def shown(result: Any) -> list[str]:
    """The words of the new spelling."""
    (line,) = [line for line in result.err.splitlines() if line.startswith(SHOWN)]
    words = shlex.split(line.removeprefix(SHOWN))
    assert words[0] == "sat"
    return words[1:]


README = "--dataset-config data.json --model-config model.json --name harmonai_train"


def test_the_readmes_command(sat: Sat, files: Path) -> None:
    result = sat("train", *README.split(), "--cfg")
    assert result.code == 0
    assert shown(result) == ["train", "name=harmonai_train", "model=model.json", "dataset=data.json", "--cfg"]
    tree = yaml.safe_load(result.out)
    assert tree["name"] == "harmonai_train"
    assert tree["model"] == {
        key: value for key, value in json.loads((files / "model.json").read_text()).items() if key != "training"
    }
    assert tree["training"] == json.loads((files / "model.json").read_text())["training"]


def test_the_script_in_the_old_ones_place_takes_the_same_words(sat: Sat, script: Sat, files: Path) -> None:
    assert files.exists()
    assert script("train", *README.split(), "--cfg") == sat("train", *README.split(), "--cfg")


ALL_OF_TRAIN = {
    "batch_size": 8,
    "num_nodes": 2,
    "strategy": "ddp_find_unused_parameters_true",
    "precision": "bf16-mixed",
    "num_workers": 3,
    "seed": 7,
    "accum_batches": 1,
    "checkpoint_every": 50,
    "val_every": 9,
    "ckpt_path": "runs/step=5.ckpt",
    "pretrained_ckpt_path": "a.ckpt",
    "pretransform_ckpt_path": "b, c.ckpt",
    "save_dir": "my runs ü",
    "gradient_clip_val": 0.5,
    "remove_pretransform_weight_norm": "pre_load",
    "logger": "comet",
    "name": "1e5",
}


def flags(values: dict[str, Any]) -> list[str]:
    return [word for key, value in values.items() for word in (f"--{key.replace('_', '-')}", str(value))]


def test_every_flag_of_train_lands_where_it_belongs(sat: Sat, files: Path) -> None:
    assert {flag.key for flag in FLAGS["train"]} - set(ALL_OF_TRAIN) == {
        "model_config", "dataset_config", "val_dataset_config", "project", "recover", "save_top_k",
    }, "each flag is tried here; the last three decided nothing"  # fmt: skip
    assert files.exists()
    words = ["--model-config", "model.json", "--dataset-config", "data.json", "--val-dataset-config=data.json"]
    result = sat("train", *words, *flags(ALL_OF_TRAIN), "--cfg")
    tree = yaml.safe_load(result.out)
    assert {key: tree[key] for key in ALL_OF_TRAIN} == ALL_OF_TRAIN
    assert tree["val_dataset"] == tree["dataset"]
    again = sat(*shown(result))
    assert (again.out, SHOWN in again.err) == (result.out, False), "the new spelling is the same command"


def test_the_ini_file_beside_it_is_read_and_flags_beat_it(sat: Sat, files: Path) -> None:
    (files / "defaults.ini").write_text("[DEFAULTS]\nbatch_size = 3\nseed = 5\nnum_workers = 2\n")
    tree = yaml.safe_load(sat("train", *README.split(), "--seed", "6", "--cfg").out)
    assert (tree["batch_size"], tree["seed"], tree["num_workers"]) == (3, 6, 2)
    (files / "other.ini").write_text("[DEFAULTS]\nbatch_size = 4\n")
    tree = yaml.safe_load(sat("train", *README.split(), "--config-file", "other.ini", "--cfg").out)
    assert (tree["batch_size"], tree["seed"]) == (4, 42)


def test_what_an_ini_file_alone_says_runs_in_the_scripts_place(script: Sat, files: Path) -> None:
    (files / "defaults.ini").write_text("[DEFAULTS]\nmodel_config = model.json\ndataset_config = data.json\nbatch_size = 3\n")
    result = script("train", "--cfg")
    assert result.code == 0
    assert yaml.safe_load(result.out)["batch_size"] == 3


def test_what_had_no_effect_is_said(sat: Sat, files: Path) -> None:
    (files / "defaults.ini").write_text("[DEFAULTS]\nbatch_size = 3\nrecover = True\nproject = mine\n")
    result = sat("train", *README.split(), "--project", "x", "--cfg")
    assert result.code == 0
    assert "warning[misread]: `recover = True` became False" in result.err
    assert "warning[no-equal]: `--project` has no effect: nothing reads it" in result.err


def test_keys_that_only_a_fork_reads_get_through_as_they_did(sat: Sat, files: Path) -> None:
    model = json.loads((files / "model.json").read_text())
    model["model"]["encoder"]["config"]["my_own"] = 5
    (files / "model.json").write_text(json.dumps(model))
    result = sat("train", *README.split(), "--cfg")
    assert result.code == 0
    assert shown(result)[-1] == "accept_unknown=[model.model.encoder.config.my_own]"
    assert yaml.safe_load(result.out)["model"]["model"]["encoder"]["config"]["my_own"] == 5


def test_a_typo_stays_a_mistake(sat: Sat, files: Path) -> None:
    model = json.loads((files / "model.json").read_text())
    model["model"]["downsampling_rato"] = model["model"].pop("downsampling_ratio")
    (files / "model.json").write_text(json.dumps(model))
    result = sat("train", *README.split(), "--cfg")
    assert result.code == 1
    assert "did you mean `downsampling_ratio`?" in result.err


def test_new_words_may_stand_among_old_ones(sat: Sat, files: Path) -> None:
    assert files.exists()
    result = sat("train", "max_steps=5", *README.split(), "training.learning_rate=1e-5", "--config-dir", ".", "--cfg")
    tree = yaml.safe_load(result.out)
    assert (tree["max_steps"], tree["training"]["learning_rate"]) == (5, 1e-5)
    assert shown(result)[-5:] == ["max_steps=5", "training.learning_rate=1e-5", "--config-dir", ".", "--cfg"]


def test_a_value_with_an_equals_sign_is_one(sat: Sat, files: Path) -> None:
    assert files.exists()
    result = sat("train", *README.split(), "--ckpt-path", "runs/epoch=1-step=5.ckpt", "--cfg")
    assert yaml.safe_load(result.out)["ckpt_path"] == "runs/epoch=1-step=5.ckpt"


def test_paths_with_spaces_and_quotes(sat: Sat, files: Path) -> None:
    folder = files / "it's mine, ü"
    folder.mkdir()
    for name in ("model.json", "data.json"):
        (files / name).rename(folder / name)
    words = ("--model-config", f"{folder.name}/model.json", "--dataset-config", f"{folder.name}/data.json")
    result = sat("train", *words, "--cfg")
    assert (result.code, sat(*shown(result)).out) == (0, result.out)


def test_the_line_is_shown_once_however_many_processes_there_are(sat: Sat, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert files.exists()
    monkeypatch.setenv("LOCAL_RANK", "1")
    result = sat("train", *README.split(), "--cfg")
    assert (result.code, result.err) == (0, "")


PRE_ENCODE = "--model-config model.json --ckpt-path a.ckpt --dataset-config data.json --output-path latents"


def test_every_flag_of_pre_encode(sat: Sat, script: Sat, files: Path) -> None:
    assert files.exists()
    typed = {"batch_size": 2, "sample_size": 65536, "num_nodes": 2, "num_workers": 3, "strategy": "ddp"}
    words = [*PRE_ENCODE.split(), *flags(typed), "--limit-batches", "4", "--is-discrete", "--model-half", "--shuffle"]
    result = sat("pre-encode", *words, "--cfg")
    assert result.code == 0
    tree = yaml.safe_load(result.out)
    wanted = {**typed, "is_discrete": True, "model_half": True, "shuffle": True, "ckpt_path": "a.ckpt", "output_path": "latents"}
    assert {key: tree[key] for key in wanted} == wanted
    assert tree["model"]["model_type"] == "autoencoder" and tree["dataset"]["dataset_type"] == "audio_dir"
    assert "`--limit-batches` has no effect: nothing reads it: everything was encoded" in result.err
    assert {flag.key for flag in FLAGS["pre_encode"]} == {*wanted, "model_config", "dataset_config", "limit_batches"}
    assert script("pre_encode", *words, "--cfg") == result
    assert sat(*shown(result)).out == result.out


def test_every_flag_of_unwrap(sat: Sat, script: Sat, files: Path) -> None:
    assert {flag.key for flag in FLAGS["unwrap_model"]} == {"model_config", "ckpt_path", "name", "use_safetensors"}
    (files / "out.safetensors").touch()
    words = ["--model-config", "model.json", "--ckpt-path", "a.ckpt", "--name", "out", "--use-safetensors"]
    result = script("unwrap", *words)
    assert shown(result) == ["unwrap", "a.ckpt", "-o", "out.safetensors", "--safetensors", "--model-config", "model.json"]
    assert (result.code, "`out.safetensors` exists already" in result.err) == (1, True), "nothing is written over"
    assert sat("unwrap", *words) == result
    nothing = script("unwrap", "--model-config", "model.json")
    assert (nothing.code, "--ckpt-path is missing" in nothing.err) == (2, True)


def test_the_flags_of_the_web_page_are_named(sat: Sat, files: Path) -> None:
    assert files.exists()
    result = sat("generate", "--model-config", "model.json", "--ckpt-path", "a.ckpt", "--share", "--title", "My page", "--cfg")
    assert shown(result)[:4] == ["generate", "model=model.json", "ckpt_path=a.ckpt", "model_half=true"]
    assert "`--share` has no effect: there is no web page for generating here" in result.err
    assert "`--title` has no effect" in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--batch-size", "two"), "error[old-command]: the script would refuse these words"),
        (("--batch-size", "2", "--no-such-flag", "5"), "--no-such-flag"),
        (("--batch-size", "2", "--config-file", "gone.ini"), "error[missing-file]: the file `gone.ini` does not exist"),
    ],
)
def test_what_the_script_would_refuse_is_refused(sat: Sat, words: tuple[str, ...], message: str) -> None:
    result = sat("train", *words)
    assert (result.code, result.out) == (1, "")
    assert message in result.err


def test_an_unknown_option_is_still_one(sat: Sat) -> None:
    result = sat("train", "--nope", "experiment=quick_test")
    assert result.code == 2
    assert "No such option" in result.err and SHOWN not in result.err


@pytest.mark.parametrize("name", ["train", "pre_encode", "unwrap"])
def test_help_in_the_scripts_place_tells_what_its_flags_are_now(script: Sat, sat: Sat, name: str) -> None:
    result = script(name, "--help")
    assert result.code == 0
    for flag in FLAGS["unwrap_model" if name == "unwrap" else name]:  # type: ignore[index]
        assert flag.option in result.out
    assert "Flags of the engine's script" not in sat(name.replace("_", "-"), "--help").out


def test_the_scripts_are_installed_with_the_package() -> None:
    """By name; where an older installation is on the path, `pyproject.toml` is what counts."""
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    for name, function in (("sat-train", "train"), ("sat-pre-encode", "pre_encode"), ("sat-unwrap", "unwrap")):
        assert f'{name} = "stable_audio_config.cli.legacy:{function}"' in text
        assert callable(getattr(legacy, function))
    installed = {entry.name for entry in entry_points(group="console_scripts") if entry.value.startswith("stable_audio_config.")}
    assert installed >= {"sat"}


@pytest.mark.parametrize("name", ["train", "pre_encode", "unwrap"])
def test_each_script_runs_its_command_with_the_words_typed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import stable_audio_config.cli as cli

    calls: list[Any] = []
    monkeypatch.setattr(cli, "main", lambda words, obj: calls.append((words, obj)))
    monkeypatch.setattr(sys, "argv", [f"sat-{name}", "--name", "x"])
    getattr(legacy, name)()
    assert calls == [([name.replace("_", "-"), "--name", "x"], legacy.FORCED)]
