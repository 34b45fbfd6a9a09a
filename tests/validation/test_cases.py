"""Where configuration hurt people, and traps in the engine's own scripts: the rows of CASES about data, files and run options.

The other rows are tests of the rules that they belong to (tests/validation/rules).
"""
# ruff: noqa: N802  The tests bear the names of the rows.

from __future__ import annotations

import copy
import re
import runpy
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

import stable_audio_config
from stable_audio_config.compose.places import SHIPPED
from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.datamodels.pre_encode import PreEncodeConfig
from stable_audio_config.report.finding import Finding
from stable_audio_config.validation import files, installed
from stable_audio_config.validation.checkpoint_files import checkpoint_problems
from stable_audio_config.validation.files import missing_files
from stable_audio_config.validation.judge import judge

Tree = dict[str, Any]
SOURCE = Path(stable_audio_config.__file__).parent
checkpoint = runpy.run_path(str(Path(__file__).with_name("checkpoint_maker.py")))["checkpoint"]


@pytest.fixture(autouse=True)
def everything_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for module in (files, installed):
        monkeypatch.setattr(module, "find_spec", lambda name: ModuleSpec(name, None))
    monkeypatch.setattr(files, "engine_problems", lambda _experiment: [])


def rules(tree: Tree) -> list[tuple[str, str]]:
    """(rule, severity) of everything that is found in a tree before the disk is looked at."""
    return [(finding.rule, finding.severity) for finding in judge(tree)[1]]


def said(tree: Tree, rule: str) -> Finding:
    (finding,) = [finding for finding in judge(tree)[1] if finding.rule == rule]
    return finding


def on_disk(tree: Tree) -> list[Finding]:
    return missing_files(ExperimentConfig.model_validate(tree))


def test_S01_a_crop_that_is_not_as_long_as_the_latents(diffusion_tree: Tree) -> None:
    diffusion_tree["dataset"]["latent_crop_length"] = 645
    assert "`sample_size` 32768 gives 128 (0.74 s)" in said(diffusion_tree, "latent-crop").message


def test_S02_a_random_crop_of_latents_leaves_their_start_as_it_was(diffusion_tree: Tree) -> None:
    diffusion_tree["dataset"] |= {"latent_crop_length": 128, "random_crop": True}
    assert said(diffusion_tree, "random-crop").severity == "warning"


def test_S03_a_strategy_that_cannot_copy_a_run(diffusion_tree: Tree) -> None:
    finding = said(diffusion_tree | {"strategy": "ddp_spawn"}, "strategy")
    assert (finding.severity, finding.help) == ("error", "write ddp")


def test_S04_S09_weights_of_another_program(tmp_path: Path) -> None:
    checkpoint(tmp_path / "weights_44khz.pth", metadata={"kwargs": {}})
    (finding,) = checkpoint_problems("weights_44khz.pth", "pretransform_ckpt_path", "model", "autoencoder")
    assert "has no `state_dict`" in finding.message
    assert "a pretransform of type `dac_pretrained`" in (finding.help or "")


def test_S05_a_checkpoint_of_another_model(tmp_path: Path) -> None:
    config = {"model_type": "diffusion_cond", "model": {}}
    checkpoint(tmp_path / "diffusion.ckpt", "model.w", "conditioner.w", model_config=config)
    (finding,) = checkpoint_problems("diffusion.ckpt", "pretransform_ckpt_path", "model", "autoencoder")
    assert finding.message.endswith("`diffusion.ckpt` holds those of a `diffusion_cond`")


def test_S06_S31_a_config_that_is_not_that_of_the_checkpoint(tmp_path: Path) -> None:
    config = {"model_type": "autoencoder", "model": {"latent_dim": 64}}
    checkpoint(tmp_path / "model.ckpt", "encoder.w", "decoder.w", model_config=config)
    (finding,) = checkpoint_problems("model.ckpt", "pretransform_ckpt_path", "model", "autoencoder", {"latent_dim": 32})
    assert finding.message == "`model.ckpt` was trained with `latent_dim` 64, but here it is 32"


