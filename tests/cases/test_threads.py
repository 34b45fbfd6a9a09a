"""Where configuration hurt people: the S rows of CASES, each a mistake in a small config that is found with its rule and key.

Longer than most files: one test for each of 33 rows.
"""
# ruff: noqa: N802  The tests bear the names of the rows.

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import stable_audio_config
from stable_audio_config.compose.places import SHIPPED
from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.datamodels.inference import InferenceConfig
from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.report.finding import Finding, Refused
from stable_audio_config.validation import files
from stable_audio_config.validation.check import check_words
from stable_audio_config.validation.checkpoint_files import checkpoint_problems
from stable_audio_config.validation.structure import checked

Tree = dict[str, Any]
SOURCE = Path(stable_audio_config.__file__).parent
PUBLISHED = Path(__file__).parent.parent / "published"

AUTOENCODER = """\
defaults:
  - override /model: tiny_autoencoder
  - override /dataset: synthetic
name: mine
"""
DIFFUSION = """\
defaults:
  - override /model: tiny_diffusion_cond
  - override /dataset: pre_encoded
name: mine
training:
  pre_encoded: true
  demo:
    demo_cond_from_batch: false
    num_demos: 2
    demo_cfg_scales: [2]
    demo_cond:
      - {kind: 0, seconds_start: 0, seconds_total: 0.74}
      - {kind: 1, seconds_start: 0, seconds_total: 0.74}
dataset:
  datasets:
    - {id: mine, path: latents}
"""
"""Without a mistake, as `test_the_files_that_are_spoilt_here_are_right` shows."""


def spoilt(text: str, *replacements: tuple[str, str]) -> str:
    """The text with some of its words replaced."""
    for old, new in replacements:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("text", [AUTOENCODER, DIFFUSION], ids=["autoencoder", "diffusion"])
def test_the_files_that_are_spoilt_here_are_right(found_in: Callable[..., list[Finding]], text: str) -> None:
    assert found_in(text) == []


def test_S01_a_crop_that_is_not_as_long_as_the_latents(one: Callable[..., Finding]) -> None:
    finding = one(DIFFUSION + "  latent_crop_length: 645\n", "latent-crop")
    assert finding.path == ("dataset", "latent_crop_length")
    assert "645 frames (3.74 s), but `sample_size` 32768 gives 128 (0.74 s)" in finding.message


def test_S02_a_random_crop_of_latents_leaves_their_start_as_it_was(one: Callable[..., Finding]) -> None:
    finding = one(DIFFUSION + "  latent_crop_length: 128\n  random_crop: true\n", "random-crop")
    assert (finding.severity, finding.path) == ("warning", ("dataset", "random_crop"))


def test_S03_a_strategy_that_cannot_copy_a_run(one: Callable[..., Finding]) -> None:
    finding = one(AUTOENCODER + "strategy: ddp_spawn\n", "strategy")
    assert (finding.severity, finding.path, finding.help) == ("error", ("strategy",), "write ddp")


def test_S04_weights_of_another_program_for_a_pretransform(checkpoint: Callable[..., Path]) -> None:
    checkpoint(Path("diffusion.ckpt"), "model.w", "conditioner.w", model_config={"model_type": "diffusion_cond"})
    (finding,) = checkpoint_problems("diffusion.ckpt", "pretransform_ckpt_path", "model", "autoencoder")
    assert finding.message == (
        "`pretransform_ckpt_path` needs the weights of an `autoencoder`, but `diffusion.ckpt` holds those of a `diffusion_cond`"
    )


def test_S05_a_checkpoint_whose_keys_belong_to_another_module(checkpoint: Callable[..., Path]) -> None:
    checkpoint(Path("clap.ckpt"), "audio_branch.w", "text_branch.w")
    (finding,) = checkpoint_problems("clap.ckpt", "pretransform_ckpt_path", "model", "autoencoder")
    assert (finding.severity, finding.path) == ("error", ("pretransform_ckpt_path",))


def test_S06_a_config_that_is_not_that_of_the_checkpoint(checkpoint: Callable[..., Path]) -> None:
    config = {"model_type": "autoencoder", "model": {"latent_dim": 64}}
    checkpoint(Path("model.ckpt"), "encoder.w", "decoder.w", model_config=config)
    (finding,) = checkpoint_problems("model.ckpt", "pretransform_ckpt_path", "model", "autoencoder", {"latent_dim": 32})
    assert finding.message == "`model.ckpt` was trained with `latent_dim` 64, but here it is 32"


