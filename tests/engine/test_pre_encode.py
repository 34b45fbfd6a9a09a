"""Pre-encoding with a real autoencoder and real sounds; the engine's own loader reads what was written."""

from __future__ import annotations

import hashlib
import json
import runpy
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stable_audio_config.datamodels.pre_encode import PreEncodeConfig
from stable_audio_config.report.finding import Refused

pytestmark = pytest.mark.engine

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("tiny.py"))))

TANH = {"type": "tanh"}  # Gives the same latents every time, unlike a VAE.
RVQ = {"type": "rvq", "config": {"num_quantizers": 2, "codebook_size": 8, "dim": tiny.LATENT}}
FRAMES = tiny.SAMPLES // tiny.RATIO


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Any]]:
    """Name -> checkpoint and model."""
    folder = tmp_path_factory.mktemp("models")
    bottlenecks = {"tanh": TANH, "rvq": RVQ, "vae": None}
    return {
        name: (path, tiny.save_model(tiny.autoencoder_config(bottleneck), path))
        for name, bottleneck in bottlenecks.items()
        for path in [folder / f"{name}.ckpt"]
    }


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_sounds(tmp_path_factory.mktemp("sounds"), 5)


def audio_dir(folder: Path, **more: Any) -> dict[str, Any]:
    return {"dataset_type": "audio_dir", "datasets": [{"id": "tones", "path": str(folder)}], **more}


def pre_encode(checkpoint: Path, dataset: dict[str, Any], output: Path, **more: Any) -> Any:
    from stable_audio_config.engine.pre_encode import pre_encode

    options = {"batch_size": 2, "sample_size": tiny.SAMPLES, "num_workers": 0, "accelerator": "cpu", "devices": 1}
    tree = {"ckpt_path": str(checkpoint), "dataset": dataset, "output_path": str(output), **options, **more}
    return pre_encode(PreEncodeConfig.model_validate(tree))


def refused(call: Any) -> str:
    with pytest.raises(Refused) as caught:
        call()
    (finding,) = caught.value.findings
    return f"{finding.rule}: {finding.message}"


