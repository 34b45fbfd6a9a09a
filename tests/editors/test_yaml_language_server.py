"""What a person sees in an editor: the real yaml-language-server over our schemas, offline."""

from __future__ import annotations

from pathlib import Path

import pytest
from editors.mistakes import FILES, MISTAKES, Mistake
from editors.yaml_server import Message, YamlServer

from stable_audio_config.compose.places import SHIPPED
from stable_audio_config.source.modeline import MARK, modeline

PRESETS = sorted(SHIPPED.rglob("*.yaml"))

HERE = "|"
"""Where the cursor stands in the texts below."""


def named_like(file: str, number: int) -> str:
    """Another file of the same kind: `conf/model/mine.yaml` -> `conf/model/mine_3.yaml`."""
    stem, _, suffix = file.rpartition(".")
    return f"{stem}_{number}.{suffix}"


# --- mistakes -------------------------------------------------------------------------------------------------------------


def test_no_shipped_preset_is_flagged_and_each_names_its_schema(program: Path) -> None:
    """Without any setting: the modelines alone bring the schemas."""
    texts = {file: file.read_text(encoding="utf-8") for file in PRESETS}
    assert [file for file, text in texts.items() if not any(line.startswith(MARK) for line in text.splitlines()[:2])] == []
    with YamlServer(program, SHIPPED) as bare:
        shown = bare.diagnostics(texts)
        assert {file: found for file, found in shown.items() if found} == {}
        typo = SHIPPED / "model" / "tiny_lm.yaml"
        wrong = {file: text + "no_such_key: 1\n" for file, text in texts.items() if file.parent != SHIPPED}
        flagged = {file for file, found in bare.diagnostics(wrong).items() if "no_such_key" in str(found)}
        assert flagged == wrong.keys() - {SHIPPED / "training" / "default.yaml"}, "each is checked, so that silence means something"
        assert typo in flagged


def test_no_right_file_is_flagged(server: YamlServer, project: Path) -> None:
    shown = server.diagnostics({project / name: text for name, text in FILES.items()})
    assert {file.name: found for file, found in shown.items() if found} == {}


@pytest.fixture(scope="module")
def shown(server: YamlServer, project: Path) -> dict[str, list[Message]]:
    """What is shown in each file with a mistake, by the mistake's name. All are opened at once."""
    files = {mistake.name: project / named_like(mistake.file, number) for number, mistake in enumerate(MISTAKES)}
    found = server.diagnostics({files[mistake.name]: mistake.text for mistake in MISTAKES})
    return {name: found[file] for name, file in files.items()}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_flagged_on_its_line_and_nothing_else_is(mistake: Mistake, shown: dict[str, list[Message]]) -> None:
    assert {found["range"]["start"]["line"] + 1 for found in shown[mistake.name]} == {mistake.line}


def test_there_are_twenty_mistakes_in_every_kind_of_file() -> None:
    assert len({mistake.name for mistake in MISTAKES}) == 20
    assert {mistake.file for mistake in MISTAKES} == FILES.keys()


def test_a_text_in_the_place_of_a_number_is_told_in_words(shown: dict[str, list[Message]]) -> None:
    assert [found["message"] for found in shown["a text in the place of a number"]] == ["takes a whole number"]


def test_interpolations_missing_values_and_comments_are_no_mistakes_anywhere(server: YamlServer, project: Path) -> None:
    text = (
        "_note: {any: [thing]}\nmodel_type: autoencoder\nsample_rate: ${oc.env:RATE}\nsample_size: ???\nmodel:\n"
        "  _why: it fits\n  encoder:\n    type: ${model.model.decoder.type}\n    config: ${shared}\n  decoder: ???\n"
        "  bottleneck:\n    type: vae\n  latent_dim: ${half:64}\n  downsampling_ratio: 256\n"
    )
    file = project / "conf" / "model" / "later.yaml"
    assert server.diagnostics({file: text})[file] == []


def test_a_modeline_brings_the_schema_to_a_file_that_no_setting_knows(server: YamlServer, project: Path) -> None:
    file = project / "try" / "fast.yaml"
    text = f"{modeline('experiment', file)}\nbatch_siz: 2\n"
    assert text.startswith(f"{MARK}../.sat/schemas/experiment_schema.json\n")
    assert [found["range"]["start"]["line"] for found in server.diagnostics({file: text})[file]] == [1]


# --- completion -----------------------------------------------------------------------------------------------------------

EXPERIMENT, MODEL, TRAINING = "conf/experiment/new.yaml", "conf/model/new.yaml", "conf/training/new.yaml"
DATASET, PRE_ENCODE, INFERENCE = "conf/dataset/new.yaml", "conf/pre_encode/new.yaml", "conf/inference/new.yaml"
TINY = "defaults:\n  - override /model: tiny_autoencoder\n"
CONDITIONAL = "defaults:\n  - override /model: tiny_diffusion_cond\n"
IN_CODER = "model_type: autoencoder\nmodel:\n  encoder:\n    "