def test_S07_a_placeholder_of_a_published_config(diffusion_tree: Tree, before_a_run: Callable[..., list[Finding]]) -> None:
    clap = {
        "id": "prompt",
        "type": "clap_text",
        "config": {"clap_ckpt_path": "/path/to/clap.ckpt", "audio_model_type": "HTSAT-base"},
    }
    diffusion_tree["model"]["model"]["conditioning"]["configs"].append(clap)
    (finding,) = [finding for finding in before_a_run(diffusion_tree) if finding.rule == "placeholder"]
    assert (finding.path[-1], finding.help) == ("clap_ckpt_path", "put your own file or folder there")


def test_S07_a_kind_of_clap_that_does_not_exist(one: Callable[..., Finding]) -> None:
    clap = "{id: kind, type: clap_text, config: {audio_model_type: HTSAT, clap_ckpt_path: a.ckpt}}"
    finding = one(DIFFUSION + f"model: {{model: {{conditioning: {{configs: [{clap}]}}}}}}\n", "wrong-value")
    assert finding.path[-1] == "audio_model_type"


def test_S08_an_autoencoder_that_was_never_given_its_weights(
    diffusion_tree: Tree, before_a_run: Callable[..., list[Finding]]
) -> None:
    assert "pretransform-weights" in [finding.rule for finding in before_a_run(diffusion_tree)]
    diffusion_tree["pretransform_ckpt_path"] = "autoencoder.ckpt"
    assert "pretransform-weights" not in [finding.rule for finding in before_a_run(diffusion_tree)]


def test_S09_a_dac_checkpoint_wrapped_by_hand(checkpoint: Callable[..., Path]) -> None:
    checkpoint(Path("weights_44khz.pth"), metadata={"kwargs": {}})
    (finding,) = checkpoint_problems("weights_44khz.pth", "pretransform_ckpt_path", "model", "autoencoder")
    assert "has no `state_dict`" in finding.message
    assert "a pretransform of type `dac_pretrained`" in (finding.help or "")


@pytest.mark.parametrize("name", sorted(file.stem for file in (SHIPPED / "experiment").glob("*.yaml")))
def test_S10_every_shipped_experiment_is_right(name: str) -> None:
    open_values = {
        "production_run": ("model=tiny_autoencoder", "dataset=synthetic"),
        "tiny_diffusion": ("dataset.datasets.0.path=latents",),
    }
    found = check_words((f"experiment={name}", *open_values.get(name, ())))
    assert [finding for finding in found if finding.severity == "error"] == []


def test_S11_vae_bottleneck_halves_the_channels(one: Callable[..., Finding]) -> None:
    finding = one(AUTOENCODER + "model:\n  model:\n    encoder:\n      config:\n        latent_dim: 16\n", "latent-width")
    assert (finding.path, finding.line) == (("model", "model", "encoder", "config", "latent_dim"), 9)
    assert (finding.label, finding.help) == ("an encoder for a latent of 16 needs 32", "set latent_dim to 32")


def test_S12_what_there_is_to_begin_with(found_in: Callable[..., list[Finding]]) -> None:
    model, dataset = found_in("name: mine\n")
    assert (model.rule, dataset.rule) == ("missing-key", "missing-key")
    assert "model=tiny_autoencoder, or model=my_model_config.json, or a whole experiment: experiment=quick_test" in (
        model.help or ""
    )
    assert "dataset=synthetic, or a folder: dataset=/data/music" in (dataset.help or "")
    unexplained = [
        file.name for file in SHIPPED.rglob("*.yaml") if not re.search(r"^ *#(?! @package)|  # ", file.read_text(), re.M)
    ]
    assert unexplained == [], "every preset says in a comment what it is"


def test_S13_several_global_conditioners_add_up(one: Callable[..., Finding]) -> None:
    network = "model: {model: {diffusion: {config: {global_cond_dim: 128}}}}\n"
    finding = one(DIFFUSION + network, "global-cond-dim")
    assert finding.path[-1] == "global_cond_dim"
    assert "are 256 wide together (128 + 128)" in finding.message
    assert finding.help == "set it to 256"


def test_S14_as_many_demos_as_conditions(one: Callable[..., Finding]) -> None:
    finding = one(spoilt(DIFFUSION, ("num_demos: 2", "num_demos: 20")), "demo-count")
    assert (finding.message, finding.help) == (
        "`num_demos` is 20, but `demo_cond` has 2 entries: the first demo would fail",
        "set it to 2",
    )


def test_S15_lengths_are_told_in_seconds_and_latent_frames(one: Callable[..., Finding], sat: Callable[..., Any]) -> None:
    finding = one(AUTOENCODER + "model: {sample_size: 12582900}\n", "sample-size")
    assert "12582900 (285.33 s)" in finding.message
    told = sat("inspect", "experiment=quick_test", "model.sample_size=12582912").out
    assert "sample_size 12582912 (285.33 s)" in told
    assert "49152 frames" in told


