"""Datasets and run options."""

from __future__ import annotations

from .row import Table, Unread, absent, off, on, one_of, present, without

_SOUND_ONLY = ("volume_norm", "volume_norm_param", "strip_silence", "remove_silence", "silence_threshold", "max_silence_duration")

TABLE: Table = {
    "AudioDirDataset": (without("volume_norm", "volume_norm_param"),),
    "AudioDirEntry": (
        Unread(
            ("keywords",),
            "all files that `filelist_path` names are taken",
            present("filelist_path"),
            "leave one of the two out",
        ),
    ),
    "PreEncodedDataset": (without("latent_crop_length", "random_crop"),),
    "WebDataset": (
        Unread(_SOUND_ONLY, "the tars hold latents (`pre_encoded`)", on("pre_encoded")),
        without("volume_norm", "volume_norm_param"),
        without("remove_silence", "silence_threshold", "max_silence_duration"),
        without("pre_encoded", "latent_crop_length", "min_length_sec", "max_length_sec"),
        Unread(
            ("random_crop",),
            "latents are cut only to a `latent_crop_length`",
            on("pre_encoded") & absent("latent_crop_length"),
            "set `latent_crop_length` too, or leave it out",
        ),
        Unread(
            ("epoch_steps",),
            "without `resampled_shards` an epoch is once through all tar files",
            off("resampled_shards"),
        ),
    ),
    "S3Entry": (Unread(("path",), "`s3_path` is read in its place"),),
    "RunOptions": (
        Unread(
            ("project",),
            "only `logger` `wandb` and `comet` have projects",
            one_of("logger", "tensorboard", "csv", "none"),
            severity="note",
        ),
        Unread(("log_every",), "there is no `logger`", one_of("logger", "none"), severity="note"),
        Unread(
            ("pretrained_ckpt_path",),
            "`ckpt_path` brings all weights itself",
            present("ckpt_path"),
            "leave one of the two out",
        ),
    ),
}
