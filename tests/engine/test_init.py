"""`sat init` on a folder of sounds, and nothing else, leads to a training run; our readers of headers say what soundfile says."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.starting.sounds import read_header

pytestmark = pytest.mark.engine


def test_a_folder_of_wav_files_leads_to_a_training_run(
    sat: Callable[..., Any], train_here: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "music").mkdir()
    for number in range(4):
        with wave.open(str(tmp_path / "music" / f"{number}.wav"), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes(bytes(range(256)) * 63)
    assert sat("init", "music").code == 0
    loss = "training.loss_configs.spectral.config"
    quick = (f"{loss}.fft_sizes=[256]", f"{loss}.hop_sizes=[64]", f"{loss}.win_lengths=[256]", "training.demo=null")
    small = ("batch_size=2", "num_workers=0", "accelerator=cpu", *quick)
    run = train_here(compose(Request(("music_autoencoder.yaml", "max_steps=2", *small))).tree)
    assert (run.outcome.state, run.outcome.step) == ("finished", 2)
    assert run.path.parent == tmp_path / "runs" / "music_autoencoder"
    assert run.folder.complete_checkpoints()


KINDS = [
    ("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAVEX", "PCM_24"), ("RF64", "PCM_16"), ("FLAC", "PCM_16"), ("AIFF", "PCM_16"),
    ("AIFF", "FLOAT"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"),
]  # fmt: skip


@pytest.mark.parametrize(("container", "coding"), KINDS, ids="-".join)
@pytest.mark.parametrize(("rate", "channels"), [(48000, 2), (16000, 1)])
def test_a_header_is_read_as_soundfile_reads_it(tmp_path: Path, container: str, coding: str, rate: int, channels: int) -> None:
    import numpy as np
    import soundfile

    noise = np.random.default_rng(0).standard_normal((rate * 3 // 2, channels)) * 0.1
    soundfile.write(tmp_path / "sound", noise, rate, format=container, subtype=coding)
    theirs, ours = soundfile.info(tmp_path / "sound"), read_header(tmp_path / "sound")
    assert ours is not None
    decoded_at = 48000 if coding == "OPUS" else rate  # Opus is decoded at 48 kHz; soundfile tells what it was made from.
    assert (ours.rate, ours.channels) == (decoded_at, theirs.channels)
    slack = 0.1 if container == "MP3" else 0.001  # Of an MP3 whole frames are counted.
    assert abs(ours.seconds - theirs.duration) < slack
