"""The synthetic dataset: what its files are, that they are always the same, and that no half of it is left behind."""

from __future__ import annotations

import importlib.util
import json
import multiprocessing
import os
import subprocess
import sys
import time
import wave
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config import synthetic
from stable_audio_config.synthetic import cache
from stable_audio_config.synthetic.catalogue import KINDS, SAMPLE_RATE, sounds

np = pytest.importorskip("numpy", reason="the sounds are computed with numpy, which comes with the extra `engine`")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.ensure(tmp_path_factory.mktemp("cache") / "audio")


def samples(path: Path) -> Any:
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2) / 32768


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_48_audio_files_with_a_label_file_each_and_nothing_else(dataset: Path) -> None:
    audio = sorted(path.stem for path in dataset.glob("*.wav"))
    labels = sorted(path.stem for path in dataset.glob("*.json"))
    assert len(audio) == 48
    assert audio == labels
    assert len(list(dataset.iterdir())) == 96
    assert [path.name for path in dataset.parent.iterdir()] == ["audio"]


def test_every_file_is_stereo_44100_hz_16_bit_and_between_one_and_a_half_and_three_seconds(dataset: Path) -> None:
    for path in dataset.glob("*.wav"):
        with wave.open(str(path), "rb") as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 44100), path.name
            assert 1.5 <= file.getnframes() / 44100 <= 3.0, path.name
    assert len({path.stat().st_size for path in dataset.glob("*.wav")}) > 10


def test_the_labels_say_what_the_metadata_function_returns(dataset: Path) -> None:
    prompts = set()
    for path in dataset.glob("*.json"):
        labels = json.loads(path.read_text(encoding="utf-8"))
        assert set(labels) == {"prompt", "kind", "pitch"}
        assert type(labels["kind"]) is int
        assert 0 <= labels["kind"] <= 4
        assert type(labels["pitch"]) is float
        assert path.name.split("-")[1] == KINDS[labels["kind"]]
        assert (labels["pitch"] > 0) == (KINDS[labels["kind"]] in ("tone", "string"))
        prompts.add(labels["prompt"])
    assert len(prompts) == 48
    assert "a plucked string at 220 Hz, panned left" in prompts
    assert "a drum pattern of kick, snare and hi-hat at 120 beats per minute, panned left" in prompts


def test_every_kind_occurs_at_least_seven_times() -> None:
    counts = [sum(sound.kind == kind for sound in sounds()) for kind in range(5)]
    assert sum(counts) == 48
    assert min(counts) >= 7


def test_no_half_second_is_silent_and_no_twentieth_is_below_what_the_engine_calls_silence(dataset: Path) -> None:
    for path in dataset.glob("*.wav"):
        sound = samples(path)
        for begin in range(441, len(sound) - 22050 + 1, 2205):
            assert np.sqrt((sound[begin : begin + 22050] ** 2).mean()) > 0.006, (path.name, begin)
        for begin in range(441, len(sound) - 2205 + 1, 1102):
            assert np.abs(sound[begin : begin + 2205]).max() > 0.005, (path.name, begin)


def test_the_peak_is_at_minus_3_dbfs_and_both_ends_are_faded(dataset: Path) -> None:
    for path in dataset.glob("*.wav"):
        sound = samples(path)
        assert 20 * np.log10(np.abs(sound).max()) == pytest.approx(-3.0, abs=0.01), path.name
        assert np.abs(sound[0]).max() == 0.0, path.name
        assert np.abs(sound[-1]).max() <= 1 / 32768, path.name
        assert np.abs(sound.mean(axis=0)).max() < 0.005, path.name


def test_left_and_right_are_never_copies_of_each_other(dataset: Path) -> None:
    for path in dataset.glob("*.wav"):
        left, right = samples(path).T
        assert min(np.abs(left).max(), np.abs(right).max()) > 0.05, path.name
        assert abs(np.corrcoef(left, right)[0, 1]) < 0.95, path.name


def test_a_sound_panned_to_a_side_is_louder_there(dataset: Path) -> None:
    for path in dataset.glob("*.wav"):
        left, right = np.sqrt((samples(path) ** 2).mean(axis=0))
        prompt = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["prompt"]
        if "panned left" in prompt:
            assert left > 1.3 * right, path.name
        elif "panned right" in prompt:
            assert right > 1.3 * left, path.name
        else:
            assert 0.6 < left / right < 1.6, path.name


def test_a_labelled_pitch_is_the_pitch_that_sounds(dataset: Path) -> None:
    for path in dataset.glob("*.wav"):
        pitch = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["pitch"]
        if pitch == 0.0:
            continue
        mixed = samples(path).mean(axis=1)
        spectrum = np.abs(np.fft.rfft(mixed * np.hanning(len(mixed)), 1 << 18))
        frequency = np.fft.rfftfreq(1 << 18, 1 / SAMPLE_RATE)
        near = (frequency > pitch / 1.05) & (frequency < pitch * 1.05)
        loudest = frequency[near][spectrum[near].argmax()]
        assert loudest == pytest.approx(pitch, rel=0.01), path.name
        assert spectrum[near].max() > 0.2 * spectrum.max(), path.name


def test_two_generations_in_two_processes_are_equal_byte_for_byte(dataset: Path, tmp_path: Path) -> None:
    command = "import sys; from pathlib import Path; from stable_audio_config import synthetic;synthetic.ensure(Path(sys.argv[1]))"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", command, str(tmp_path / "other")], check=True, env=environment)
    assert contents(tmp_path / "other") == contents(dataset)


