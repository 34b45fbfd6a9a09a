"""What must be on disk before a run: real folders, real files, checkpoints made by hand."""

from __future__ import annotations

import os
import runpy
import tarfile
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.report.finding import Finding
from stable_audio_config.validation import files, installed
from stable_audio_config.validation.checkpoint_files import checkpoint_problems
from stable_audio_config.validation.files import dataset_files, missing_files

maker = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("checkpoint_maker.py"))))
checkpoint, TENSOR = maker.checkpoint, maker.TENSOR
Data = dict[str, Any]
as_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")


@pytest.fixture(autouse=True)
def everything_installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The packages that count as missing; empty unless a test adds to it."""
    missing: set[str] = set()
    for module in (files, installed):
        monkeypatch.setattr(module, "find_spec", lambda name: None if name in missing else ModuleSpec(name, None))
    return missing


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sounds" / "deep").mkdir(parents=True)
    for name in ("a.wav", "b.FLAC", "deep/c_drum.ogg", "deep/d.mp3", "notes.txt", ".hidden.wav"):
        (tmp_path / "sounds" / name).touch()
    return tmp_path


@pytest.fixture
def tree(autoencoder_tree: Data, here: Path) -> Data:
    """An experiment over the four files in `sounds`."""
    assert (here / "sounds").is_dir()
    autoencoder_tree["batch_size"] = 4
    autoencoder_tree["dataset"] = {"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "sounds"}]}
    return autoencoder_tree


def found(tree: Data) -> list[Finding]:
    return missing_files(ExperimentConfig.model_validate(tree))


def only(tree: Data) -> tuple[str, str, str, str | None]:
    (finding,) = found(tree)
    return finding.rule, ".".join(map(str, finding.path)), finding.message, finding.help


def entry(tree: Data, **keys: Any) -> Data:
    tree["dataset"]["datasets"][0].update(keys)
    return tree


def test_nothing_is_missing(tree: Data) -> None:
    assert found(tree) == []


def test_a_folder_that_is_not_there(tree: Data) -> None:
    assert only(entry(tree, path="gone")) == (
        "missing-file",
        "dataset.datasets.0.path",
        "the folder `gone` does not exist",
        "check the path",
    )


def test_a_file_where_a_folder_is_needed(tree: Data) -> None:
    assert only(entry(tree, path="sounds/a.wav"))[2:] == ("`sounds/a.wav` is a file; a folder is needed", "try sounds")


def test_a_placeholder_is_said_once_wherever_it_stands(tree: Data) -> None:
    assert only(entry(tree, path="/path/to/audio")) == (
        "placeholder",
        "dataset.datasets.0.path",
        "`/path/to/audio` is a placeholder",
        "put your own file or folder there",
    )
    tree["pretrained_ckpt_path"] = "/path/to/model.ckpt"
    assert [finding.path[0] for finding in found(tree) if finding.rule == "placeholder"] == ["pretrained_ckpt_path", "dataset"]


@as_root
def test_a_folder_that_cannot_be_read(tree: Data, here: Path) -> None:
    (here / "sounds").chmod(0)
    rule, _, message, help = only(tree)
    (here / "sounds").chmod(0o700)
    assert (rule, message, help) == ("unreadable-file", "the folder `sounds` cannot be read", "check its permissions")


def test_a_folder_that_cannot_be_read_by_what_the_system_says(tree: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != "sounds")
    assert only(tree)[:3] == ("unreadable-file", "dataset.datasets.0.path", "the folder `sounds` cannot be read")


def test_a_folder_without_sounds(tree: Data, here: Path) -> None:
    (here / "empty").mkdir()
    message = "there are no sound files (wav, mp3, flac, ogg, aif, opus) in `empty`"
    assert only(entry(tree, path="empty")) == ("no-files", "dataset.datasets.0.path", message, "check the path")


def test_keywords_that_let_nothing_through(tree: Data) -> None:
    assert only(entry(tree, keywords=["rain", "wind"]))[3] == "`keywords` lets only rain, wind through"


def test_keywords_are_compared_in_any_case(tree: Data) -> None:
    tree["batch_size"] = 1
    assert found(entry(tree, keywords=["DRUM"])) == []


def test_fewer_files_than_one_batch(tree: Data) -> None:
    tree["batch_size"] = 5
    assert only(tree) == (
        "too-few-files",
        "dataset",
        "the dataset has 4 files, fewer than one batch of 5: there would be nothing to train on",
        "set batch_size to at most 4, or dataset.drop_last=false",
    )
    tree["dataset"]["drop_last"] = False
    assert found(tree) == []


def test_files_of_all_folders_are_counted_together(tree: Data, here: Path) -> None:
    tree["batch_size"] = 5
    (here / "more").mkdir()
    (here / "more" / "e.wav").touch()
    tree["dataset"]["datasets"].append({"id": "b", "path": "more"})
    assert found(tree) == []


def test_a_broken_folder_is_not_also_too_few_files(tree: Data) -> None:
    tree["batch_size"] = 50
    tree["dataset"]["datasets"].append({"id": "b", "path": "gone"})
    assert [finding.rule for finding in found(tree)] == ["missing-file"]


def test_a_list_of_files_counts_instead_of_the_folder(tree: Data, here: Path) -> None:
    (here / "sounds" / "filelist.txt").write_text("a.wav\nb.FLAC\n")
    assert only(tree)[2].startswith("the dataset has 2 files")
    (here / "other.txt").write_text("a.wav\n" * 4)
    assert found(entry(tree, filelist_path="other.txt")) == []


def test_the_validation_dataset_is_looked_at_too(tree: Data) -> None:
    tree["val_dataset"] = {"dataset_type": "audio_dir", "datasets": [{"id": "v", "path": "held_out"}]}
    assert only(tree)[1] == "val_dataset.datasets.0.path"


def test_a_metadata_module(tree: Data, here: Path) -> None:
    key = "dataset.datasets.0.custom_metadata_module"
    assert only(entry(tree, custom_metadata_module="meta.py"))[:3] == (
        "missing-file",
        key,
        "the metadata module `meta.py` does not exist",
    )
    (here / "meta.py").write_text("def something_else(): ...\n")
    assert only(tree) == (
        "metadata-module",
        key,
        "`meta.py` does not define `get_custom_metadata`",
        "define get_custom_metadata(info, audio) -> dict in it",
    )
    (here / "meta.py").write_text("def get_custom_metadata(info, audio):\n    return {}\n")
    assert found(tree) == []


def latent(path: Path, *shape: int) -> Path:
    """A NumPy file with a header and nothing else, and its metadata beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape or (4, 8)}, }}".encode()
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    path.with_suffix(".json").write_text('{"padding_mask": [1], "seconds_total": 1}')
    return path