PLACES: dict[str, tuple[str, str, set[str], set[str]]] = {
    "a run option": (EXPERIMENT, f"{TINY}batch|", {"batch_size", "max_steps", "training"}, {"cfg_scale"}),
    "a group in a defaults list": (EXPERIMENT, "defaults:\n  - over|", {"override /model", "override /dataset"}, set()),
    "a model preset": (EXPERIMENT, "defaults:\n  - override /model: |", {"tiny_autoencoder", "stable_audio_2_0"}, {"synthetic"}),
    "a dataset preset": (EXPERIMENT, "defaults:\n  - override /dataset: |", {"synthetic", "audio_dir"}, {"tiny_autoencoder"}),
    "a precision": (EXPERIMENT, f"{TINY}precision: |", {"32-true", "bf16-mixed"}, set()),
    "true or false": (EXPERIMENT, f"{TINY}recover: |", {"true", "false"}, set()),
    "training of an autoencoder": (EXPERIMENT, f"{TINY}training:\n  |", {"loss_configs", "warmup_mode"}, {"cfg_dropout_prob"}),
    "training of a diffusion model": (EXPERIMENT, f"{CONDITIONAL}training:\n  |", {"cfg_dropout_prob"}, {"loss_configs"}),
    "a model type": (MODEL, "model_type: |", {"autoencoder", "diffusion_cond", "lm", "clap"}, set()),
    "a type of encoder": (MODEL, f"{IN_CODER}type: |", {"oobleck", "dac", "seanet"}, {"vae"}),
    "keys of an oobleck encoder": (MODEL, f"{IN_CODER}type: oobleck\n    config:\n      |", {"c_mults", "strides"}, {"d_model"}),
    "keys of a DAC encoder": (MODEL, f"{IN_CODER}type: dac\n    config:\n      |", {"d_model", "strides"}, {"c_mults"}),
    "a type of bottleneck": (MODEL, "model_type: autoencoder\nmodel:\n  bottleneck:\n    type: |", {"vae", "rvq"}, {"dac"}),
    "an optimizer": (TRAINING, "optimizer_configs:\n  autoencoder:\n    optimizer:\n      type: |", {"AdamW", "SGD"}, {"StepLR"}),
    "keys of an optimizer": (
        TRAINING,
        "optimizer_configs:\n  autoencoder:\n    optimizer:\n      type: AdamW\n      config:\n        |",
        {"lr", "betas", "weight_decay"},
        {"momentum"},
    ),
    "a type of dataset": (DATASET, "dataset_type: |", {"audio_dir", "pre_encoded", "wds"}, set()),
    "keys of a folder of sounds": (
        DATASET,
        "dataset_type: audio_dir\ndatasets:\n  - |",
        {"id", "path"},
        {"s3_path", "latent_extension"},
    ),
    "an option of pre-encoding": (PRE_ENCODE, "ckpt_path: a.ckpt\n|", {"output_path", "is_discrete"}, {"cfg_scale"}),
    "an option of generation": (INFERENCE, "ckpt_path: a.ckpt\n|", {"cfg_scale", "sampler_type"}, {"is_discrete"}),
    "keys of the engine's model file": (
        "my_model_config.json",
        '{\n  "model_type": "autoencoder",\n  |\n}',
        {"sample_rate", "model", "training"},
        {"defaults"},
    ),
}
"""What is completed -> the file, its text, what is offered there and what is not."""


@pytest.mark.parametrize("name", PLACES)
def test_what_fits_is_offered_and_what_belongs_elsewhere_is_not(server: YamlServer, project: Path, name: str) -> None:
    file, text, offered, left_out = PLACES[name]
    before, _, after = text.partition(HERE)
    line, column = before.count("\n"), len(before.rpartition("\n")[2])
    labels = {item["label"] for item in server.completions(project / file, before + after, line, column)}
    assert offered <= labels
    assert labels & left_out == set()


def test_there_are_twenty_places() -> None:
    assert len(PLACES) == 20


# --- hover ----------------------------------------------------------------------------------------------------------------

HOVERS = {
    "conf/experiment/mine.yaml": ("batch_size", "Samples per step and process."),
    "conf/model/mine.yaml": ("downsampling_ratio", "Audio samples per latent frame."),
    "conf/training/mine.yaml": ("betas", "Decay rates of the running averages"),
    "conf/dataset/mine.yaml": ("random_crop", "Cut each clip at a random place"),
    "conf/pre_encode/mine.yaml": ("sample_size", "Length of every clip in audio samples"),
    "conf/inference/mine.yaml": ("cfg_scale", "classifier-free guidance"),
    "model_config.json": ("sample_rate", "in Hz"),
    "dataset_config.json": ("path", "Folder, searched with its subfolders."),
}
"""File -> a word in it, and what is said about it."""


@pytest.mark.parametrize("name", HOVERS)
def test_a_key_is_explained(server: YamlServer, project: Path, name: str) -> None:
    word, meaning = HOVERS[name]
    said = hover(server, project / name, FILES[name], word)
    assert meaning in said


def test_the_pages_of_its_rules_are_linked(server: YamlServer, project: Path) -> None:
    name = "conf/model/mine.yaml"
    assert "docs/rules/downsampling-ratio.md)" in hover(server, project / name, FILES[name], "downsampling_ratio")


def test_what_presets_write_at_a_required_key_is_shown(server: YamlServer, project: Path) -> None:
    name = "conf/model/mine.yaml"
    assert "Example:\n\n```yaml\n44100" in hover(server, project / name, FILES[name], "sample_rate")


def test_a_preset_is_explained_by_its_first_comment(server: YamlServer, project: Path) -> None:
    name = "conf/experiment/mine.yaml"
    assert "A real autoencoder, small enough for a CPU" in hover(server, project / name, FILES[name], "tiny_autoencoder")


def hover(server: YamlServer, file: Path, text: str, word: str) -> str:
    before = text.partition(word)[0]
    return server.hover(file, text, before.count("\n"), len(before.rpartition("\n")[2]) + 1)
