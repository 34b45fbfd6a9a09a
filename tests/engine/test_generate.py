"""Generation with a real diffusion model: real WAV files, and every mistake told before torch is imported."""

from __future__ import annotations

import hashlib
import json
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stable_audio_config.datamodels.inference import InferenceConfig
from stable_audio_config.engine.request import SAMPLERS, check_request
from stable_audio_config.report.finding import Refused

pytestmark = pytest.mark.engine

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("tiny.py"))))

CONDITIONS = [{"kind": kind, "seconds_total": 1} for kind in range(3)]
PATCHED = {"type": "patched", "config": {"channels": 2, "patch_size": 8}}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Objective -> checkpoint."""
    folder = tmp_path_factory.mktemp("models")
    for objective in SAMPLERS:
        tiny.save_model(tiny.diffusion_config(objective=objective), folder / f"{objective}.ckpt")
    return {objective: folder / f"{objective}.ckpt" for objective in SAMPLERS}


def config(checkpoint: Path, output: Path, **more: Any) -> InferenceConfig:
    options = {"conditions": CONDITIONS, "steps": 3, "cfg_scale": 2.0, "batch_size": 2, "device": "cpu"}
    tree = {"ckpt_path": str(checkpoint), "output_path": str(output), **options, **more}
    return InferenceConfig.model_validate(tree)


def generate(checkpoint: Path, output: Path, **more: Any) -> Any:
    from stable_audio_config.engine.generate import generate

    return generate(config(checkpoint, output, **more))


def sound(path: Path) -> Any:
    import soundfile

    assert soundfile.info(str(path)).subtype == "PCM_16"
    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == tiny.RATE
    return samples


def test_each_condition_becomes_a_sound_a_picture_and_a_line_in_the_record(models: Any, tmp_path: Path) -> None:
    result = generate(models["v"], tmp_path)
    names = [f"sound_{number:03}.{ending}" for number in range(3) for ending in ("wav", "png")]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, "sound.json"])
    assert {path.name for path in result.files} == {*names, "sound.json"}
    assert (tmp_path / "sound_000.png").read_bytes().startswith(b"\x89PNG")
    sounds = [sound(tmp_path / f"sound_{number:03}.wav") for number in range(3)]
    assert [samples.shape for samples in sounds] == [(tiny.SAMPLES, 2)] * 3
    assert all(samples.any() for samples in sounds)
    about = json.loads((tmp_path / "sound.json").read_text())
    assert about["seed"] == result.seed == 42
    assert about["checkpoint_sha256"] == hashlib.sha256(models["v"].read_bytes()).hexdigest()
    assert about["versions"]["stable-audio-tools"] == "0.0.20"
    assert InferenceConfig.model_validate(about["config"]).steps == 3
    assert [made["conditions"] for made in about["sounds"]] == CONDITIONS
    assert [(made["batch_seed"], made["place_in_batch"]) for made in about["sounds"]] == [(42, 0), (42, 1), (44, 0)]


def test_the_same_seed_makes_the_same_sounds_and_nothing_is_overwritten(models: Any, tmp_path: Path) -> None:
    generate(models["v"], tmp_path, spectrogram=False)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    again = generate(models["v"], tmp_path, spectrogram=False)
    assert [path.name for path in again.files] == [
        "sound_003.wav", "sound_004.wav", "sound_003.json", "sound_005.wav",
    ]  # fmt: skip
    assert all(path.read_bytes() == content for path, content in before.items())
    for number in range(3):
        first, second = (tmp_path / f"sound_{number + more:03}.wav" for more in (0, 3))
        assert first.read_bytes() == second.read_bytes()
    other = generate(models["v"], tmp_path, spectrogram=False, seed=7)
    assert other.files[0].read_bytes() != again.files[0].read_bytes()


def test_a_drawn_seed_is_recorded_and_makes_the_same_again(models: Any, tmp_path: Path) -> None:
    drawn = generate(models["v"], tmp_path / "drawn", spectrogram=False, seed=-1)
    about = json.loads((tmp_path / "drawn" / "sound.json").read_text())
    assert about["seed"] == drawn.seed != -1
    again = generate(models["v"], tmp_path / "again", spectrogram=False, seed=drawn.seed)
    assert again.files[0].read_bytes() == drawn.files[0].read_bytes()


def test_it_is_what_the_engine_generates(models: Any, tmp_path: Path) -> None:
    import numpy as np
    from stable_audio_tools.inference.generation import generate_diffusion_cond

    from stable_audio_config.engine.loading import load_model

    generate(models["rectified_flow"], tmp_path, spectrogram=False, batch_size=3)
    model = load_model(models["rectified_flow"], model_type="diffusion_cond").model
    options = {"steps": 3, "cfg_scale": 2.0, "batch_size": 3, "sample_size": tiny.SAMPLES, "seed": 42, "device": "cpu"}
    audio = generate_diffusion_cond(model, conditioning=CONDITIONS, sampler_type="euler", **options).numpy()
    for number, expected in enumerate(audio):
        peak = max(1.0, np.abs(expected).max())
        assert np.abs(sound(tmp_path / f"sound_{number:03}.wav").T / 32768 - expected / peak).max() < 1e-4


@pytest.mark.parametrize("seconds", [0.1, 0.00001, 0.2001])
def test_any_length_is_made_to_the_sample(models: Any, tmp_path: Path, seconds: float) -> None:
    generate(models["v"], tmp_path, spectrogram=False, seconds=seconds, conditions=CONDITIONS[:1])
    assert len(sound(tmp_path / "sound_000.wav")) == max(1, round(seconds * tiny.RATE))


@pytest.mark.parametrize(("objective", "sampler"), [(key, name) for key, names in SAMPLERS.items() for name in names])
def test_every_sampler_that_we_name_works(models: Any, tmp_path: Path, objective: str, sampler: str) -> None:
    options = {"steps": 4, "conditions": CONDITIONS[:1], "spectrogram": False, "seconds": 0.02}
    assert sound(generate(models[objective], tmp_path, sampler_type=sampler, **options).files[0]).any()


def test_noise_levels_reach_the_samplers_that_read_them(models: Any, tmp_path: Path) -> None:
    options = {"conditions": CONDITIONS[:1], "spectrogram": False, "sigma_min": 0.3, "sigma_max": 50.0}
    read = generate(models["v"], tmp_path, sampler_type="dpmpp-2m", **options)
    assert read.findings == ()
    unread = generate(models["v"], tmp_path, **options)
    assert [(finding.rule, finding.path) for finding in unread.findings] == [
        ("sigma-unused", ("sigma_min",)), ("sigma-unused", ("sigma_max",)),
    ]  # fmt: skip
    plain = generate(models["v"], tmp_path, conditions=CONDITIONS[:1], spectrogram=False)
    assert plain.files[0].read_bytes() == unread.files[0].read_bytes()


@pytest.mark.parametrize("negative", [CONDITIONS[:1], CONDITIONS])
def test_negative_conditions_count_for_all_or_one_each(models: Any, tmp_path: Path, negative: Any) -> None:
    generate(models["v"], tmp_path, spectrogram=False, negative_conditions=negative)
    with_negative = sound(tmp_path / "sound_002.wav")
    generate(models["v"], tmp_path, spectrogram=False)
    assert (with_negative != sound(tmp_path / "sound_005.wav")).any()


@pytest.mark.parametrize(("objective", "sampler"), [("v", "dpmpp-2m"), ("v", None), ("rectified_flow", None)])
def test_a_variation_stays_near_its_start(tmp_path: Path, objective: str, sampler: str | None) -> None:
    import soundfile
    import torch
    from torchaudio.functional import resample

    steady = {"type": "autoencoder", "config": tiny.autoencoder_config({"type": "tanh"})["model"]}
    model = tiny.save_model(tiny.diffusion_config(steady, objective), tmp_path / "model.ckpt")
    start = tiny.write_sounds(tmp_path, 1, samples=500, rate=8000) / "tone_0.wav"
    options = {"conditions": CONDITIONS[:2], "spectrogram": False, "cfg_scale": 1.0, "sampler_type": sampler}
    generate(tmp_path / "model.ckpt", tmp_path, init_audio=str(start), init_noise_level=0.02, **options)
    generate(tmp_path / "model.ckpt", tmp_path, **options)
    samples, _ = soundfile.read(start, dtype="float32")
    audio = torch.zeros(1, 2, tiny.SAMPLES)
    audio[0, :, :1000] = resample(torch.from_numpy(samples.T), 8000, tiny.RATE)
    expected = model.pretransform.decode(model.pretransform.encode(audio))[0].T.numpy()
    near, near_too, far, _ = (abs(sound(tmp_path / f"sound_{number:03}.wav") / 32768 - expected).mean() for number in range(4))
    assert max(near, near_too) < 0.2 * far


def test_a_pretransform_without_parameters_is_no_hindrance(tmp_path: Path) -> None:
    tiny.save_model(tiny.diffusion_config(PATCHED), tmp_path / "patched.ckpt")
    result = generate(tmp_path / "patched.ckpt", tmp_path, spectrogram=False)
    assert sound(result.files[0]).shape == (tiny.SAMPLES, 2)


def test_weights_of_the_pretransform_may_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    import torch

    whole = tiny.save_model(tiny.diffusion_config(), tmp_path / "whole.ckpt")
    tiny.save_model(tiny.diffusion_config(), tmp_path / "half.ckpt", half_way=True)
    told = refused(lambda: generate(tmp_path / "half.ckpt", tmp_path))
    assert told.startswith(f"no-pretransform-weights: `{tmp_path / 'half.ckpt'}` holds no weights of the autoencoder")
    torch.save({"state_dict": whole.pretransform.model.state_dict()}, tmp_path / "autoencoder.ckpt")
    apart = generate(tmp_path / "half.ckpt", tmp_path, spectrogram=False, pretransform_ckpt_path=str(tmp_path / "autoencoder.ckpt"))
    together = generate(tmp_path / "whole.ckpt", tmp_path, spectrogram=False)
    assert apart.files[0].read_bytes() == together.files[0].read_bytes()


def test_loud_sounds_are_brought_down_to_a_peak_of_one_and_quiet_ones_left_alone(tmp_path: Path) -> None:
    import numpy as np

    from stable_audio_config.engine.sound_files import next_files

    files = next_files(tmp_path / "new", "x")
    wave = np.array([[0.0, 1.0, -1.0, 0.5]], dtype=np.float32)
    _, loud = files.write_sound(4 * wave, tiny.RATE)
    _, quiet = files.write_sound(0.5 * wave, tiny.RATE)
    assert (loud["file"], loud["peak"], loud["peak_brought_to_1"]) == ("x_000.wav", 4.0, True)
    assert (quiet["file"], quiet["peak"], quiet["peak_brought_to_1"]) == ("x_001.wav", 0.5, False)
    assert sound(tmp_path / "new" / "x_000.wav").tolist() == [0, 32767, -32768, 16384]
    assert sound(tmp_path / "new" / "x_001.wav").tolist() == [0, 16384, -16384, 8192]


def test_a_tone_is_bright_at_its_frequency() -> None:
    import numpy as np

    from stable_audio_config.engine.spectrogram import BANDS, LOWEST_HZ, log_spectrogram

    time = np.arange(2 * tiny.RATE) / tiny.RATE
    picture, seconds_per_column = log_spectrogram(np.sin(2 * np.pi * 1000 * time)[None], tiny.RATE)
    edges = np.geomspace(LOWEST_HZ, tiny.RATE / 2, BANDS + 1)
    brightest = picture[:, picture.shape[1] // 2].argmax()
    assert edges[brightest] * 0.98 <= 1000 <= edges[brightest + 1] * 1.02
    assert picture.max() == 0
    assert abs(picture.shape[1] * seconds_per_column - 2) < 0.1


def refused(call: Any) -> str:
    with pytest.raises(Refused) as caught:
        call()
    (finding,) = caught.value.findings
    return f"{finding.rule}: {finding.message}"


def test_damaged_weights_make_no_file(tmp_path: Path) -> None:
    import torch

    model = tiny.save_model(tiny.diffusion_config(), tmp_path / "model.ckpt")
    state = {**model.state_dict(), "model.model.preprocess_conv.weight": torch.full((4, 4, 1), float("nan"))}
    torch.save({"state_dict": state, "model_config": tiny.diffusion_config()}, tmp_path / "model.ckpt")
    told = refused(lambda: generate(tmp_path / "model.ckpt", tmp_path / "out"))
    assert told == "not-finite: the model gave numbers that are no sound (NaN or infinite)"
    assert list((tmp_path / "out").iterdir()) == []


def test_a_device_that_is_not_there_is_refused(models: Any, tmp_path: Path) -> None:
    told = refused(lambda: generate(models["v"], tmp_path, device="cuda:99"))
    assert told.startswith("no-device: `cuda:99` cannot be used here: ")


# What can be told without torch.


def told(model: dict[str, Any] | None = None, **more: Any) -> list[str]:
    """Severity, place and headline of every finding about a request."""
    asked = config(Path("model.ckpt"), Path("out"), **more)
    try:
        findings = check_request(asked, model or tiny.diffusion_config())
    except Refused as error:
        findings = error.findings
    return [f"{each.severity} {'.'.join(str(part) for part in each.path)}: {each.message}" for each in findings]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {"conditions": [{"kind": 1, "seconds_totl": 3}]},
            ["error conditions.0: the model is conditioned on `seconds_total`, which this entry does not give"],
        ),
        (
            {"conditions": [{}], "negative_conditions": [{"kind": 1, "seconds_total": 1}]},
            ["error conditions.0: the model is conditioned on `kind`, `seconds_total`, which this entry does not give"],
        ),
        ({"conditions": [{"class": 1, "seconds_total": 1}]}, []),
        (
            {"conditions": [{"kind": 1.5, "seconds_total": "long"}]},
            [
                "error conditions.0.kind: `kind` is 1.5, and a whole number is needed",
                "error conditions.0.seconds_total: `seconds_total` is 'long', and a number is needed",
            ],
        ),
        (
            {"conditions": [{"kind": 1, "seconds_total": 30, "mood": "calm"}]},
            [
                "warning conditions.0.seconds_total: `seconds_total` is 30, but the model knows 0 to 8 only: 8 is taken",
                "warning conditions.0.mood: no conditioner of the model reads `mood`",
            ],
        ),
        (
            {"negative_conditions": CONDITIONS[:2]},
            ["error negative_conditions: `negative_conditions` has 2 entries, and there are 3 conditions"],
        ),
        ({"model_half": True}, ["error model_half: 16 bit floats are not for a CPU"]),
        ({"init_audio": "absent.wav"}, ["error init_audio: `absent.wav` is not a file"]),
        (
            {"sampler_type": "dpmpp-2m", "sigma_min": 2.0, "sigma_max": 1.0},
            ["error sigma_min: `sigma_min` 2 is not less than `sigma_max` 1"],
        ),
        (
            {"init_audio": __file__, "sampler_type": "dpmpp-2m", "sigma_max": 5.0},
            ["warning sigma_max: `sigma_max` has no effect with `init_audio`: `init_noise_level` stands for it"],
        ),
        (
            {"init_audio": __file__, "init_noise_level": 0.0},
            ["error init_noise_level: `init_noise_level` is 0, and this sampler needs one greater than 0 and at most 1"],
        ),
    ],
)
def test_what_is_told_before_torch(options: dict[str, Any], expected: list[str]) -> None:
    assert told(**options) == expected


def test_an_unknown_sampler_is_told_with_those_that_there_are() -> None:
    flow = "`euler`, `rk4`, `dpmpp`, `pingpong`"
    assert told(tiny.diffusion_config(objective="rectified_flow"), sampler_type="dpmpp-2m-sde") == [
        "error sampler_type: `dpmpp-2m-sde` is no sampler for the objective `rectified_flow`; the engine has " + flow
    ]
    with pytest.raises(Refused) as caught:
        check_request(config(Path("m.ckpt"), Path("out"), sampler_type="dpmp-2m-sde"), tiny.diffusion_config())
    assert caught.value.findings[0].help == "did you mean `dpmpp-2m-sde`?"


def test_a_model_that_needs_audio_cannot_be_asked_for_anything() -> None:
    model = tiny.diffusion_config()
    model["model"]["conditioning"]["configs"].append({"id": "melody", "type": "pretransform", "config": {}})
    assert told(model, conditions=CONDITIONS[:1]) == [
        "error conditions.0.melody: the conditioner `melody` needs audio or tensors, which a config cannot give"
    ]


def test_default_keys_are_written_out_for_each_condition_alone(models: Any, tmp_path: Path) -> None:
    mixed = [{"class": 0, "seconds_total": 1}, {"kind": 1, "seconds_total": 1}, {"class": 2, "seconds_total": 1}]
    generate(models["v"], tmp_path, spectrogram=False, conditions=mixed)
    generate(models["v"], tmp_path, spectrogram=False)
    assert (sound(tmp_path / "sound_001.wav") == sound(tmp_path / "sound_004.wav")).all()


def test_a_missing_condition_is_refused_without_importing_torch(models: Any, tmp_path: Path) -> None:
    tree = {"ckpt_path": str(models["v"]), "output_path": str(tmp_path / "out"), "conditions": [{"kind": 1}]}
    program = f"""
import sys
from stable_audio_config.datamodels.inference import InferenceConfig
from stable_audio_config.engine.generate import generate
from stable_audio_config.report.finding import Refused
try:
    generate(InferenceConfig.model_validate({tree!r}))
except Refused as error:
    print(error, "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "the model is conditioned on `seconds_total`, which this entry does not give False\n"
    assert not (tmp_path / "out").exists()
