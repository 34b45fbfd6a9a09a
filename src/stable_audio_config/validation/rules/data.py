"""What the data loader is told: folders, crops, epochs, and how they go with the model and its conditions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import PurePosixPath

from ..geometry import pretransform_ratio
from ..rule import WHOLE, Problem, removing, rule, setting
from ..setup import Setup
from ..view import Absent, Node


def holds_latents(dataset: Node) -> bool:
    """Whether a dataset gives latents rather than sound."""
    return dataset("dataset_type") == "pre_encoded" or (dataset.has("pre_encoded") and dataset("pre_encoded") is True)


def latent_datasets(setup: Setup) -> list[Node]:
    """The datasets that hold latents."""
    return [dataset for dataset in setup.datasets if holds_latents(dataset)]


@rule("dataset-paths", on=WHOLE, mirrors="data.dataset.SampleDataset.__getitem__", contract=("R-DS-7",))
def metadata_of_others(setup: Setup) -> Iterator[Problem]:
    """No path may be part of another's, or the wrong metadata module is applied.

    The engine finds a file's `custom_metadata_module` by looking for the path of each entry anywhere in the file's name. So the
    module of `/data/a` also runs on the files of `/data/ab`, and what it returns replaces what their own loader gave them.
    """
    for entry, other in _pairs(setup):
        path, longer = _place(entry), _place(other)
        if path not in longer or (path == longer and entry.path > other.path) or not _adds_something(entry, other):
            continue
        module = PurePosixPath(entry("custom_metadata_module")).name
        at, parted = _place_at(entry), f"{path}/"
        fits = not path.endswith("/") and parted not in f"{longer}/"
        yield Problem(
            at,
            f"`{path}` is part of `{longer}`: `{module}` would be applied to the files of both"
            if path != longer
            else f"`{path}` stands twice: only one metadata module can be applied to its files",
            help=f"end it with a slash: {parted}" if fits else "keep the folders apart, or write one metadata module for both",
            related=((_place_at(other), longer),),
            fix=setting(at, parted) if fits else None,
        )


@rule("dataset-paths", on=WHOLE, severity="warning", mirrors="data.dataset.get_audio_filenames", contract=("R-DS-7",))
def folder_in_folder(setup: Setup) -> Iterator[Problem]:
    """No path may be part of another's, or the wrong metadata module is applied.

    Folders are searched with their subfolders: files below a folder that stands inside another one are taken twice.
    """
    for entry, other in _pairs(setup):
        path, longer = PurePosixPath(_place(entry)), PurePosixPath(_place(other))
        listed = any(node.has(key) for node in (entry, other) for key in ("filelist_path", "s3_path"))
        twice = path == longer and entry.path < other.path
        if listed or not (twice or path in longer.parents) or (_adds_something(entry, other) and str(path) in str(longer)):
            continue
        message = f"`{path}` stands twice" if twice else f"`{longer}` stands inside `{path}`"
        yield Problem(
            _place_at(other),
            f"{message}: its files are taken twice as often as the others",
            help="leave one of the two out; `weight` says how often a folder is drawn",
            related=((_place_at(entry), str(path)),),
        )


def _pairs(setup: Setup) -> Iterator[tuple[Node, Node]]:
    """Any two entries of one dataset, in both orders."""
    for dataset in setup.datasets:
        yield from permutations(dataset.parts("datasets"), 2)


def _place(entry: Node) -> str:
    return str(entry.given("s3_path" if entry.has("s3_path") else "path"))


def _place_at(entry: Node) -> tuple[str | int, ...]:
    return entry.at("s3_path" if entry.has("s3_path") else "path")


def _adds_something(entry: Node, other: Node) -> bool:
    module = entry("custom_metadata_module")
    return module is not None and module != other("custom_metadata_module")


@rule("weights", on=WHOLE, mirrors="data.dataset._maybe_create_weighted_sampler")
def drawing_weights(setup: Setup) -> Iterator[Problem]:
    """`weight` says how often a folder is drawn, relative to the others.

    Any weight other than 1 replaces shuffling by drawing with replacement: an epoch then takes some files twice and others not at
    all. With one folder, or the same weight everywhere, that is all it does; with nothing but zeros nothing can be drawn.
    """
    for dataset in setup.datasets:
        yield from _drawing([entry for entry in dataset.parts("datasets") if "weight" in entry.model.fields])


def _drawing(entries: list[Node]) -> Iterator[Problem]:
    weights = {entry("weight") for entry in entries}
    if weights == {0}:
        message = "every `weight` is 0: no file can be drawn, and training would fail when it starts"
        yield Problem(entries[0].at("weight"), message, help="give one folder at least a weight above 0")
    elif len(weights) == 1 and weights != {1}:
        at = entries[0].at("weight")
        value, who = entries[0]("weight"), "the only folder" if len(entries) == 1 else "every folder"
        message = f"`weight` is {value:g} for {who}: all it does is to draw with replacement in the place of shuffling"
        yield Problem(at, message, help="leave it out", fix=removing(at) if len(entries) == 1 else None, severity="warning")


@rule("keywords", on="AudioDirEntry", mirrors="data.dataset.keyword_scandir")
def keywords_of_nothing(entry: Node) -> Iterator[Problem]:
    """`keywords` takes the files whose name holds one of the words: an empty list takes none.

    `null` (or leaving it out) takes all. The data loader fails on an empty dataset before training starts.
    """
    if entry("keywords") is not None and not entry("keywords") and not entry.has("filelist_path"):
        at = entry.at("keywords")
        yield Problem(at, "`keywords` is an empty list, which lets no file through", help="leave it out", fix=removing(at))


@rule("length-window", on=WHOLE, mirrors="data.dataset.PreEncodedDataset.__getitem__", contract=("R-DS-4",))
def nothing_fits(setup: Setup) -> Iterator[Problem]:
    """At least one clip must be as long as `min_length_sec` and as short as `max_length_sec`.

    For a clip that does not fit the engine draws another one, without end: where none fits, training hangs and says nothing.
    """
    for dataset in latent_datasets(setup):
        low, high = dataset("min_length_sec"), dataset("max_length_sec")
        if low is not None and high is not None and low > high:
            message = f"`min_length_sec` is {low:g} and `max_length_sec` is {high:g}: no clip fits, and training would hang"
            help = f"set max_length_sec to more than {low:g}, or leave one of them out"
            place = (dataset.at("min_length_sec"), f"min_length_sec: {low:g}")
            yield Problem(dataset.at("max_length_sec"), message, help=help, related=(place,))


@rule("latent-crop", on=WHOLE, severity="warning", mirrors="training.diffusion.DiffusionCondDemoCallback", contract=("R-DC-4",))
def crop_and_demo(setup: Setup) -> Iterator[Problem]:
    """`latent_crop_length` should be `sample_size` in latent frames.

    Latents are cut to `latent_crop_length` for training; demos and generation use `sample_size` divided by the ratio of the
    pretransform. The engine compares the two nowhere, so it trains on one length and is listened to at another.
    """
    for dataset in latent_datasets(setup):
        frames, size = dataset("latent_crop_length"), setup.model.given("sample_size")
        model = setup.model.part("model")
        ratio = pretransform_ratio(model.part("pretransform")) if model.has("pretransform") else 1
        wanted = size // ratio
        if frames is not None and frames != wanted and wanted > 0:
            at, rate = dataset.at("latent_crop_length"), setup.model("sample_rate") / ratio
            yield Problem(
                at,
                f"`latent_crop_length` is {frames} frames ({frames / rate:.2f} s), but `sample_size` {size} gives {wanted} "
                f"({wanted / rate:.2f} s): training and demos would differ in length",
                help=f"set latent_crop_length to {wanted}, or sample_size to {frames * ratio}",
                related=((setup.model.at("sample_size"), f"sample_size: {size}"),),
                fix=setting(at, wanted, sure=False),
            )


@rule("random-crop", on=WHOLE, severity="warning", mirrors="data.dataset.PreEncodedDataset.__getitem__", contract=("R-DS-11",))
def stale_start(setup: Setup) -> Iterator[Problem]:
    """A random crop of latents does not change their `seconds_start`.

    For sound the loader works out where each crop begins. For latents `seconds_start` is what was written beside them when they
    were made, so with `random_crop` a model conditioned on it learns times that are wrong.
    """
    for dataset in latent_datasets(setup):
        if dataset("random_crop") and dataset.has("latent_crop_length"):
            at = _timing(setup)
            yield Problem(
                dataset.at("random_crop"),
                "`random_crop` cuts latents anywhere, but `seconds_start`, which the model is conditioned on, stays as it was",
                help="set random_crop to false, or condition the model on something else",
                related=((at, "seconds_start"),),
                fix=setting(dataset.at("random_crop"), False, sure=False),
            )


def _timing(setup: Setup) -> tuple[str | int, ...]:
    """The conditioner that reads `seconds_start`.

    Raises:
        Absent: none does.
    """
    for conditioning in setup.named("Conditioning"):
        for conditioner in conditioning.parts("configs"):
            id_ = conditioner("id")
            if "seconds_start" in (id_, conditioning("default_keys").get(id_)):
                return conditioner.at("id")
    raise Absent(())


@rule("latent-path", on="PreEncodedEntry", mirrors="data.dataset.get_latent_filenames", contract=("R-DS-10",))
def where_metadata_is_sought(entry: Node) -> Iterator[Problem]:
    """The metadata of `NAME.npy` are sought at that path with every `.npy` replaced by `.json`.

    A folder whose name holds `.npy` is so replaced too, and the metadata are not found. For a file that it cannot read the engine
    draws another one, without end: training hangs.
    """
    extension = entry("latent_extension")
    if extension.startswith("."):
        at, name = entry.at("latent_extension"), extension.lstrip(".")
        message = f"`latent_extension` is `{extension}`: the engine puts a dot before it, and would find no metadata"
        yield Problem(at, message, help=f"write {name}", fix=setting(at, name))
    elif f".{extension}" in entry("path"):
        sought = entry("path").replace(f".{extension}", ".json")
        message = f"the metadata of these latents would be sought in `{sought}`: no path may hold `.{extension}`"
        yield Problem("path", message, help="rename the folder")


@rule("epoch-steps", on=WHOLE, mirrors="data.dataset.WebDatasetDataLoader", contract=("R-DS-5",))
def endless_epoch(setup: Setup) -> Iterator[Problem]:
    """`epoch_steps` must be at least `num_workers`.

    Every worker process takes an equal share of the batches of an epoch, rounded down. A share of 0 means without end: an epoch
    of training never ends, which little depends on, and a validation never ends, which training waits for.
    """
    workers = setup.run("num_workers")
    for dataset in setup.datasets:
        if "epoch_steps" in dataset.model.fields and dataset("resampled_shards") and 0 < dataset("epoch_steps") < workers:
            validates = dataset.path[-1] == "val_dataset" and setup.run("val_every") > 0
            what = "a validation would never end" if validates else "an epoch would never end"
            yield Problem(
                dataset.at("epoch_steps"),
                f"`epoch_steps` is {dataset('epoch_steps')}, fewer than the {workers} `num_workers`: {what}",
                help=f"set it to at least {workers}",
                related=((setup.run.at("num_workers"), f"num_workers: {workers}"),),
                severity="error" if validates else "warning",
            )


@rule("epoch-steps", on=WHOLE, severity="note", mirrors="data.dataset.WebDatasetDataLoader")
def every_worker_reads_all(setup: Setup) -> Iterator[Problem]:
    """Without `resampled_shards` every worker process reads all tar files.

    They are not shared out, so that an epoch (or a validation) takes every sample once for each of `num_workers`.
    """
    workers = setup.run("num_workers")
    for dataset in setup.datasets:
        if "resampled_shards" in dataset.model.fields and not dataset("resampled_shards") and workers > 1:
            message = (
                f"without `resampled_shards` each of the {workers} `num_workers` reads all tar files: every sample {workers} times"
            )
            yield Problem(dataset.at("resampled_shards"), message, help="set num_workers to 1 to take every sample once")


@rule("audio-channels", on="ModelConfigBase", severity="warning", mirrors="data.dataset.create_dataloader_from_config")
def more_than_stereo(model: Node) -> Iterator[Problem]:
    """Data are mono or stereo: any `audio_channels` but 1 means stereo."""
    channels, at = model("audio_channels"), model.at("audio_channels")
    if not 1 <= channels <= 2 and len(model.path) <= 1:
        message = f"`audio_channels` is {channels}, but the data loader knows mono and stereo only: it delivers 2"
        yield Problem(at, message, help="set it to 2", fix=setting(at, 2))
