"""The published model config that the claims about validation are measured on: the largest one."""

from pathlib import Path

PUBLISHED = Path(__file__).resolve().parent.parent / "tests" / "published"
LARGEST = str(max(PUBLISHED.glob("stable_audio_*.json"), key=lambda file: file.stat().st_size))
