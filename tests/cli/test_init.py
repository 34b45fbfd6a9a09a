"""`sat init`: what it writes from what one has, that it composes and checks clean, and that it writes over nothing."""

from __future__ import annotations

import json
import struct
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.inspect.given import given

Sat = Callable[..., Any]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    no_gpu(monkeypatch)
    return tmp_path


def no_gpu(monkeypatch: pytest.MonkeyPatch, there: bool = False) -> None:
    monkeypatch.setattr("stable_audio_config.starting.plan.has_gpu", lambda: there)


def sounds(folder: Path, rate: int = 44100, channels: int = 2, seconds: float = 2.0, count: int = 5) -> str:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        with wave.open(str(folder / f"soft_rain-{rate}-{number}.wav"), "wb") as file:
            file.setparams((channels, 2, rate, 0, "NONE", ""))
            file.writeframes(b"\1\0" * int(rate * seconds) * channels)
    return str(folder.relative_to(Path.cwd()))


def latents(folder: Path, about: dict[str, Any]) -> str:
    folder.mkdir()
    head = "{'descr': '<f4', 'fortran_order': False, 'shape': (16, 64), }".ljust(117) + "\n"
    for number in range(5):
        content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + b"\0" * (16 * 64 * 4)
        (folder / f"{number}.npy").write_bytes(content)
        (folder / f"{number}.json").write_text(json.dumps({"padding_mask": [1] * 64, "seconds_total": 0.4, **about}))
    return folder.name


def checkpoint(file: Path, model: dict[str, Any] | None, tensors: tuple[str, ...] = ("encoder.layers.0.weight_g",)) -> str:
    """A .safetensors file whose header says what a model of `sat unwrap` says."""
    table = {name: {"dtype": "F32", "shape": [1], "data_offsets": [4 * at, 4 * at + 4]} for at, name in enumerate(tensors)}
    about = {} if model is None else {"__metadata__": {"model_config": json.dumps(model)}}
    header = json.dumps({**about, **table}).encode()
    file.write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 4 * len(tensors))
    return file.name


def autoencoder(**changes: Any) -> dict[str, Any]:
    model: dict[str, Any] = compose(Request(("model=tiny_autoencoder",))).tree["model"]
    return {**model, **changes}


def tree_of(file: str) -> dict[str, Any]:
    return compose(Request((file,))).tree


def clean(sat: Sat, file: str) -> bool:
    result = sat("validate", file)
    return (result.code, result.out, result.err) == (0, f"{file}: no findings\n", "")


def test_the_schema_that_the_file_names_is_there(sat: Sat, here: Path) -> None:
    assert "written: .sat/schemas/" in sat("init", sounds(here / "music")).out
    assert "written: .sat/schemas/" not in sat("init", sounds(here / "music"), "--name", "second").out
    line = (here / "music_autoencoder.yaml").read_text().splitlines()[0]
    assert (here / line.partition("$schema=")[2]).is_file()


# An autoencoder.


def test_a_folder_of_sound_alone_is_enough(sat: Sat, here: Path) -> None:
    result = sat("init", sounds(here / "music"))
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "music: 5 sound files, 44.1 kHz, stereo, 2.0 s\nwritten: music_autoencoder.yaml\n"
        "written: .sat/schemas/experiment_schema.json (for editors; sat schema install keeps it up to date)\n"
        "\nnext: read it, then\n  sat train music_autoencoder.yaml\n"
    )
    assert clean(sat, "music_autoencoder.yaml")
    tree = tree_of("music_autoencoder.yaml")
    assert tree["dataset"]["datasets"] == [{"id": "music", "path": "music"}]
    assert tree["model"] == autoencoder()
    assert (tree["name"], tree["batch_size"], tree["logger"]) == ("music_autoencoder", 4, "csv")


