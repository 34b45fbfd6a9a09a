"""`sat migrate` as a command: what it makes of old files, what it says of them, and what it leaves alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.migrate.presets import same
from stable_audio_config.source.tree import without_comments

PUBLISHED = Path(__file__).parent.parent / "published"
MODELS = sorted(PUBLISHED.glob("*.json"))
DATASETS = sorted((PUBLISHED / "datasets").glob("*.json"))

INI = """\
[DEFAULTS]

# the name of the run
name = my run

# samples per step
batch_size = 8  # per GPU

save_top_k = 5
precision = 16
mine = 7
# where checkpoints go
save_dir = ''
# the end
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The tests' folder with `defaults.ini`, `model.json` and `data.json`."""
    (tmp_path / "defaults.ini").write_text(INI, encoding="utf-8")
    shutil.copy(PUBLISHED / "stable_audio_2_0_vae.json", tmp_path / "model.json")
    data = {"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "/data/my music"}]}
    (tmp_path / "data.json").write_text(json.dumps(data), encoding="utf-8")
    return tmp_path


def composed(file: Path, *words: str) -> dict[str, Any]:
    return compose(Request((str(file), *words))).tree


EXPECTED = """\
# yaml-language-server: $schema=.sat/schemas/experiment_schema.json
# Migrated from defaults.ini, model.json, data.json.
#   sat train model.yaml
defaults:
  - override /model: stable_audio_2_0_vae

# the name of the run
name: my run  # prefigure ignored it; here it names the run's folder, and its project in the logger

# samples per step
batch_size: 8  # per GPU
# save_top_k 5: nothing reads it: every checkpoint was kept
precision: "16"
# mine: see _kept below

# where checkpoints go
save_dir: runs

# the end

_kept:  # no version of the engine's script that we know reads these, and nothing here does
  mine: 7

dataset:
  dataset_type: audio_dir
  datasets:
    - id: a
      path: /data/my music
"""


@pytest.mark.usefixtures("old")
def test_an_ini_file_and_two_jsons_become_one_experiment(sat: Callable[..., Any]) -> None:
    done = sat("migrate", "defaults.ini", "model.json", "data.json", "--stdout")
    assert (done.code, done.out) == (0, EXPECTED)
    assert "warning[no-equal]: `mine` has no equal here" in done.err
    assert "note[no-equal]: `save_top_k` has no equal here: nothing reads it" in done.err


def test_it_shows_a_diff_and_a_report_and_writes_nothing(old: Path, sat: Callable[..., Any]) -> None:
    before = {file: file.read_bytes() for file in old.iterdir()}
    done = sat("migrate", "defaults.ini", "model.json", "data.json")
    assert done.code == 0
    assert "+++ model.yaml\n@@ -0,0 +1," in done.out
    assert "\n+batch_size: 8  # per GPU\n" in done.out
    assert "  precision   precision = 16\n" in done.out
    assert "  mine        kept under _kept" in done.out
    assert "equal: the engine gets the same training (69 values), model (39 values), dataset (3 values), 21 arguments" in done.out
    assert done.out.endswith("then: sat train model.yaml\n\nnothing was written; --write does it\n")
    assert {file: file.read_bytes() for file in old.iterdir()} == before


def test_written_it_composes_to_what_the_old_files_say(old: Path, sat: Callable[..., Any]) -> None:
    before = {file: file.read_bytes() for file in old.iterdir()}
    assert sat("migrate", "defaults.ini", "model.json", "data.json", "--write").code == 0
    assert {file.name for file in old.iterdir()} == {"defaults.ini", "model.json", "data.json", "model.yaml", ".sat"}
    assert {file: file.read_bytes() for file in before} == before
    tree = composed(old / "model.yaml")
    wanted = json.loads((old / "model.json").read_text(encoding="utf-8"))
    assert same({**tree["model"], "training": tree["training"]}, wanted)
    assert (tree["name"], tree["batch_size"], tree["precision"], tree["save_top_k"]) == ("my run", 8, "16", -1)


def test_in_ci_what_is_left_to_do_is_exit_code_1_and_what_is_done_is_0(old: Path, sat: Callable[..., Any]) -> None:
    words = ("migrate", "defaults.ini", "model.json", "data.json")
    todo = sat(*words, "--check")
    assert (todo.code, todo.out) == (1, "model.yaml: to be made of defaults.ini, model.json, data.json\n1 to migrate\n")
    assert not (old / "model.yaml").exists()
    sat(*words, "--write")
    assert sat(*words, "--check").code == 0
    assert sat(*words, "--write").out == "model.yaml: migrated already\n"


def test_a_new_file_that_was_edited_counts_as_migrated_as_long_as_it_means_the_same(old: Path, sat: Callable[..., Any]) -> None:
    words = ("migrate", "defaults.ini", "model.json", "data.json")
    sat(*words, "--write")
    file = old / "model.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("# the end", "# mine"), encoding="utf-8")
    done = sat(*words, "--check")
    assert (done.code, done.out.splitlines()[0]) == (0, "model.yaml: migrated already, and edited since; it means the same")
    file.write_text("name: other\n", encoding="utf-8")
    done = sat(*words, "--write")
    assert done.code == 1
    assert "another file stands there" in done.out
    assert file.read_text(encoding="utf-8") == "name: other\n"


def test_only_the_differences_from_a_preset_are_written(old: Path, sat: Callable[..., Any]) -> None:
    tree = json.loads((old / "model.json").read_text(encoding="utf-8"))
    tree["sample_size"] = 131072
    tree["training"]["learning_rate"] = 1e-5
    (old / "model.json").write_text(json.dumps(tree), encoding="utf-8")
    done = sat("migrate", "model.json", "--stdout")
    body = done.out.split("\n", 3)[3]
    assert body == (
        "defaults:\n  - override /model: stable_audio_2_0_vae\n\n"
        "model:\n  sample_size: 131072  # 2.972 s at 44.1 kHz, 64 latent frames\n\n"
        "training:\n  learning_rate: 1.0e-05\n"
    )


@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
@pytest.mark.parametrize("changed", [False, True], ids=["as published", "made one's own"])
def test_every_published_model_migrates(file: Path, changed: bool, tmp_path: Path, sat: Callable[..., Any]) -> None:
    tree = json.loads(file.read_text(encoding="utf-8"))
    if changed:
        tree["sample_size"] //= 2
        tree["model"]["my_own"] = {"x": [1, {"y": None}]}
        tree["training"].pop(next(iter(tree["training"])))
    (tmp_path / "m.json").write_text(json.dumps(tree), encoding="utf-8")
    done = sat("migrate", "m.json", "--write")
    assert done.code == 0, done.err
    found = composed(tmp_path / "m.yaml")
    assert same({**found["model"], "training": found["training"]}, without_comments(tree))
    assert found.get("accept_unknown", []) == (["model.model.my_own"] if changed else [])


@pytest.mark.parametrize("file", DATASETS, ids=lambda file: file.stem)
def test_every_published_dataset_migrates(file: Path, tmp_path: Path, sat: Callable[..., Any]) -> None:
    shutil.copy(file, tmp_path / "d.json")
    assert sat("migrate", "d.json", "--write").code == 0
    tree = compose(Request(("dataset=d.yaml",))).tree["dataset"]
    assert same(tree, without_comments(json.loads(file.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("file", sorted((PUBLISHED / "ini").glob("*.ini")), ids=lambda file: file.stem)
def test_every_published_ini_file_migrates_with_all_its_comments(file: Path, tmp_path: Path, sat: Callable[..., Any]) -> None:
    shutil.copy(file, tmp_path / "defaults.ini")
    assert sat("migrate", "defaults.ini", "--write").code == 0
    text = (tmp_path / "defaults.yaml").read_text(encoding="utf-8")
    comments = [line.lstrip("#").strip() for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert len(comments) > 15
    assert all(f"# {comment}\n" in text for comment in comments)
    assert composed(tmp_path / "defaults.yaml")["num_nodes"] == 1


@pytest.mark.parametrize("file", sorted((PUBLISHED / "commands").glob("*.sh")), ids=lambda file: file.stem)
def test_every_published_command_line_migrates(file: Path, tmp_path: Path, sat: Callable[..., Any]) -> None:
    shutil.copy(file, tmp_path / "run.sh")
    done = sat("migrate", "run.sh", "--write")
    assert done.code == 0, done.err
    model, data = "/path/to/model/config.json", "/path/to/dataset/config.json"
    said = {
        "readme": [
            "sat generate model_half=true",
            "sat train harmonai_train.yaml model=/path/to/model/config dataset=/path/to/dataset/config",
            "sat unwrap /path/to/wrapped/ckpt -o model_unwrap.ckpt",
        ],
        "pre_encoding": [f"sat pre-encode pre_encode=run.yaml model={model} dataset={data}"],
        "lora": ["sat generate model=config.json ckpt_path=model.ckpt model_half=true"],
    }
    assert all(words in done.out for words in said[file.stem])
    made = {"readme": ["harmonai_train.yaml"], "pre_encoding": ["run.yaml"], "lora": []}
    assert sorted(path.name for path in tmp_path.glob("*.yaml")) == made[file.stem]


def test_a_script_becomes_experiments_with_everything_its_commands_name(old: Path, sat: Callable[..., Any]) -> None:
    (old / "train.sh").write_text(
        "M=model.json\npython3 train.py --model-config $M --dataset-config data.json --val-dataset-config data.json"
        " --name first --batch-size 2 --config-file defaults.ini\n"
        "python3 train.py --model-config $M --dataset-config data.json --name second\n"
        "python3 pre_encode.py --ckpt-path a.ckpt --dataset-config data.json --output-path out --model-half\n",
        encoding="utf-8",
    )
    assert sat("migrate", "train.sh", "--write").code == 0
    first, second = composed(old / "first.yaml"), composed(old / "second.yaml")
    assert (first["name"], first["batch_size"], first["precision"]) == ("first", 2, "16")
    assert first["val_dataset"] == first["dataset"] == second["dataset"]
    assert second["batch_size"] == 8, "the defaults.ini beside the script is read by every command"
    tree = compose(Request(("pre_encode=train.yaml",), "pre_encode")).tree
    assert (tree["ckpt_path"], tree["output_path"], tree["model_half"]) == ("a.ckpt", "out", True)
    assert tree["dataset"] == first["dataset"]
    text = (old / "first.yaml").read_text(encoding="utf-8")
    assert "# It was: train.py --model-config model.json --dataset-config data.json" in text
    assert "batch_size: 2" in text


def test_a_folder_is_migrated_file_by_file(tmp_path: Path, sat: Callable[..., Any]) -> None:
    folder = tmp_path / "configs"
    (folder / "run").mkdir(parents=True)
    for file in MODELS[:3]:
        shutil.copy(file, folder)
    shutil.copy(DATASETS[0], folder / f"{MODELS[0].stem}.ini.json")
    shutil.copy(MODELS[4], folder / "run" / "m.json")
    shutil.copy(DATASETS[0], folder / "run" / "d.json")
    (folder / "run" / "defaults.ini").write_text("[DEFAULTS]\nseed = 3\n", encoding="utf-8")
    (folder / "package.json").write_text('{"name": "x"}', encoding="utf-8")
    (folder / "tox.ini").write_text("[tox]\nx = 1\n", encoding="utf-8")
    done = sat("migrate", "configs", "--write")
    assert done.code == 0, done.err
    assert "2 other files were not looked at" in done.out
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml"))
    assert names == sorted([*(f"{file.stem}.yaml" for file in MODELS[:3]), f"{MODELS[0].stem}.ini.yaml", "run/m.yaml"])
    assert composed(folder / "run" / "m.yaml")["seed"] == 3
    assert sat("migrate", "configs", "--check").code == 0


def test_an_ini_file_that_names_its_jsons_needs_no_others(old: Path, sat: Callable[..., Any]) -> None:
    text = INI + "model_config = 'model.json'\ndataset_config = data.json\n"
    (old / "defaults.ini").write_text(text, encoding="utf-8")
    assert sat("migrate", "defaults.ini", "--write").code == 0
    tree = composed(old / "defaults.yaml")
    assert (tree["model"]["model_type"], tree["dataset"]["dataset_type"]) == ("autoencoder", "audio_dir")


def test_the_users_own_preset_of_a_shipped_name_is_not_taken_for_it(old: Path, sat: Callable[..., Any]) -> None:
    (old / "model").mkdir()
    (old / "model" / "stable_audio_2_0_vae.yaml").write_text("model_type: lm\n", encoding="utf-8")
    assert sat("migrate", "model.json", "data.json", "--write").code == 0
    tree = composed(old / "model.yaml")
    wanted = json.loads((old / "model.json").read_text(encoding="utf-8"))
    assert same({**tree["model"], "training": tree["training"]}, wanted)


def test_texts_that_hydra_would_work_out_stay_texts(old: Path, sat: Callable[..., Any]) -> None:
    data = {"dataset_type": "audio_dir", "datasets": [{"id": "${oc.env:HOME}", "path": "C:\\x\\${y}"}]}
    (old / "data.json").write_text(json.dumps(data), encoding="utf-8")
    assert sat("migrate", "model.json", "data.json", "--write").code == 0
    assert composed(old / "model.yaml")["dataset"] == data


def test_comments_in_a_json_stay_where_they_are(old: Path, sat: Callable[..., Any]) -> None:
    data = {"_why": "for the album", "dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "x", "_todo": "more"}]}
    (old / "data.json").write_text(json.dumps(data), encoding="utf-8")
    done = sat("migrate", "model.json", "data.json", "--stdout")
    assert yaml.safe_load(done.out)["dataset"] == data


def test_the_other_dataset_is_for_validation_when_someone_says_so(old: Path, sat: Callable[..., Any]) -> None:
    shutil.copy(old / "data.json", old / "held_out.json")
    both = sat("migrate", "model.json", "data.json", "held_out.json")
    assert both.code == 1
    assert "error[contradiction]: `data.json` and `held_out.json` are both dataset configs" in both.err
    assert "help: say which one is for validation: --val-dataset FILE" in both.err
    assert sat("migrate", "model.json", "data.json", "--val-dataset", "held_out.json", "--write").code == 0
    assert composed(old / "model.yaml")["val_dataset"]["dataset_type"] == "audio_dir"


def test_the_new_file_can_be_named(old: Path, sat: Callable[..., Any]) -> None:
    assert sat("migrate", "model.json", "data.json", "-o", "mine.yaml", "--write").code == 0
    assert (old / "mine.yaml").is_file()
    done = sat("migrate", "model.json", "--output", "gone/mine.yaml", "--write")
    assert done.code == 1
    assert "error[not-writable]: `gone/mine.yaml` cannot be written: No such file or directory" in done.err
    assert sat("migrate", str(PUBLISHED), "-o", "x.yaml").code == 2
    assert sat("migrate", str(PUBLISHED / "datasets"), "--stdout").code == 2


def test_usage_mistakes_are_exit_code_2(old: Path, sat: Callable[..., Any]) -> None:
    assert sat("migrate").code == 2
    assert sat("migrate", "model.json", "--write", "--check").code == 2
    (old / "notes.txt").write_text("hello", encoding="utf-8")
    done = sat("migrate", "notes.txt")
    assert (done.code, "is no INI file, no JSON, and holds no command" in done.err) == (1, True)
