"""What the data loader is told: each rule on a tree that breaks it, and silent on the nearest one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config.report.finding import Finding
from stable_audio_config.validation.rule import RULES, apply_rules
from stable_audio_config.validation.rules import data as subject
from stable_audio_config.validation.setup import dataset_setup, experiment_setup
from stable_audio_config.validation.view import Broken

Tree = dict[str, Any]
OURS = {rule.name for rule in RULES if rule.check.__module__ == subject.__name__}


def found(tree: Tree) -> list[Finding]:
    setup = dataset_setup(tree, Broken()) if "dataset_type" in tree else experiment_setup(tree, Broken())
    return [finding for finding in apply_rules(setup) if finding.rule in OURS]


def only(tree: Tree) -> Finding:
    (finding,) = found(tree)
    return finding


def folders(*entries: Tree, kind: str = "audio_dir", **keys: Any) -> Tree:
    return {"dataset_type": kind, "datasets": [{"id": str(index), **entry} for index, entry in enumerate(entries)], **keys}


def edits(finding: Finding) -> list[tuple[Any, ...]]:
    return [] if finding.fix is None else [(edit.op, edit.path, edit.value) for edit in finding.fix.edits]


def test_the_shipped_experiments(autoencoder_tree: Tree, diffusion_tree: Tree) -> None:
    assert found(autoencoder_tree) == found(diffusion_tree) == []


@pytest.mark.parametrize("kind", ["audio_dir", "pre_encoded", "wds"])
def test_a_path_inside_anothers_name(kind: str) -> None:
    finding = only(folders({"path": "/data/ab"}, {"path": "/data/a", "custom_metadata_module": "md/a.py"}, kind=kind))
    assert finding.message == "`/data/a` is part of `/data/ab`: `a.py` would be applied to the files of both"
    assert (finding.severity, finding.path, finding.help) == ("error", ("datasets", 1, "path"), "end it with a slash: /data/a/")
    assert edits(finding) == [("set", ("datasets", 1, "path"), "/data/a/")]
    assert [place.path for place in finding.related] == [("datasets", 0, "path")]


@pytest.mark.parametrize(
    "entries",
    [
        ({"path": "/data/a/", "custom_metadata_module": "a.py"}, {"path": "/data/ab"}),
        ({"path": "/data/a", "custom_metadata_module": "m.py"}, {"path": "/data/ab", "custom_metadata_module": "m.py"}),
        ({"path": "/data/a"}, {"path": "/data/ab", "custom_metadata_module": "m.py"}),
        ({"path": "/data/b", "custom_metadata_module": "m.py"}, {"path": "/data/a"}),
    ],
)
def test_paths_that_do_not_disturb_each_other(entries: tuple[Tree, ...]) -> None:
    assert found(folders(*entries)) == []


def test_a_folder_with_a_module_around_another_one() -> None:
    finding = only(folders({"path": "/data", "custom_metadata_module": "a.py"}, {"path": "/data/drums"}))
    assert finding.message == "`/data` is part of `/data/drums`: `a.py` would be applied to the files of both"
    assert (finding.help, finding.fix) == ("keep the folders apart, or write one metadata module for both", None)


def test_one_folder_twice_with_two_modules() -> None:
    finding = only(folders({"path": "/a", "custom_metadata_module": "1.py"}, {"path": "/a", "custom_metadata_module": "2.py"}))
    assert finding.message == "`/a` stands twice: only one metadata module can be applied to its files"


def test_a_folder_inside_another_one_is_taken_twice() -> None:
    finding = only(folders({"path": "/data/drums"}, {"path": "/data"}))
    assert finding.message == "`/data/drums` stands inside `/data`: its files are taken twice as often as the others"
    assert (finding.severity, finding.path) == ("warning", ("datasets", 0, "path"))
    assert only(folders({"path": "/data"}, {"path": "/data/"})).message.startswith("`/data` stands twice")
    assert found(folders({"path": "/data", "filelist_path": "some.txt"}, {"path": "/data/drums"})) == [], (
        "the list may leave them out"
    )
    assert found(folders({"path": "/data"}, {"path": "/database"})) == []


def test_buckets_are_told_apart_by_their_own_key() -> None:
    near = folders({"s3_path": "s3://b/a", "custom_metadata_module": "a.py"}, {"s3_path": "s3://b/ab"}, kind="wds")
    assert only(near).path == ("datasets", 0, "s3_path")
    assert found(folders({"s3_path": "s3://b/a"}, {"s3_path": "s3://b/a/c"}, kind="wds")) == []


def test_weights_that_draw_nothing_and_weights_that_say_nothing() -> None:
    nothing = only(folders({"path": "a", "weight": 0}, {"path": "b", "weight": 0}))
    assert (nothing.severity, nothing.message) == (
        "error",
        "every `weight` is 0: no file can be drawn, and training would fail when it starts",
    )
    alone = only(folders({"path": "a", "weight": 2.5}))
    assert (alone.severity, alone.path, edits(alone)) == (
        "warning",
        ("datasets", 0, "weight"),
        [("remove", ("datasets", 0, "weight"), None)],
    )
    assert alone.message.startswith("`weight` is 2.5 for the only folder: all it does is to draw with replacement")
    assert only(folders({"path": "a", "weight": 2}, {"path": "b", "weight": 2})).message.startswith(
        "`weight` is 2 for every folder"
    )
    assert found(folders({"path": "a", "weight": 2}, {"path": "b"})) == []
    assert found(folders({"path": "a", "weight": 1}, {"path": "b"})) == []


def test_keywords_that_let_nothing_through() -> None:
    assert only(folders({"path": "a", "keywords": []})).path == ("datasets", 0, "keywords")
    assert found(folders({"path": "a", "keywords": ["b"]})) == []
    assert found(folders({"path": "a", "keywords": None})) == []


@pytest.mark.parametrize("latents", [{"kind": "pre_encoded"}, {"kind": "wds", "pre_encoded": True}])
def test_a_window_of_lengths_that_nothing_fits(latents: Tree) -> None:
    finding = only(folders({"path": "a"}, min_length_sec=30, max_length_sec=3.5, **latents))
    assert finding.message == "`min_length_sec` is 30 and `max_length_sec` is 3.5: no clip fits, and training would hang"
    assert finding.path == ("max_length_sec",)
    assert found(folders({"path": "a"}, min_length_sec=3, max_length_sec=3, **latents)) == []
    assert found(folders({"path": "a"}, min_length_sec=3, **latents)) == []


def test_a_window_that_nothing_reads() -> None:
    assert found(folders({"path": "a"}, kind="wds", min_length_sec=30, max_length_sec=3)) == []


def test_a_crop_that_is_not_the_length_of_demos(diffusion_tree: Tree) -> None:
    diffusion_tree["dataset"]["latent_crop_length"] = 645
    finding = only(diffusion_tree)
    assert (finding.rule, finding.severity, finding.path) == ("latent-crop", "warning", ("dataset", "latent_crop_length"))
    assert finding.message == (
        "`latent_crop_length` is 645 frames (3.74 s), but `sample_size` 32768 gives 128 (0.74 s): "
        "training and demos would differ in length"
    )
    assert finding.help == "set latent_crop_length to 128, or sample_size to 165120"
    assert edits(finding) == [("set", ("dataset", "latent_crop_length"), 128)]
    diffusion_tree["dataset"]["latent_crop_length"] = 128
    assert found(diffusion_tree) == []
    diffusion_tree["dataset"]["latent_crop_length"] = 645
    del diffusion_tree["model"]["sample_size"]
    assert found(diffusion_tree) == [], "that is another finding"


def test_a_random_crop_of_latents_beside_their_start(diffusion_tree: Tree) -> None:
    diffusion_tree["dataset"] |= {"latent_crop_length": 128, "random_crop": True}
    finding = only(diffusion_tree)
    assert (finding.rule, finding.severity, finding.path) == ("random-crop", "warning", ("dataset", "random_crop"))
    assert edits(finding) == [("set", ("dataset", "random_crop"), False)]
    (place,) = finding.related
    assert place.path == ("model", "model", "conditioning", "configs", 1, "id")

    conditioning = diffusion_tree["model"]["model"]["conditioning"]
    conditioning["configs"][1]["id"] = "start"
    assert found(diffusion_tree) == []
    conditioning["default_keys"] = {"start": "seconds_start"}
    assert only(diffusion_tree).rule == "random-crop"
    diffusion_tree["dataset"]["latent_crop_length"] = None
    assert found(diffusion_tree) == [], "nothing is cut"


@pytest.mark.parametrize(
    ("entry", "message", "fix"),
    [
        (
            {"path": "/data/a.npy/b"},
            "the metadata of these latents would be sought in `/data/a.json/b`: no path may hold `.npy`",
            [],
        ),
        (
            {"path": "/data/a.pt", "latent_extension": "pt"},
            "the metadata of these latents would be sought in `/data/a.json`: no path may hold `.pt`",
            [],
        ),
        (
            {"path": "/data/a", "latent_extension": ".npy"},
            "`latent_extension` is `.npy`: the engine puts a dot before it, and would find no metadata",
            [("set", ("datasets", 0, "latent_extension"), "npy")],
        ),
    ],
)
def test_where_metadata_would_not_be_found(entry: Tree, message: str, fix: list[Any]) -> None:
    finding = only(folders(entry, kind="pre_encoded"))
    assert (finding.rule, finding.message, edits(finding)) == ("latent-path", message, fix)
    assert found(folders({"path": "/data/npy", "latent_extension": "npy"}, kind="pre_encoded")) == []


def wds(tree: Tree, key: str = "dataset", **keys: Any) -> Tree:
    tree[key] = folders({"path": "tars"}, kind="wds", **keys)
    return tree


def test_an_epoch_without_end(autoencoder_tree: Tree) -> None:
    tree = wds(autoencoder_tree, epoch_steps=5) | {"num_workers": 6}
    finding = only(tree)
    assert (finding.severity, finding.path) == ("warning", ("dataset", "epoch_steps"))
    assert finding.message == "`epoch_steps` is 5, fewer than the 6 `num_workers`: an epoch would never end"
    assert found(tree | {"num_workers": 5}) == []
    assert found(tree | {"num_workers": 0}) == [], "the training process loads by itself"


def test_a_validation_without_end(autoencoder_tree: Tree) -> None:
    tree = wds(autoencoder_tree, "val_dataset", epoch_steps=5) | {"num_workers": 6, "val_every": 10}
    assert (only(tree).severity, only(tree).message) == (
        "error",
        "`epoch_steps` is 5, fewer than the 6 `num_workers`: a validation would never end",
    )
    assert only(tree | {"val_every": -1}).severity == "warning"


def test_tar_files_that_every_worker_reads(autoencoder_tree: Tree) -> None:
    tree = wds(autoencoder_tree, resampled_shards=False, epoch_steps=1) | {"num_workers": 3}
    finding = only(tree)
    assert (finding.severity, finding.path) == ("note", ("dataset", "resampled_shards"))
    assert finding.message.endswith("each of the 3 `num_workers` reads all tar files: every sample 3 times")
    assert found(tree | {"num_workers": 1}) == []


def test_more_channels_than_stereo(autoencoder_tree: Tree) -> None:
    autoencoder_tree["model"]["audio_channels"] = 6
    finding = only(autoencoder_tree)
    assert (finding.rule, finding.severity, edits(finding)) == (
        "audio-channels",
        "warning",
        [("set", ("model", "audio_channels"), 2)],
    )
    autoencoder_tree["model"]["audio_channels"] = 1
    assert found(autoencoder_tree) == []