def test_the_engine_reads_the_latents_that_encode_gives(models: Any, sounds: Path, tmp_path: Path) -> None:
    import soundfile
    import torch

    from stable_audio_config.datamodels.dataset import PreEncodedDataset
    from stable_audio_config.engine.compat import build_dataloader

    checkpoint, model = models["tanh"]
    result = pre_encode(checkpoint, audio_dir(sounds), tmp_path / "latents")
    assert (result.clips, result.batches, result.frames, result.findings) == (5, 3, FRAMES, ())
    entry = {"id": "latents", "path": str(result.folder)}
    dataset = PreEncodedDataset.model_validate({"dataset_type": "pre_encoded", "datasets": [entry], "drop_last": False})
    options = {"sample_size": tiny.SAMPLES, "sample_rate": tiny.RATE, "audio_channels": 2, "num_workers": 0}
    seen = set()
    for latents, metadata in build_dataloader(dataset, batch_size=2, shuffle=False, **options):
        assert latents.shape[1:] == (tiny.LATENT, FRAMES)
        for latent, info in zip(latents, metadata, strict=True):
            seen.add(info["relpath"])
            samples, _ = soundfile.read(info["path"], dtype="float32")
            audio = torch.zeros(1, 2, tiny.SAMPLES)
            audio[0, :, : len(samples)] = torch.from_numpy(samples.T)
            either = [model.encode(audio)[0], model.encode(-audio)[0]]  # The loader flips the phase at random.
            assert any(torch.allclose(latent, expected, atol=1e-5) for expected in either)
            (mask,) = info["padding_mask"]
            assert mask.tolist() == [1] * (len(samples) // tiny.RATIO) + [0] * (FRAMES - len(samples) // tiny.RATIO)
            assert info["seconds_total"] == 1
            assert info["sample_rate"] == tiny.RATE
            assert info["timestamps"][0] == 0
    assert seen == {path.name for path in sounds.iterdir()}


def test_the_layout_is_that_of_the_engines_script(models: Any, sounds: Path, tmp_path: Path) -> None:
    folder = pre_encode(models["vae"][0], audio_dir(sounds), tmp_path / "latents").folder
    names = ["0000000000000", "0000000000001", "0000000010000", "0000000010001", "0000000020000"]
    expected = {"details.json", "0", *(f"0/{name}.{ending}" for name in names for ending in ("npy", "json"))}
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*")} == expected


def test_the_details_say_what_made_the_latents(models: Any, sounds: Path, tmp_path: Path) -> None:
    checkpoint, model = models["tanh"]
    dataset = audio_dir(sounds)
    folder = pre_encode(checkpoint, dataset, tmp_path / "latents").folder
    details = json.loads((folder / "details.json").read_text())
    assert details["model_config"] == tiny.autoencoder_config(TANH)
    assert details["dataset_config"] == dataset
    assert details["sample_size"] == tiny.SAMPLES
    assert details["args"]["batch_size"] == 2
    assert details["args"]["model_half"] is False
    assert details["latents"] == {"count": 5, "frames": FRAMES, "batches": 3}
    again = PreEncodeConfig.model_validate(details["stable_audio_config"]["config"])
    assert again.ckpt_path == str(checkpoint)
    told = details["autoencoder"]
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
    assert told.pop("weights_sha256") == digest.hexdigest()
    assert told == {
        "ckpt_path": str(checkpoint),
        "sha256": hashlib.sha256(checkpoint.read_bytes()).hexdigest(),
        "downsampling_ratio": tiny.RATIO,
        "latent_dim": tiny.LATENT,
        "sample_rate": tiny.RATE,
    }


def test_a_discrete_autoencoder_gives_its_tokens(models: Any, sounds: Path, tmp_path: Path) -> None:
    import numpy as np

    folder = pre_encode(models["rvq"][0], audio_dir(sounds), tmp_path / "tokens", is_discrete=True, batch_size=5).folder
    tokens = np.load(folder / "0" / "0000000000000.npy")
    assert tokens.shape == (FRAMES, 2)
    assert tokens.dtype == np.int64
    assert 0 <= tokens.min() <= tokens.max() < 8
    metadata = json.loads((folder / "0" / "0000000000000.json").read_text())
    assert len(metadata["padding_mask"]) == FRAMES


def test_tokens_of_a_continuous_autoencoder_are_refused(models: Any, sounds: Path, tmp_path: Path) -> None:
    told = refused(lambda: pre_encode(models["vae"][0], audio_dir(sounds), tmp_path / "out", is_discrete=True))
    assert told.startswith("not-discrete: ")
    assert told.endswith("have tokens, and the bottleneck of this autoencoder is `vae`")
    assert not (tmp_path / "out").exists()


def test_web_datasets_give_their_padding_mask_as_a_tensor(models: Any, sounds: Path, tmp_path: Path) -> None:
    (tmp_path / "tars").mkdir()
    (tmp_path / "about.json").write_text('{"text": "a tone"}')
    with tarfile.open(tmp_path / "tars" / "0.tar", "w") as tar:
        for path in sorted(sounds.iterdir()):
            tar.add(path, f"{path.stem}.wav")
            tar.add(tmp_path / "about.json", f"{path.stem}.json")
    entry = {"id": "tars", "path": str(tmp_path / "tars")}
    dataset = {"dataset_type": "wds", "datasets": [entry], "resampled_shards": False}
    result = pre_encode(models["tanh"][0], dataset, tmp_path / "latents", batch_size=1)
    assert result.clips == 5
    metadata = [json.loads(path.read_text()) for path in sorted((result.folder / "0").glob("*.json"))]
    assert [info["prompt"] for info in metadata] == ["a tone"] * 5
    assert [sum(info["padding_mask"]) for info in metadata] == [FRAMES, FRAMES // 2, FRAMES, FRAMES // 2, FRAMES]
    assert [info["seconds_total"] for info in metadata] == [1] * 5
    assert metadata[0]["timestamps"] == [0, 1]
    assert "audio" not in metadata[0]


def test_drawing_with_replacement_is_warned_of(models: Any, sounds: Path, tmp_path: Path) -> None:
    entry = {"id": "tones", "path": str(sounds), "weight": 2.0}
    dataset = {"dataset_type": "audio_dir", "datasets": [entry]}
    result = pre_encode(models["tanh"][0], dataset, tmp_path / "latents", sample_size=tiny.SAMPLES + 1)
    assert [finding.rule for finding in result.findings] == ["sample-size", "drawn-with-replacement"]
    assert result.findings[0].message == "`sample_size` 2049 is not a multiple of 8 (nearest: 2048, 2056)"


def test_limit_batches_limits(models: Any, sounds: Path, tmp_path: Path) -> None:
    result = pre_encode(models["vae"][0], audio_dir(sounds), tmp_path / "latents", limit_batches=1)
    assert (result.clips, result.batches) == (2, 1)
    assert len(list(result.folder.rglob("*.npy"))) == 2


def test_drop_last_is_obeyed_where_it_is_written(models: Any, sounds: Path, tmp_path: Path) -> None:
    result = pre_encode(models["vae"][0], audio_dir(sounds, drop_last=True), tmp_path / "latents")
    assert (result.clips, result.batches) == (4, 2)
    assert len(list(result.folder.rglob("*.npy"))) == 4


def test_half_precision_is_saved_as_such(models: Any, sounds: Path, tmp_path: Path) -> None:
    import numpy as np

    folder = pre_encode(models["tanh"][0], audio_dir(sounds), tmp_path / "latents", model_half=True).folder
    assert np.load(folder / "0" / "0000000000000.npy").dtype == np.float16


def test_two_processes_share_the_clips_and_count_them_together(models: Any, sounds: Path, tmp_path: Path) -> None:
    options = {"devices": 2, "strategy": "ddp_fork", "shuffle": True, "batch_size": 1}
    result = pre_encode(models["tanh"][0], audio_dir(sounds), tmp_path / "latents", **options)
    assert (result.clips, result.batches, result.frames) == (5, 5, FRAMES)
    found = [json.loads(path.read_text())["relpath"] for path in result.folder.glob("[01]/*.json")]
    assert sorted(found) == sorted(path.name for path in sounds.iterdir())
    assert len(list((result.folder / "0").glob("*.npy"))) == 3


def test_a_folder_with_something_in_it_needs_overwrite(models: Any, sounds: Path, tmp_path: Path) -> None:
    checkpoint = models["vae"][0]
    (tmp_path / "details.json").write_text("{}")
    told = refused(lambda: pre_encode(checkpoint, audio_dir(sounds), tmp_path))
    assert told == f"output-not-empty: `{tmp_path}` is not empty"
    assert pre_encode(checkpoint, audio_dir(sounds), tmp_path, overwrite=True).clips == 5
    assert json.loads((tmp_path / "details.json").read_text())["latents"]["count"] == 5


def test_interrupted_it_leaves_whole_files_and_no_details(
    models: Any, sounds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stable_audio_config.engine import encoding

    write = encoding.write_clip

    def write_two(folder: Path, name: str, *rest: Any) -> None:
        if name.endswith("10000"):
            raise KeyboardInterrupt
        write(folder, name, *rest)

    monkeypatch.setattr(encoding, "write_clip", write_two)
    with pytest.raises(KeyboardInterrupt):
        pre_encode(models["vae"][0], audio_dir(sounds), tmp_path / "latents")
    names = {path.name for path in (tmp_path / "latents").rglob("*")}
    stems = ("0000000000000", "0000000000001")
    assert names == {"0", *(f"{stem}.{ending}" for stem in stems for ending in ("npy", "json"))}


def test_without_audio_there_is_nothing_to_encode(models: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    checkpoint = models["vae"][0]
    for shuffle in (False, True):
        told = refused(
            lambda shuffle=shuffle: pre_encode(checkpoint, audio_dir(tmp_path / "empty"), tmp_path / "out", shuffle=shuffle)
        )
        assert told == "no-audio: the dataset holds no audio files"
    told = refused(lambda: pre_encode(checkpoint, audio_dir(tmp_path / "absent"), tmp_path / "out"))
    assert told == f"missing-folder: `{tmp_path / 'absent'}` is not a folder"


def test_latents_are_not_encoded_again(models: Any, tmp_path: Path) -> None:
    dataset = {"dataset_type": "pre_encoded", "datasets": [{"id": "latents", "path": str(tmp_path)}]}
    told = refused(lambda: pre_encode(models["vae"][0], dataset, tmp_path / "out"))
    assert told == "already-latents: this dataset holds latents already"


def test_a_device_that_is_not_there_is_refused(models: Any, sounds: Path, tmp_path: Path) -> None:
    told = refused(lambda: pre_encode(models["vae"][0], audio_dir(sounds), tmp_path / "out", accelerator="tpu"))
    assert told.startswith("no-device: Lightning cannot use these devices: ")