def tar(path: Path, *names: str) -> Path:
    with tarfile.open(path, "w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    return path


def test_latents(tree: Data, here: Path) -> None:
    tree["dataset"] = {"dataset_type": "pre_encoded", "datasets": [{"id": "a", "path": "latents"}]}
    (here / "latents" / "0").mkdir(parents=True)
    (here / "latents" / "silence.npy").touch()
    assert only(tree)[2:] == ("there are no latents (.npy) in `latents`", "make them with sat pre-encode")
    for number in range(4):
        latent(here / "latents" / "0" / f"{number}.npy")
    assert found(tree) == []


def test_tar_files_in_a_folder_and_in_a_bucket(tree: Data, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "which", lambda _name: "/usr/bin/aws")
    tree["dataset"] = {
        "dataset_type": "wds",
        "datasets": [{"id": "a", "s3_path": "s3://bucket/x"}, {"id": "b", "path": "tars"}],
    }
    assert only(tree)[:3] == ("missing-file", "dataset.datasets.1.path", "the folder `tars` does not exist")
    (here / "tars").mkdir()
    assert only(tree)[:3] == ("no-files", "dataset.datasets.1.path", "there are no tar files in `tars`")
    tar(here / "tars" / "0.tar", "a.flac", "a.json")
    assert found(tree) == []
    monkeypatch.setattr(files, "which", lambda _name: None)
    assert only(tree)[:3] == ("not-installed", "dataset.datasets.0", "reading from S3 needs the program `aws`")


@pytest.mark.parametrize(
    ("names", "latents", "problem"),
    [
        (("a.flac", "a.json"), False, None),
        (("deep/a.flac", "deep/a.json"), False, None),
        (("a.npy", "a.json"), True, None),
        ((), False, "is empty"),
        (("a.flac", "b.json"), False, "holds no sound (flac, wav, mp3, m4a, ogg, opus) with a .json of the same name"),
        (("a.npy", "a.json"), False, "holds no sound (flac, wav, mp3, m4a, ogg, opus) with a .json of the same name"),
        (("a.flac", "a.json"), True, "holds no latent (npy) with a .json of the same name"),
        (("one/a.flac", "two/a.json"), False, "holds no sound (flac, wav, mp3, m4a, ogg, opus) with a .json of the same name"),
    ],
)
def test_samples_in_a_tar_file(tree: Data, here: Path, names: tuple[str, ...], latents: bool, problem: str | None) -> None:
    (here / "tars").mkdir()
    tar(here / "tars" / "0.tar", *names)
    tree["dataset"] = {"dataset_type": "wds", "pre_encoded": latents, "datasets": [{"id": "b", "path": "tars"}]}
    assert [finding.message for finding in found(tree)] == (
        [] if problem is None else [f"`tars/0.tar` {problem}: it would be passed over"]
    )


def test_a_file_that_is_no_tar_file(tree: Data, here: Path) -> None:
    (here / "tars").mkdir()
    (here / "tars" / "0.tar").write_bytes(b"x" * 1000)
    tree["dataset"] = {"dataset_type": "wds", "datasets": [{"id": "b", "path": "tars"}]}
    assert only(tree)[2] == "`tars/0.tar` cannot be read: it would be passed over"


def test_a_dataset_alone_for_pre_encoding(tree: Data) -> None:
    dataset = ExperimentConfig.model_validate(entry(tree, path="gone")).dataset
    assert [finding.rule for finding in dataset_files(dataset, 1)] == ["missing-file"]


def test_a_place_to_write(tree: Data, here: Path) -> None:
    tree["save_dir"] = "deep/in/new/folders"
    assert found(tree) == []
    tree["save_dir"] = "sounds/a.wav/runs"
    assert only(tree) == (
        "not-writable",
        "save_dir",
        f"`save_dir` cannot be a folder: `{here / 'sounds' / 'a.wav'}` is a file",
        "choose another folder",
    )


@as_root
def test_a_place_where_nothing_may_be_written(tree: Data, here: Path) -> None:
    (here / "locked").mkdir(mode=0o500)
    tree["save_dir"] = "locked/runs"
    assert only(tree)[2:] == (f"nothing can be written to `{here / 'locked'}`", "set save_dir to a folder of yours")


def test_a_place_where_nothing_may_be_written_by_what_the_system_says(
    tree: Data, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda _path, mode: not mode & os.W_OK)
    assert only(tree)[2:] == (f"nothing can be written to `{here}`", "set save_dir to a folder of yours")


def test_packages_that_are_not_installed(tree: Data, everything_installed: set[str]) -> None:
    everything_installed |= {"wandb", "comet_ml", "tensorboard", "deepspeed"}
    for logger, package in (("wandb", "wandb"), ("comet", "comet_ml"), ("tensorboard", "tensorboard")):
        tree["logger"] = logger
        assert only(tree) == (
            "not-installed",
            "logger",
            f"`logger` is {logger}, but the package `{package}` is not installed",
            f"pip install {package}, or logger=csv",
        )
    tree |= {"logger": "csv", "strategy": "deepspeed_stage_2"}
    assert only(tree) == (
        "not-installed",
        "strategy",
        "`strategy` is deepspeed_stage_2, but the package `deepspeed` is not installed",
        "pip install deepspeed, or strategy=auto",
    )


def test_without_the_engine_nothing_else_counts(tree: Data, everything_installed: set[str]) -> None:
    everything_installed |= {"stable_audio_tools", "wandb"}
    tree["logger"] = "wandb"
    assert only(tree)[2] == "the engine (stable-audio-tools) is not installed: nothing can be trained, encoded or generated"


@pytest.fixture
def checkpoints(here: Path) -> Path:
    lightning = {"pytorch-lightning_version": "2.5.5", "optimizer_states": []}
    checkpoint(here / "training.ckpt", "autoencoder.encoder.w", "autoencoder.decoder.w", **lightning)
    checkpoint(here / "model.ckpt", "encoder.w", "decoder.w", "bottleneck.w")
    checkpoint(here / "diffusion.ckpt", "model.w", "conditioner.w", model_config={"model_type": "diffusion_cond"})
    checkpoint(here / "strange.ckpt", "w")
    (here / "half.ckpt").write_bytes((here / "model.ckpt").read_bytes()[:100])
    return here


@pytest.mark.usefixtures("checkpoints")
@pytest.mark.parametrize(
    ("path", "wanted", "model_type", "message", "help"),
    [
        (None, "training", "autoencoder", None, None),
        ("training.ckpt", "training", "autoencoder", None, None),
        ("model.ckpt", "model", "autoencoder", None, None),
        ("diffusion.ckpt", "model", "diffusion_cond", None, None),
        ("strange.ckpt", "model", "autoencoder", None, None),
        (
            "model.ckpt", "training", "autoencoder",
            "`key` needs a training checkpoint, but `model.ckpt` is a model checkpoint",
            "it holds no optimizer and no step count: use pretrained_ckpt_path to start from its weights",
        ),
        (
            "training.ckpt", "model", "autoencoder",
            "`key` needs a model checkpoint, but `training.ckpt` is a training checkpoint",
            "take the model out of it first: sat unwrap training.ckpt",
        ),
        (
            "diffusion.ckpt", "model", "autoencoder",
            "`key` needs the weights of an `autoencoder`, but `diffusion.ckpt` holds those of a `diffusion_cond`",
            "choose another file",
        ),
        ("gone.ckpt", "model", "autoencoder", "`key`: `gone.ckpt` is not a readable checkpoint: no such file", "check the path"),
        (
            "half.ckpt", "model", "autoencoder",
            "`key`: `half.ckpt` is not a readable checkpoint: its end is missing, so it was not written or copied completely; "
            "use an earlier checkpoint",
            "check the path",
        ),
    ],
)  # fmt: skip
def test_checkpoints(path: str | None, wanted: Any, model_type: str, message: str | None, help: str | None) -> None:
    expected = [] if message is None else [Finding(rule="checkpoint", message=message, path=("key",), help=help)]
    assert list(checkpoint_problems(path, "key", wanted, model_type)) == expected


@pytest.mark.usefixtures("checkpoints")
def test_each_checkpoint_of_an_experiment_is_checked_for_its_purpose(tree: Data) -> None:
    tree |= {"ckpt_path": "model.ckpt", "pretrained_ckpt_path": "training.ckpt"}
    assert [finding.path for finding in found(tree)] == [("ckpt_path",), ("pretrained_ckpt_path",)]
    tree |= {"ckpt_path": "training.ckpt", "pretrained_ckpt_path": "model.ckpt"}
    assert found(tree) == []


@pytest.mark.usefixtures("checkpoints")
def test_a_pretransform_without_weights(tree: Data, diffusion_tree: Data) -> None:
    diffusion_tree |= {"dataset": tree["dataset"], "batch_size": 4}
    (finding,) = found(diffusion_tree)
    assert (finding.rule, finding.severity, finding.path) == ("pretransform-weights", "warning", ("model", "model", "pretransform"))
    assert finding.message.startswith("nothing gives the autoencoder in `model.pretransform` its weights")
    assert found({**diffusion_tree, "pretransform_ckpt_path": "model.ckpt"}) == []
    assert found({**diffusion_tree, "pretrained_ckpt_path": "diffusion.ckpt"}) == []
    assert found({**diffusion_tree, "recover": True, "name": "mine"}) == [], "the run that it goes on with has them"
    diffusion_tree["model"]["model"]["pretransform"] = {"type": "patched", "config": {"channels": 2, "patch_size": 8}}
    assert found(diffusion_tree) == [], "it has no weights to be given"


def test_weights_where_the_engine_does_not_look(here: Path) -> None:
    checkpoint(here / "bare.pth", **{"encoder.w": TENSOR, "decoder.w": TENSOR})
    (finding,) = checkpoint_problems("bare.pth", "key", "model", "autoencoder")
    assert finding.message == "`key`: `bare.pth` has no `state_dict`, the only place where the engine looks for weights"
    assert finding.help
    assert finding.help.endswith("for a published DAC model use a pretransform of type `dac_pretrained`")


def test_a_name_that_belongs_to_another_format(here: Path) -> None:
    checkpoint(here / "model.safetensors", "encoder.w", "decoder.w")
    (finding,) = checkpoint_problems("model.safetensors", "key", "model", "autoencoder")
    assert finding.message == "`key`: `model.safetensors` is a torch file, but the engine goes by the end of its name"
    assert finding.help == "end its name with .ckpt"
    header = b'{"encoder.w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    (here / "model.ckpt").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    (finding,) = checkpoint_problems("model.ckpt", "key", "model", "autoencoder")
    assert finding.help == "end its name with .safetensors"


def test_a_checkpoint_that_was_trained_with_another_config(here: Path) -> None:
    inside = {"model_type": "autoencoder", "model": {"latent_dim": 64, "encoder": {"strides": [2, 4], "note": 1}, "io_channels": 2}}
    checkpoint(here / "model.ckpt", "encoder.w", "decoder.w", model_config=inside)
    ours: Data = {"latent_dim": 32, "encoder": {"strides": [2, 8]}, "io_channels": 2}
    (finding,) = checkpoint_problems("model.ckpt", "key", "model", "autoencoder", ours)
    assert finding.severity == "warning"
    assert finding.message == "`model.ckpt` was trained with `latent_dim` 64, but here it is 32, and 1 more keys differ"
    assert list(checkpoint_problems("model.ckpt", "key", "model", "autoencoder", {"latent_dim": 64, "decoder": {}})) == []
    assert list(checkpoint_problems("model.ckpt", "key", "model", "autoencoder")) == []


def test_a_list_of_files_that_is_not_there(tree: Data) -> None:
    assert only(entry(tree, filelist_path="files.txt")) == (
        "missing-file",
        "dataset.datasets.0.filelist_path",
        "the list `files.txt` does not exist: the whole folder would be taken",
        "check the path",
    )


def test_a_list_of_files_that_are_not_there(tree: Data, here: Path) -> None:
    (here / "files.txt").write_text("sounds/a.wav\nsounds/b.FLAC\n")
    assert only(entry(tree, filelist_path="files.txt")) == (
        "no-files",
        "dataset.datasets.0.filelist_path",
        "none of the first 2 files that `files.txt` names is there, such as `sounds/sounds/a.wav`",
        "write their paths relative to `sounds`",
    )
    (here / "files.txt").write_text("a.wav\n" * 4)
    assert found(tree) == []


def test_links_to_folders_are_followed_and_loops_are_told(tree: Data, here: Path) -> None:
    (here / "elsewhere").mkdir()
    (here / "sounds" / "linked").symlink_to(here / "elsewhere")
    (here / "elsewhere" / "e.wav").touch()
    tree["batch_size"] = 5
    assert found(tree) == [], "the engine counts files behind links too"
    (here / "sounds" / "deep" / "up").symlink_to(here / "sounds")
    tree["batch_size"] = 50
    loop, too_few = found(tree)
    assert (loop.rule, loop.severity) == ("symlink-loop", "warning")
    assert loop.message == "`sounds/deep/up` links back to a folder above it: the engine would find the same files again and again"
    assert too_few.message.startswith("the dataset has 5 files")


def test_no_keyword_lets_nothing_through(tree: Data) -> None:
    assert only(entry(tree, keywords=[]))[0] == "no-files"


def test_every_process_needs_a_batch(tree: Data) -> None:
    tree |= {"devices": 2, "num_nodes": 2, "batch_size": 1}
    assert found(tree) == []
    tree["batch_size"] = 2
    assert only(tree)[2:] == (
        "the dataset has 4 files, fewer than one batch of 2 for each of 4 processes: there would be nothing to train on",
        "set batch_size to at most 1, or dataset.drop_last=false",
    )
    tree |= {"devices": [0], "num_nodes": 1}
    assert found(tree) == []


def test_a_validation_that_would_have_nothing(tree: Data) -> None:
    tree |= {"batch_size": 4, "val_dataset": {**tree["dataset"], "datasets": [{"id": "v", "path": "sounds/deep"}]}}
    assert only(tree)[2].endswith("the dataset has 2 files, fewer than one batch of 4: there would be nothing to validate on")


@pytest.mark.parametrize("path", ["/path/to/audio", "path/to/audio", "s3://my-bucket/datasets"])
def test_what_published_examples_leave_to_be_filled_in(tree: Data, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "which", lambda _name: "/usr/bin/aws")
    key = "s3_path" if path.startswith("s3:") else "path"
    kind = "wds" if key == "s3_path" else "audio_dir"
    tree["dataset"] = {"dataset_type": kind, "datasets": [{"id": "a", key: path}]}
    assert only(tree)[:2] == ("placeholder", f"dataset.datasets.0.{key}")