def test_the_file_has_a_modeline_and_says_why_each_line_is_there(sat: Sat, here: Path) -> None:
    sat("init", sounds(here / "music"), "--name", "mine")
    lines = (here / "mine.yaml").read_text().splitlines()
    assert lines[0] == "# yaml-language-server: $schema=.sat/schemas/experiment_schema.json"
    assert lines[1] == "# An autoencoder, from 5 sound files, 44.1 kHz, stereo, 2.0 s in music."
    assert "#   sat train mine.yaml               train; single values can be changed behind it: batch_size=8" in lines
    options = [line for line in lines if line.startswith(("name", "batch", "max_steps", "precision", "num_", "save", "logger"))]
    assert len(options) == 7
    assert all("  # " in line for line in options)


def test_the_model_takes_rate_length_and_channels_of_the_sound(sat: Sat, here: Path) -> None:
    assert sat("init", sounds(here / "drums", rate=22050, channels=1, seconds=1.0)).code == 0
    model = tree_of("drums_autoencoder.yaml")["model"]
    assert (model["sample_rate"], model["audio_channels"], model["sample_size"]) == (22050, 1, 16384)
    inside = model["model"]
    assert (inside["io_channels"], inside["encoder"]["config"]["in_channels"], inside["decoder"]["config"]["out_channels"]) == (
        1,
        1,
        1,
    )
    assert clean(sat, "drums_autoencoder.yaml")


def test_sounds_of_several_kinds_are_told_of(sat: Sat, here: Path) -> None:
    sounds(here / "mixed", count=3)
    sounds(here / "mixed", rate=16000, channels=1, seconds=0.5, count=1)
    (here / "mixed" / "broken.wav").write_bytes(b"RIFF")
    out = sat("init", "mixed").out
    assert "mixed: 5 sound files, 44.1 kHz (3) and 16 kHz (1), stereo (3) and mono (1), 0.50 s to 2.0 s" in out
    assert "your sounds have 2 sample rates: the engine resamples them while it trains" in out
    assert "`mixed/broken.wav` has a header that says nothing: it may be broken" in out
    assert tree_of("mixed_autoencoder.yaml")["model"]["audio_channels"] == 2


