"""The tour of docs/01-tour.md, walked exactly as it stands there: every block is run by a real shell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import wave
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine

PAGE = Path(__file__).parent.parent.parent / "docs" / "01-tour.md"


def test_the_tour_ends_with_sounds_that_play(tmp_path: Path) -> None:
    commands = "".join(re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    tour = tmp_path / "tour"
    [first], [second] = (list((tour / "runs" / name).iterdir()) for name in ("quick_test", "tiny_diffusion"))
    for run, steps in ((first, 50), (second, 200)):
        assert json.loads((run / "summary.json").read_text())["step"] == steps
        assert (run / "loss.png").stat().st_size > 10_000
        assert list((run / "demos").glob("*.wav"))
    assert json.loads((tour / "latents" / "details.json").read_text())["latents"]["count"] == 48
    sounds = sorted((tour / "sounds").glob("*.wav"))
    assert len(sounds) == 5
    for sound in sounds:
        with wave.open(str(sound)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (44100, 2, 32768)
            assert len(set(file.readframes(32768))) > 50  # Not silence, not a constant.
        assert sound.with_suffix(".png").stat().st_size > 10_000
