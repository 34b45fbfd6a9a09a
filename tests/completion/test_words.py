"""What is suggested at the cursor: presets and files, keys of the chosen parts, types and other values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stable_audio_config.completion.words import suggestions


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def suggested(line: str, root: str = "experiment") -> list[str]:
    *typed, begun = line.split(" ")
    return suggestions(begun, tuple(typed), None, root)


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("model=tiny_a", ["model=tiny_autoencoder"]),
        ("val_dataset=syn", ["val_dataset=synthetic"]),
        ("experiment=q", ["experiment=quick_test"]),
        ("training=_", []),
        ("batch", ["batch_size="]),
        ("mod", ["model=", "model."]),
        ("schema", []),
        ("precision=b", ["precision=bf16-mixed", "precision=bf16-true", "precision=bf16"]),
        ("recover=", ["recover=true", "recover=false"]),
        ("training.opt", ["training.optimizer_configs."]),
        ("model=tiny_autoencoder training.lo", ["training.loss_configs.", "training.log_every_n_steps="]),
        ("model=tiny_autoencoder training.opt", ["training.optimizer_configs."]),
        ("model=tiny_diffusion_uncond training.le", ["training.learning_rate="]),
        ("experiment=tiny_diffusion training.cfg", ["training.cfg_dropout_prob="]),
        ("model.model.encoder.type=d", ["model.model.encoder.type=dac"]),
        ("model=tiny_autoencoder model.model.encoder.config.c_", ["model.model.encoder.config.c_mults="]),
        ("model=tiny_autoencoder model.model.bott", ["model.model.bottleneck."]),
        ("dataset=audio_dir dataset.datasets.0.key", ["dataset.datasets.0.keywords="]),
        ("model=gone.json model.model.lat", ["model.model.latent_dim="]),
        ("model.nope.x", []),
        ("model=tiny_autoencoder model.model.latent_dim.x", []),
    ],
)  # fmt: skip
def test_what_is_suggested(line: str, first: list[str]) -> None:
    assert suggested(line) == first


@pytest.mark.parametrize(
    ("typed", "way", "ends"),
    [
        ("model=tiny_autoencoder model.model.encoder.type=dac", "model.model.encoder.config.d_", ["model="]),
        ("model=tiny_diffusion_cond", "model.model.conditioning.configs.", ["0.", "1.", "2."]),
        ("model=tiny_diffusion_cond", "model.model.conditioning.configs.0.type=t5", ["", "gemma"]),
        ("model=tiny_diffusion_cond", "model.model.conditioning.configs.0.config.m", ["in_val=", "ax_val="]),
        (
            "model=tiny_diffusion_cond",
            "training.optimizer_configs.diffusion.optimizer.type=Adam",
            ["W", "", "W8bit", "ax"],
        ),
        ("model=tiny_diffusion_cond", "training.optimizer_configs.diffusion.optimizer.config.ams", ["grad="]),
    ],
)
def test_what_is_suggested_deep_inside(typed: str, way: str, ends: list[str]) -> None:
    assert suggested(f"{typed} {way}") == [f"{way}{end}" for end in ends]


def test_files_stand_where_presets_may(here: Path) -> None:
    for name in ("my_model.json", "my_experiment.yaml", "my.ckpt", "notes.txt", ".my_hidden.json"):
        (here / name).write_text("{}")
    (here / "my_sounds").mkdir()
    (here / "my_sounds" / "deep.json").write_text("{}")
    assert suggested("my") == ["my_experiment.yaml", "my_sounds/"]
    assert suggested("model=my") == ["model=my_experiment.yaml", "model=my_model.json", "model=my_sounds/"]
    assert suggested("model=my_sounds/") == ["model=my_sounds/deep.json"]
    assert suggested("ckpt_path=my") == ["ckpt_path=my.ckpt", "ckpt_path=my_sounds/"]
    assert suggested("save_dir=my_s") == ["save_dir=my_sounds/"]
    assert suggested(f"ckpt_path={here}/my.") == [f"ckpt_path={here}/my.ckpt"]
    assert suggested("model=nowhere/x") == []


def test_ones_own_presets_and_files_count(here: Path) -> None:
    (here / "conf" / "model").mkdir(parents=True)
    (here / "conf" / "model" / "mine.yaml").write_text("model_type: diffusion_uncond\nmodel: {type: dit}\n")
    (here / "model.json").write_text(json.dumps({"model_type": "autoencoder", "model": {"encoder": {"type": "seanet"}}}))
    (here / "mine.yaml").write_text("defaults:\n  - override /model: mine\n")
    assert suggested("model=mi") == ["model=mine", "model=mine.yaml"]
    assert suggested("model=mine training.pre") == ["training.pre_encoded="]
    assert suggested("model=model.json model.model.encoder.config.n_f") == ["model.model.encoder.config.n_filters="]
    assert suggested("mine.yaml model.model.type=d") == ["model.model.type=dit"]
    assert suggested("mine.yaml training.loss") == [], "an unconditional model has no such section"
    (here / "conf" / "model" / "mine.yaml").write_text("model_type: [")
    assert "training.loss_configs." in suggested("model=mine training.loss_conf"), "what cannot be read could be anything"


def test_the_training_section_inside_a_model_file_counts(here: Path) -> None:
    optimizer = {"optimizer_configs": {"autoencoder": {"optimizer": {"type": "SGD", "config": {}}}}}
    (here / "model.json").write_text(json.dumps({"model_type": "autoencoder", "model": {}, "training": optimizer}))
    way = "training.optimizer_configs.autoencoder.optimizer.config."
    assert f"{way}momentum=" in suggested(f"model=model.json {way}")
    assert suggested(f"model=model.json {way}betas") == []


@pytest.mark.parametrize(
    ("root", "line", "first"),
    [
        ("inference", "cfg_", ["cfg_scale="]),
        ("inference", "inference=t", ["inference=tiny"]),
        ("pre_encode", "output_p", ["output_path="]),
        ("pre_encode", "pre", ["pre_encode="]),
    ],
)
def test_other_commands_have_their_own_keys(root: str, line: str, first: list[str]) -> None:
    assert suggested(line, root)[: len(first)] == first


def test_a_folder_of_presets_that_is_not_there_leaves_the_shipped_ones() -> None:
    assert suggestions("model=tiny_au", (), "gone", "experiment") == ["model=tiny_autoencoder"]