def test_S16_paired_data_cannot_be_expressed(one: Callable[..., Finding]) -> None:
    finding = one(AUTOENCODER + "dataset: {dataset_type: paired}\n", "unknown-type")
    assert finding.path == ("dataset", "dataset_type")
    assert (finding.help or "").startswith("it is one of `audio_dir`, `pre_encoded`, `wds`, `s3`")
    page = (Path(__file__).parent.parent.parent / "docs" / "07-plugins.md").read_text(encoding="utf-8")
    assert "dataset" in KINDS, "a plugin may add a type"
    assert "| `dataset` " in page


def test_S17_an_s3_dataset_needs_a_program(
    autoencoder_tree: Tree, before_a_run: Callable[..., list[Finding]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "which", lambda _name: None)
    autoencoder_tree["dataset"] = {"dataset_type": "s3", "datasets": [{"id": "a", "s3_path": "s3://bucket/a"}]}
    (finding,) = before_a_run(autoencoder_tree)
    assert (finding.rule, finding.message) == ("not-installed", "reading from S3 needs the program `aws`")


def test_S18_the_published_decoder_is_not_the_mirror_of_its_encoder(one: Callable[..., Finding]) -> None:
    finding = one((PUBLISHED / "encodec_musicgen_rvq.json").read_text(), "decoder-mirror", "encodec.json")
    assert finding.path == ("model", "decoder", "config", "ratios")
    assert "[8, 5, 4, 4]" in (finding.help or ""), "SEANet writes its decoder from the latent on, unlike Oobleck"


def test_S19_a_key_of_one_conditioner_is_not_one_of_another(found_in: Callable[..., list[Finding]]) -> None:
    def rules(kind: str) -> list[tuple[str, str]]:
        clap = f"{{id: kind, type: {kind}, config: {{clap_ckpt_path: clap.ckpt, audio_model_type: HTSAT-base, finetune: true}}}}"
        found = found_in(DIFFUSION + f"model: {{model: {{conditioning: {{configs: [{clap}]}}}}}}\n")
        return [(finding.rule, finding.message) for finding in found if finding.path[-1] == "finetune"]

    assert rules("clap_text") == []
    ((rule, message),) = rules("clap_audio")
    assert rule == "unknown-key"
    assert message == "`finetune` belongs to conditioner `clap_text`, but `model.model.conditioning.configs.0` is `clap_audio`"


def test_S20_a_model_type_whose_code_was_removed(one: Callable[..., Finding]) -> None:
    finding = one({"model_type": "musicgen", "sample_rate": 32000, "model": {}}, "removed-type", "model.json")
    assert finding.message == "`musicgen` was removed in 0.0.13"
    assert finding.help == "use model type `lm`, or the audiocraft package itself"


@pytest.mark.parametrize("key", ["save_dir", "ckpt_path", "pretrained_ckpt_path", "pretransform_ckpt_path"])
def test_S21_every_path_is_read_by_a_run(key: str) -> None:
    readers = [file for file in SOURCE.rglob("*.py") if f"experiment.{key}" in file.read_text(encoding="utf-8")]
    assert {"cli", "engine"} & {file.relative_to(SOURCE).parts[0] for file in readers}


def test_S22_which_of_three_keys_takes_a_checkpoint(checkpoint: Callable[..., Path]) -> None:
    beside = {"pytorch-lightning_version": "2.5.5", "optimizer_states": []}
    checkpoint(Path("training.ckpt"), "autoencoder.encoder.w", **beside)
    checkpoint(Path("model.ckpt"), "encoder.w", "decoder.w")
    (finding,) = checkpoint_problems("model.ckpt", "ckpt_path", "training", "autoencoder")
    assert finding.help == "it holds no optimizer and no step count: use pretrained_ckpt_path to start from its weights"
    (finding,) = checkpoint_problems("training.ckpt", "pretrained_ckpt_path", "model", "autoencoder")
    assert finding.help == "take the model out of it first: sat unwrap training.ckpt"


def test_S23_a_validation_needs_both_its_halves(one: Callable[..., Finding]) -> None:
    assert one(AUTOENCODER + "val_every: 100\n", "validation").severity == "error"
    data = "val_dataset:\n  dataset_type: audio_dir\n  datasets: [{id: val, path: sounds}]\n"
    assert one(AUTOENCODER + data, "validation").severity == "warning"


def test_S24_seconds_that_no_number_stands_for(found_in: Callable[..., list[Finding]]) -> None:
    text = spoilt(DIFFUSION, ("kind: 1, seconds_start: 0, seconds_total: 0.74", "kind: 1, seconds_start: 0, seconds_total: 47"))
    (finding,) = found_in(text)
    assert (finding.rule, finding.path[-3:]) == ("condition-range", ("demo_cond", 1, "seconds_total"))


def test_S25_how_much_memory_training_takes_is_estimated(sat: Callable[..., Any]) -> None:
    told = sat("inspect", "model=stable_audio_2_0_vae", "dataset=synthetic").out
    assert "memory of training (estimate)" in told
    assert "left out: activations" in told, "what makes the difference is not guessed"


def test_S26_every_published_preset_says_where_it_comes_from() -> None:
    published = [file for file in (SHIPPED / "model").glob("*.yaml") if not file.name.startswith("tiny_")]
    assert len(published) > 10
    for file in published:
        assert re.search(r"^# .*(Lineage|From)", file.read_text(encoding="utf-8"), re.M), f"{file.name} does not tell its lineage"


def test_S27_lengths_that_can_be_worked_out_have_no_key() -> None:
    keys = {name for kind in KINDS.values() for _, model in kind.models() for name in model.model_fields}
    assert not keys & {"prepend_length", "prepend_len", "latent_length", "latent_rate", "frames_per_second"}


def test_S28_a_checkpoint_says_which_versions_made_it() -> None:
    stamp = (SOURCE / "engine" / "train.py").read_text(encoding="utf-8")
    assert '("stable-audio-config", "stable-audio-tools", "torch", "python")' in stamp


def test_S29_half_precision_is_off_unless_asked_for() -> None:
    assert InferenceConfig.model_fields["model_half"].default is False
    refusal = (SOURCE / "engine" / "generate.py").read_text(encoding="utf-8")
    assert '"half-on-cpu"' in refusal


def test_S30_a_latent_rate_that_is_typed_in_a_second_time(one: Callable[..., Finding]) -> None:
    finding = one(AUTOENCODER + "model: {model: {downsampling_ratio: 4096}}\n", "downsampling-ratio")
    assert "says 4096, but one latent frame stands for 256 samples (2 x 4 x 4 x 8)" in finding.message
    assert finding.help == "set it to 256"


def test_S31_a_model_that_is_not_what_its_weights_were_trained_as(checkpoint: Callable[..., Path]) -> None:
    config = {"model_type": "autoencoder", "model": {"latent_dim": 32, "io_channels": 1}}
    checkpoint(Path("model.ckpt"), "encoder.w", "decoder.w", model_config=config)
    ours = {"latent_dim": 32, "io_channels": 2}
    (finding,) = checkpoint_problems("model.ckpt", "pretrained_ckpt_path", "model", "autoencoder", ours)
    assert finding.message == "`model.ckpt` was trained with `io_channels` 1, but here it is 2"


def test_S32_a_strength_of_guidance_that_is_a_text(one: Callable[..., Finding]) -> None:
    finding = one(spoilt(DIFFUSION, ("demo_cfg_scales: [2]", 'demo_cfg_scales: ["7"]')), "wrong-type")
    assert (finding.path[-2:], finding.help) == (("demo_cfg_scales", 0), "write 7 without quotes")
    with pytest.raises(Refused) as refused:
        checked({"ckpt_path": "a.ckpt", "conditions": [{}], "cfg_scale": "7"}, InferenceConfig)
    assert refused.value.findings[0].path == ("cfg_scale",)


def test_S33_the_settings_that_had_an_effect_stand_beside_what_came_of_them(autoencoder_tree: Tree) -> None:
    from stable_audio_config.engine.run_folder import experiment_yaml

    written = experiment_yaml(ExperimentConfig.model_validate(autoencoder_tree))
    assert "downsampling_ratio: 256" in written
    assert "max_steps: 50" in written


def test_four_mistakes_are_four_findings_each_with_its_place(found_in: Callable[..., list[Finding]]) -> None:
    text = AUTOENCODER + "batch_sise: 4\nprecision: fp16\nmodel:\n  sample_rate: '44100'\n"
    text += "  model:\n    encoder:\n      config:\n        latent_dim: 16\n"
    found = found_in(text)
    assert [(finding.rule, finding.line, finding.column) for finding in found] == [
        ("unknown-key", 5, 1),
        ("wrong-value", 6, 12),
        ("wrong-type", 8, 16),
        ("latent-width", 12, 21),
    ]
    assert all(finding.source == "mine.yaml" and finding.help for finding in found)
