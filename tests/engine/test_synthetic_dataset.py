"""The synthetic dataset goes through the engine's own data loader, labels and all, in a worker process."""

from __future__ import annotations

from pathlib import Path

import pytest

from stable_audio_config import synthetic

pytestmark = pytest.mark.engine


def test_the_engine_loads_every_sound_with_its_labels_and_rejects_none(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    loading = pytest.importorskip("stable_audio_tools.data.dataset", reason="the engine is not installed")
    folder = synthetic.ensure(tmp_path / "audio")
    entry = {"id": "synthetic", "path": str(folder), "custom_metadata_module": str(synthetic.metadata_module())}
    loader = loading.create_dataloader_from_config(
        {"dataset_type": "audio_dir", "datasets": [entry]},
        batch_size=4,
        sample_size=4096,
        sample_rate=44100,
        num_workers=1,
        shuffle=False,
    )
    names, kinds = [], set()
    for audio, infos in loader:
        assert tuple(audio.shape) == (4, 2, 4096)
        for info in infos:
            names.append(info["relpath"])
            kinds.add(info["kind"])
            assert info["prompt"]
            assert isinstance(info["pitch"], float)
    assert sorted(names) == sorted(path.name for path in folder.glob("*.wav"))
    assert kinds == {0, 1, 2, 3, 4}
    assert "Couldn't load file" not in capfd.readouterr().out