def test_S07_a_placeholder_in_a_published_config(diffusion_tree: Tree) -> None:
    clap = {"id": "prompt", "type": "clap_text", "config": {"clap_ckpt_path": "/path/to/clap.ckpt"}}
    diffusion_tree["model"]["model"]["conditioning"]["configs"].append(clap)
    (finding,) = [finding for finding in on_disk(diffusion_tree) if finding.rule == "placeholder"]
    assert finding.path[-1] == "clap_ckpt_path"


def test_S08_an_autoencoder_that_was_never_given_its_weights(diffusion_tree: Tree) -> None:
    assert "pretransform-weights" in [finding.rule for finding in on_disk(diffusion_tree)]
    diffusion_tree["pretransform_ckpt_path"] = "autoencoder.ckpt"
    assert "pretransform-weights" not in [finding.rule for finding in on_disk(diffusion_tree)]


def test_S17_an_s3_dataset_needs_a_program(autoencoder_tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "which", lambda _name: None)
    autoencoder_tree["dataset"] = {"dataset_type": "s3", "datasets": [{"id": "a", "s3_path": "s3://bucket/a"}]}
    (finding,) = on_disk(autoencoder_tree)
    assert finding.message == "reading from S3 needs the program `aws`"


@pytest.mark.parametrize("key", ["save_dir", "ckpt_path", "pretrained_ckpt_path", "pretransform_ckpt_path"])
def test_S21_every_path_is_read_by_a_run(key: str) -> None:
    readers = [file for file in SOURCE.rglob("*.py") if f"experiment.{key}" in file.read_text(encoding="utf-8")]
    assert {"cli", "engine"} & {file.relative_to(SOURCE).parts[0] for file in readers}


def test_S22_which_of_three_keys_takes_a_checkpoint(tmp_path: Path) -> None:
    beside = {"pytorch-lightning_version": "2.5.5", "optimizer_states": []}
    checkpoint(tmp_path / "training.ckpt", "autoencoder.encoder.w", **beside)
    checkpoint(tmp_path / "model.ckpt", "encoder.w", "decoder.w")
    (finding,) = checkpoint_problems("model.ckpt", "ckpt_path", "training", "autoencoder")
    assert finding.help == "it holds no optimizer and no step count: use pretrained_ckpt_path to start from its weights"
    (finding,) = checkpoint_problems("training.ckpt", "pretrained_ckpt_path", "model", "autoencoder")
    assert finding.help == "take the model out of it first: sat unwrap training.ckpt"


def test_S23_a_validation_needs_both_its_halves(autoencoder_tree: Tree) -> None:
    assert ("validation", "error") in rules(autoencoder_tree | {"val_every": 100})
    assert ("validation", "warning") in rules(autoencoder_tree | {"val_dataset": autoencoder_tree["dataset"]})


def test_S26_every_published_preset_says_where_it_comes_from() -> None:
    published = [file for file in (SHIPPED / "model").glob("*.yaml") if not file.name.startswith("tiny_")]
    assert len(published) > 10
    for file in published:
        assert re.search(r"^# .*(Lineage|From)", file.read_text(encoding="utf-8"), re.M), f"{file.name} does not tell its lineage"


def test_S33_the_settings_that_had_an_effect_stand_beside_what_came_of_them(autoencoder_tree: Tree) -> None:
    from stable_audio_config.engine.run_folder import experiment_yaml

    written = experiment_yaml(ExperimentConfig.model_validate(autoencoder_tree))
    assert "downsampling_ratio: 256" in written
    assert "max_steps: 50" in written


def test_T01_what_the_engine_is_given_is_a_copy(autoencoder_tree: Tree) -> None:
    from stable_audio_config.datamodels.base import plain

    experiment = ExperimentConfig.model_validate(autoencoder_tree)
    plain(experiment.model)["model"]["encoder"]["config"]["strides"].reverse()
    assert plain(experiment.model)["model"]["encoder"]["config"]["strides"] == [2, 4, 4, 8]


def test_T02_T05_every_run_option_is_read_somewhere() -> None:
    text = "".join(file.read_text(encoding="utf-8") for room in ("cli", "engine") for file in (SOURCE / room).rglob("*.py"))
    unread = [name for name in ExperimentConfig.model_fields if f"experiment.{name}" not in text]
    assert set(unread) <= {"schema_version", "plugins", "accept_unknown"}, "those are for whoever composes and checks"