def test_the_sounds_are_those_of_format_version_1(dataset: Path) -> None:
    """Loudness of one file per kind: where this changes, the sounds have changed and FORMAT_VERSION must be raised."""
    loudness = {
        "00-tone-sine-220hz": (0.495, 0.119),
        "12-chirp-rising-110hz-1760hz": (0.465, 0.114),
        "21-string-plucked-82hz": (0.201, 0.202),
        "33-drums-kick-snare-110bpm": (0.143, 0.121),
        "41-noise-steady-20hz-300hz": (0.208, 0.202),
    }
    assert cache.FORMAT_VERSION == 1
    for name, expected in loudness.items():
        found = np.sqrt((samples(dataset / f"{name}.wav") ** 2).mean(axis=0))
        assert tuple(found) == pytest.approx(expected, abs=0.001), name


def test_a_second_call_writes_nothing(dataset: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in dataset.iterdir()}
    assert synthetic.ensure(dataset) == dataset
    assert {path.name: path.stat().st_mtime_ns for path in dataset.iterdir()} == before


def test_missing_and_shortened_files_are_mended_and_all_others_stay(dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "audio"
    folder.mkdir()
    whole = contents(dataset)
    names = sorted(whole)
    for name in names[:-1]:
        (folder / name).write_bytes(whole[name])
    (folder / names[3]).write_bytes(whole[names[3]][:1000])
    (folder / "mine.txt").write_text("mine")
    untouched = (folder / names[0]).stat().st_ino
    synthetic.ensure(folder)
    assert contents(folder) == {**whole, "mine.txt": b"mine"}
    assert (folder / names[0]).stat().st_ino == untouched
    assert [path.name for path in tmp_path.iterdir()] == ["audio"]


def test_somebody_else_finishing_first_wins(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "audio"
    whole = contents(dataset)

    def slower_than_somebody_else(draft: Path) -> None:
        folder.mkdir()
        for name, content in whole.items():
            (folder / name).write_bytes(content)
            (draft / name).write_bytes(b"ours")

    monkeypatch.setattr(cache, "_write_all", slower_than_somebody_else)
    synthetic.ensure(folder)
    assert contents(folder) == whole
    assert [path.name for path in tmp_path.iterdir()] == ["audio"]


def test_two_processes_at_once_leave_one_whole_dataset(dataset: Path, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=synthetic.ensure, args=(tmp_path / "audio",)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert contents(tmp_path / "audio") == contents(dataset)
    assert [path.name for path in tmp_path.iterdir()] == ["audio"]


def test_a_process_killed_while_writing_leaves_no_half_dataset_in_place(dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "audio"
    process = multiprocessing.get_context("spawn").Process(target=synthetic.ensure, args=(folder,))
    process.start()
    while process.is_alive() and not list(tmp_path.glob(".audio.draft-*/*.wav")):
        time.sleep(0.005)
    process.kill()
    process.join()
    assert not folder.exists() or len(contents(folder)) == 96
    synthetic.ensure(folder)
    assert contents(folder) == contents(dataset)


def test_a_draft_left_behind_an_hour_ago_is_removed_and_a_fresh_one_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, fresh = tmp_path / ".audio.draft-old", tmp_path / ".audio.draft-fresh"
    for draft in (old, fresh):
        draft.mkdir()
    os.utime(old, (time.time() - 4000, time.time() - 4000))
    monkeypatch.setattr(cache, "_write_all", lambda draft: (draft / "anything").touch())
    synthetic.ensure(tmp_path / "audio")
    assert not old.exists()
    assert fresh.exists()


def test_a_failure_while_writing_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(draft: Path) -> None:
        (draft / "half.wav").write_bytes(b"RIFF")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "_write_all", full_disk)
    with pytest.raises(OSError, match="No space left"):
        synthetic.ensure(tmp_path / "audio")
    assert list(tmp_path.iterdir()) == []


def test_the_cache_folder_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAT_CACHE", str(tmp_path / "ours"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert synthetic.cache_folder() == tmp_path / "ours" / "stable-audio-config" / "synthetic-1"
    assert synthetic.audio_folder() == synthetic.cache_folder() / "audio"
    monkeypatch.delenv("SAT_CACHE")
    assert synthetic.cache_folder() == tmp_path / "xdg" / "stable-audio-config" / "synthetic-1"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert synthetic.cache_folder() == Path.home() / ".cache" / "stable-audio-config" / "synthetic-1"
    monkeypatch.setenv("SAT_CACHE", "relative")
    assert synthetic.cache_folder() == Path.cwd() / "relative" / "stable-audio-config" / "synthetic-1"


def test_ensure_without_a_folder_fills_the_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAT_CACHE", str(tmp_path))
    assert synthetic.ensure() == synthetic.audio_folder()
    assert len(list(synthetic.audio_folder().glob("*.wav"))) == 48


def test_the_metadata_function_runs_by_path_and_returns_the_labels(dataset: Path) -> None:
    spec = importlib.util.spec_from_file_location("metadata_module", synthetic.metadata_module())
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    path = min(dataset.glob("*-string-*.wav"))
    labels = module.get_custom_metadata({"path": str(path), "seconds_total": 2}, None)
    assert labels == {"prompt": "a plucked string at 82.41 Hz, in the centre", "kind": 2, "pitch": 82.41}


def test_importing_the_room_and_finding_the_files_complete_needs_no_numpy(dataset: Path) -> None:
    command = (
        "import sys; from pathlib import Path; from stable_audio_config import synthetic;"
        "synthetic.ensure(Path(sys.argv[1])); print('numpy' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", command, str(dataset)], check=True, capture_output=True, text=True)
    assert answer.stdout == "False\n"