def test_with_a_gpu_the_published_network_is_taken(sat: Sat, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_gpu(monkeypatch, there=True)
    assert sat("init", sounds(here / "music", rate=48000)).code == 0
    tree = tree_of("music_autoencoder.yaml")
    assert (tree["model"]["model"]["latent_dim"], tree["model"]["sample_rate"], tree["precision"]) == (64, 48000, "16-mixed")
    assert "discriminator" in tree["training"]["loss_configs"]
    assert clean(sat, "music_autoencoder.yaml")


def test_a_preset_can_be_asked_for(sat: Sat, here: Path) -> None:
    assert sat("init", sounds(here / "music"), "--model", "stable_audio_2_0_vae").code == 0
    assert tree_of("music_autoencoder.yaml")["model"]["model"]["latent_dim"] == 64


def test_two_sounds_are_a_batch_of_two(sat: Sat, here: Path) -> None:
    assert sat("init", sounds(here / "music", count=2)).code == 0
    assert tree_of("music_autoencoder.yaml")["batch_size"] == 2


def test_a_model_config_with_its_training_section_stays_as_it_is(sat: Sat, here: Path) -> None:
    training = {"learning_rate": 3e-4, "loss_configs": {"time": {"weights": {"l1": 1.0}}}}
    (here / "model_config.json").write_text(json.dumps({**autoencoder(sample_rate=16000), "training": training}))
    assert sat("init", sounds(here / "music"), "model_config.json").code == 0
    tree = tree_of("music_autoencoder.yaml")
    assert (tree["model"], tree["training"]) == (autoencoder(sample_rate=16000), training)


# Over an autoencoder.


@pytest.mark.parametrize("want", ["unconditional", "text-to-audio"])
def test_a_network_is_put_around_the_autoencoder_of_a_checkpoint(sat: Sat, here: Path, want: str) -> None:
    narrow = autoencoder(sample_rate=16000)
    narrow["model"] = {**narrow["model"], "latent_dim": 8}
    narrow["model"]["encoder"]["config"]["latent_dim"] = 16
    narrow["model"]["decoder"]["config"]["latent_dim"] = 8
    file = checkpoint(here / "ae.safetensors", narrow)
    result = sat("init", sounds(here / "music"), file, "--want", want, "--name", "mine")
    assert (result.code, result.err) == (0, "")
    tree = tree_of("mine.yaml")
    assert tree["pretransform_ckpt_path"] == file
    assert tree["model"]["model"]["pretransform"]["config"] == narrow["model"]
    assert (tree["model"]["sample_rate"], tree["model"]["sample_size"]) == (16000, 64 * 256), "at most as long as half the sounds"
    assert clean(sat, "mine.yaml")


def test_a_text_to_audio_model_gets_a_module_with_the_prompts(sat: Sat, here: Path) -> None:
    music = sounds(here / "music")
    (here / "music" / "soft_rain-44100-1.txt").write_text("heavy\n rain\n")
    result = sat("init", music, "--want", "text-to-audio", "--name", "mine")
    assert "warning[pretransform-weights]" in result.err
    assert result.code == 0
    assert "written: mine.yaml\nwritten: mine_prompts.py\n" in result.out
    names: dict[str, Any] = {}
    exec((here / "mine_prompts.py").read_text(), names)
    asked = [names["get_custom_metadata"]({"path": str(file)}, None) for file in sorted((here / "music").glob("*-[01].wav"))]
    assert asked == [{"prompt": "soft rain 44100 0"}, {"prompt": "heavy rain"}]
    assert tree_of("mine.yaml")["dataset"]["datasets"][0]["custom_metadata_module"] == "mine_prompts.py"


def test_in_another_folder_the_module_is_found_too(sat: Sat, here: Path) -> None:
    assert sat("init", sounds(here / "music"), "--want", "text-to-audio", "-o", "mine/first.yaml").code == 0
    assert (here / "mine" / "music_text_to_audio_prompts.py").is_file()
    [entry] = tree_of("mine/first.yaml")["dataset"]["datasets"]
    assert entry["custom_metadata_module"] == "mine/music_text_to_audio_prompts.py"
    assert (here / "mine" / "first.yaml").read_text().startswith("# yaml-language-server: $schema=../.sat/schemas/")


def test_with_a_gpu_text_to_audio_begins_with_the_published_network(sat: Sat, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_gpu(monkeypatch, there=True)
    assert sat("init", sounds(here / "music"), "--want", "text-to-audio", "--name", "mine").code == 0
    assert "override /model: stable_audio_open_small_base" in (here / "mine.yaml").read_text()


def test_latents_are_trained_on_as_latents(sat: Sat, here: Path) -> None:
    folder = latents(here / "latents", {"prompt": "rain"})
    result = sat("init", folder, checkpoint(here / "ae.safetensors", autoencoder()))
    assert (result.code, result.err) == (0, "")
    assert "latents: 5 latents, 16 wide, 64 frames" in result.out
    tree = tree_of("latents_text_to_audio.yaml")
    assert (tree["dataset"]["dataset_type"], tree["dataset"]["latent_crop_length"]) == ("pre_encoded", 64)
    assert (tree["training"]["pre_encoded"], tree["model"]["sample_size"]) == (True, 64 * 256)
    assert clean(sat, "latents_text_to_audio.yaml")


def test_what_would_fail_is_told_and_nothing_is_left_behind(sat: Sat, here: Path) -> None:
    folder = latents(here / "latents", {})
    result = sat("init", folder, "--want", "text-to-audio")
    assert result.code == 1
    assert "error[missing-metadata]" in result.err
    assert [file.name for file in here.iterdir()] == ["latents"]


# Going on with a model.


def test_fine_tuning_takes_the_config_that_the_checkpoint_carries(sat: Sat, here: Path) -> None:
    model = {**compose(Request(("model=stable_audio_open_small_base",))).tree["model"]}
    file = checkpoint(here / "model.safetensors", model, ("model.model.transformer.layers.0.weight",))
    result = sat("init", sounds(here / "music"), file)
    assert result.code == 0
    tree = tree_of("music_fine_tune.yaml")
    assert (tree["model"], tree["pretrained_ckpt_path"]) == (model, file)
    assert tree["training"]["optimizer_configs"]["diffusion"]["optimizer"]["config"]["lr"] == 1e-5
    assert given(("music_fine_tune.yaml",)).tree["dataset"]["datasets"][0]["custom_metadata_module"] == "music_fine_tune_prompts.py"


def test_a_config_beside_the_checkpoint_is_found(sat: Sat, here: Path) -> None:
    (here / "published").mkdir()
    (here / "published" / "model_config.json").write_text(
        json.dumps(compose(Request(("model=stable_audio_open_1_0",))).tree["model"])
    )
    checkpoint(here / "published" / "model.safetensors", None, ("model.model.transformer.layers.0.weight",))
    assert sat("init", sounds(here / "music"), "published/model.safetensors").code == 0
    assert "override /model: published/model_config.json" in (here / "music_fine_tune.yaml").read_text()


# What cannot be begun.


def test_nothing_is_ever_overwritten(sat: Sat, here: Path) -> None:
    (here / "mine.yaml").write_text("my work\n")
    result = sat("init", sounds(here / "music"), "--name", "mine")
    assert result.code == 1
    assert "error[file-exists]: `mine.yaml` is there already" in result.err
    assert (here / "mine.yaml").read_text() == "my work\n"
    (here / "other_prompts.py").write_text("my work\n")
    assert sat("init", "music", "--want", "text-to-audio", "--name", "other").code == 1
    assert not (here / "other.yaml").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "name what you have: sat init FOLDER"),
        (("gone",), "error[missing-file]: `gone` does not exist"),
        (("empty",), "error[no-files]: there are neither sound files nor latents in `empty`"),
        (("notes.txt",), "error[usage]: nothing can be begun with `notes.txt`"),
        (("music", "music"), "error[usage]: `music` is one of two folders of sound"),
        (("music", "latents"), "an experiment trains on one of them"),
        (("ae.safetensors",), "error[usage]: there is nothing to train on"),
        (("latents", "--want", "autoencoder"), "error[usage]: an autoencoder learns from sound, not from latents"),
        (("music", "--want", "fine-tune"), "no checkpoint is named"),
        (("music", "ae.safetensors", "--want", "autoencoder"), "to go on with it write --want fine-tune"),
        (("music", "bare.safetensors", "--want", "fine-tune"), "error[no-model-config]: `bare.safetensors` does not say which"),
        (("music", "--model", "tiny_clap"), "error[usage]: `tiny_clap` is of type `clap`, but autoencoder needs `autoencoder`"),
        (("music", "--model", "nope"), "error[unknown-preset]"),
        (("music", "training.ckpt.safetensors"), "is a training checkpoint"),
        (("music", "notes.ckpt"), "error[checkpoint]"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_missing_or_does_not_fit_is_one_finding(sat: Sat, here: Path, words: tuple[str, ...], told: str) -> None:
    sounds(here / "music")
    latents(here / "latents", {})
    (here / "empty").mkdir()
    (here / "notes.txt").write_text("hello")
    (here / "notes.ckpt").write_text("hello")
    checkpoint(here / "ae.safetensors", autoencoder())
    checkpoint(here / "bare.safetensors", None, ("something",))
    checkpoint(here / "training.ckpt.safetensors", None, ("autoencoder.encoder.layers.0.weight_g", "autoencoder_ema.step"))
    result = sat("init", *words)
    assert result.code in (1, 2)
    assert told in result.err
    assert "Traceback" not in result.err
    assert not list(here.glob("*.yaml"))


def test_somebody_at_a_terminal_is_asked(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from stable_audio_config.cli import init

    sounds(here / "music")
    monkeypatch.setattr(init, "at_a_terminal", lambda: True)
    answers = "music\n\nautoencoder\nmine\n"
    done = CliRunner().invoke(init.command, [], input=answers, catch_exceptions=False)
    assert done.exit_code == 0
    assert "unconditional  sound like yours, from nothing" in done.output
    assert yaml.safe_load((here / "mine.yaml").read_text())["name"] == "mine"