def test_T03_a_truth_in_quotes_is_a_text(autoencoder_tree: Tree) -> None:
    assert rules(autoencoder_tree | {"recover": "false"}) == [("wrong-type", "error")]


def test_T04_no_abbreviations(autoencoder_tree: Tree) -> None:
    assert rules(autoencoder_tree | {"num": 3}) == [("unknown-key", "error")]


def test_T06_an_empty_strategy(autoencoder_tree: Tree) -> None:
    assert rules(autoencoder_tree | {"strategy": ""}) == [("wrong-value", "error")]


def test_T07_an_unknown_logger(autoencoder_tree: Tree) -> None:
    assert rules(autoencoder_tree | {"logger": "wandbb"}) == [("wrong-value", "error")]


def test_T08_a_wrong_checkpoint_is_not_passed_over(tmp_path: Path) -> None:
    checkpoint(tmp_path / "clap.ckpt", "audio_branch.w", "text_branch.w")
    (finding,) = checkpoint_problems("clap.ckpt", "pretrained_ckpt_path", "model", "autoencoder")
    assert finding.severity == "error"


def test_T09_a_typo_in_the_type_of_a_network(diffusion_tree: Tree) -> None:
    diffusion_tree["model"]["model"]["diffusion"]["type"] = "ditt"
    assert said(diffusion_tree, "unknown-type").help == "did you mean `dit`?"


def test_T10_two_switches_for_latents(diffusion_tree: Tree) -> None:
    diffusion_tree["training"]["pre_encoded"] = False
    assert said(diffusion_tree, "pre-encoded").severity == "error"


def test_T11_no_workers_are_no_mistake(autoencoder_tree: Tree) -> None:
    assert rules(autoencoder_tree | {"num_workers": 0}) == []


def test_T12_four_channels_are_stereo(autoencoder_tree: Tree) -> None:
    autoencoder_tree["model"]["audio_channels"] = 4
    assert rules(autoencoder_tree) == [("audio-channels", "warning")]


def test_T13_tar_files_from_nowhere(autoencoder_tree: Tree) -> None:
    autoencoder_tree["dataset"] = {"dataset_type": "wds", "datasets": [{"id": "a"}]}
    assert ("missing-key", "error") in rules(autoencoder_tree)


def test_T14_metadata_of_another_folder(autoencoder_tree: Tree) -> None:
    one, other = ({"id": name, "path": f"/data/{name}", "custom_metadata_module": f"{name}.py"} for name in ("a", "ab"))
    autoencoder_tree["dataset"] = {"dataset_type": "audio_dir", "datasets": [one, other]}
    assert rules(autoencoder_tree) == [("dataset-paths", "error")]


def test_T15_fewer_files_than_a_batch_and_none_at_all(autoencoder_tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "sounds").mkdir()
    autoencoder_tree["dataset"] = {"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "sounds"}]}
    assert [finding.rule for finding in on_disk(autoencoder_tree)] == ["no-files"]
    (tmp_path / "sounds" / "a.wav").touch()
    assert [finding.rule for finding in on_disk(autoencoder_tree)] == ["too-few-files"]


def test_T18_T19_pre_encoding_says_what_it_needs() -> None:
    required = {name for name, field in PreEncodeConfig.model_fields.items() if field.is_required()}
    assert required == {"ckpt_path", "dataset", "output_path"}
    encoding = (SOURCE / "engine" / "pre_encode.py").read_text(encoding="utf-8")
    assert "config.limit_batches" in encoding
    assert "downsampling_ratio" in encoding, "`sample_size` is compared with the model"


def test_T20_no_parser_that_needs_what_python_dropped() -> None:
    imported = {line for file in SOURCE.rglob("*.py") for line in re.findall(r"^\s*(?:import|from) (\w+)", file.read_text(), re.M)}
    assert not imported & {"prefigure", "distutils"}


def test_four_mistakes_are_four_findings(autoencoder_tree: Tree) -> None:
    tree = copy.deepcopy(autoencoder_tree) | {"devices": 0, "strategy": "dpp", "remove_pretransform_weight_norm": "pre_load"}
    tree["model"]["audio_channels"] = 6
    assert sorted(rule for rule, _ in rules(tree)) == ["audio-channels", "devices", "strategy", "weight-norm"]
