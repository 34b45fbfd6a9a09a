"""Latents on disk: what their headers and the JSON beside them tell before anything is loaded."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.datamodels.dataset import PreEncodedEntry
from stable_audio_config.report.finding import Finding
from stable_audio_config.validation.latent_files import latent_findings, npy_shape

GOOD = {"padding_mask": [1, 1], "seconds_total": 1.5}
KEY = ("dataset", "datasets", 0)


def npy(path: Path, *shape: int, version: int = 1) -> Path:
    """A NumPy file with a header and nothing else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode()
    size = struct.pack("<H" if version == 1 else "<I", len(header))
    path.write_bytes(b"\x93NUMPY" + bytes([version, 0]) + size + header)
    return path


def latent(path: Path, *shape: int, about: Any = GOOD) -> Path:
    path.with_suffix(".json").write_text(about if isinstance(about, str) else json.dumps(about))
    return npy(path, *shape)


def found(files: list[Path], crop: int | None = None, channels: int | None = None, extension: str = "npy") -> list[Finding]:
    entry = PreEncodedEntry(id="a", path=str(files[0].parent), latent_extension=extension)
    return list(latent_findings(files, entry, KEY, crop, channels))


def test_good_latents(tmp_path: Path) -> None:
    files = [latent(tmp_path / f"{number}.npy", 4, 8) for number in range(3)]
    assert found(files) == found(files, crop=8, channels=4) == []
    assert found([latent(tmp_path / "batched.npy", 1, 4, 8)], channels=4) == []


@pytest.mark.parametrize("version", [1, 2, 3])
def test_shapes_are_read_from_headers(tmp_path: Path, version: int) -> None:
    assert npy_shape(npy(tmp_path / "a.npy", 64, 645, version=version)) == (64, 645)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff", b"PK\x03\x04", b"\x93NUMPY\x01\x00\x03\x00{}x", b"\x93NUMPY\x01\x00\x03\x00[1]"],
)
def test_what_is_no_array_has_no_shape(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    assert npy_shape(tmp_path / "a.npy") is None
    assert npy_shape(tmp_path / "gone.npy") is None


def test_channels_that_the_network_does_not_take(tmp_path: Path) -> None:
    (finding,) = found([latent(tmp_path / "a.npy", 64, 8)], channels=32)
    assert finding.message == f"`{tmp_path / 'a.npy'}` has 64 channels, but the network takes 32: the first step would fail"
    assert (finding.rule, finding.severity, finding.path) == ("latents", "error", (*KEY, "path"))


def test_lengths_that_no_batch_can_hold(tmp_path: Path) -> None:
    files = [latent(tmp_path / "a.npy", 4, 8), latent(tmp_path / "b.npy", 4, 9)]
    (finding,) = found(files)
    assert finding.message == (f"`{files[0]}` has 8 frames and `{files[1]}` 9: without `latent_crop_length` no batch can hold both")
    assert (finding.path, finding.help) == (("dataset", "latent_crop_length"), "set latent_crop_length, for example to 9")
    assert found(files, crop=8) == []


def test_an_array_that_is_no_latent(tmp_path: Path) -> None:
    (finding,) = found([latent(tmp_path / "a.npy", 4)])
    assert finding.message.endswith("has the shape [4]: a latent has 2 dimensions, channels and frames")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    good, bad = latent(tmp_path / "a.npy", 4, 8), tmp_path / "b.npy"
    bad.write_bytes(b"torch")
    bad.with_suffix(".json").write_text(json.dumps(GOOD))
    (finding,) = found([bad])
    assert (finding.severity, finding.message) == (
        "error",
        f"none of 1 latents that were tried can be read: `{bad}` is no NumPy array",
    )
    (finding,) = found([good, bad])
    assert (finding.severity, finding.message) == (
        "warning",
        f"1 of 2 latents that were tried cannot be read: `{bad}` is no NumPy array",
    )


@pytest.mark.parametrize(
    ("about", "problem"),
    [
        ("{", "`{}` is not JSON"),
        ([], "`{}` is not a JSON object"),
        ({"seconds_total": 1}, "`padding_mask` in `{}` is not a list"),
        ({"padding_mask": [1]}, "`seconds_total` in `{}` is not a number"),
        ({"padding_mask": [1], "seconds_total": [1]}, "`seconds_total` in `{}` is not a number"),
    ],
)
def test_metadata_that_the_engine_cannot_use(tmp_path: Path, about: Any, problem: str) -> None:
    (finding,) = found([latent(tmp_path / "a.npy", 4, 8, about=about)])
    assert finding.message == "none of 1 latents that were tried has usable metadata"
    assert finding.help == f"`{tmp_path / 'a.npy'}`: {problem.format(tmp_path / 'a.json')}"


def test_metadata_that_are_not_there(tmp_path: Path) -> None:
    good, bad = latent(tmp_path / "a.npy", 4, 8), npy(tmp_path / "b.npy", 4, 8)
    (finding,) = found([good, bad])
    assert (finding.severity, finding.message) == ("warning", "1 of 2 latents that were tried have no usable metadata")
    assert finding.help == f"`{bad}`: `{tmp_path / 'b.json'}` does not exist"


def test_metadata_are_sought_where_the_engine_seeks_them(tmp_path: Path) -> None:
    (tmp_path / "take.npy").mkdir()
    file = latent(tmp_path / "take.npy" / "a.npy", 4, 8)
    (finding,) = found([file])
    assert finding.help == f"`{file}`: `{tmp_path / 'take.json' / 'a.json'}` does not exist"
